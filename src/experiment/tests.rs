//! Rigged arms: what the protocol must say of samples whose truth is known.

use super::*;
use crate::model::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// A bench whose arms take the time they are told, with noise that is the same for a seed.
struct Rigged {
    per_operation_ns: BTreeMap<&'static str, f64>,
    /// Half the width of the noise, as a share.
    noise: f64,
    /// Added to every second run of the arm `a again`.
    self_bias: f64,
    measures: BTreeMap<&'static str, Vec<f64>>,
    calls: u64,
    failing: Option<(&'static str, BenchError)>,
}

impl Rigged {
    fn new(arms: &[(&'static str, f64)]) -> Self {
        Self {
            per_operation_ns: arms.iter().copied().collect(),
            noise: 0.01,
            self_bias: 0.0,
            measures: BTreeMap::new(),
            calls: 0,
            failing: None,
        }
    }

    /// A number in -1..1 that looks random (Weyl's sequence).
    fn chance(&mut self) -> f64 {
        self.calls += 1;
        let golden = 0.618_033_988_749_894_9;
        2.0 * (self.calls as f64 * golden).fract() - 1.0
    }
}

impl Bench for Rigged {
    fn bare(&mut self, arm: &Arm) -> Result<Run, BenchError> {
        let name = arm.name.trim_end_matches(" again");
        if let Some((_, error)) = self.failing.as_ref().filter(|(failing, _)| *failing == name) {
            return Err(error.clone());
        }
        let noise = 1.0 + self.noise * self.chance();
        let bias = if arm.name.ends_with(" again") { 1.0 + self.self_bias } else { 1.0 };
        let elapsed = self.per_operation_ns[name] * noise * bias * 1000.0;
        let measures = self.measures.iter_mut().filter_map(|(k, v)| Some((k.to_string(), v.pop()?))).collect();
        let sample = Sample { operations: 1000, elapsed_ns: elapsed as u64, cpu_ns: elapsed as u64, measures };
        Ok(Run { sample, ..Run::default() })
    }

    fn profiled(&mut self, arm: &Arm) -> Result<Mechanism, BenchError> {
        let switches = self.per_operation_ns[arm.name.as_str()] as u64;
        Ok(Mechanism {
            operations: 1,
            counters: vec![(Counted::VoluntarySwitches, switches)],
            calls: vec![],
            blocked: vec![],
            memory: None,
            tier: "bpf".into(),
        })
    }
}

struct Quiet;

impl Progress for Quiet {
    fn group(&mut self, _: &Group, _: u32, _: u32) {}
    fn round(&mut self, _: &Group, _: u64, _: u64) {}
    fn interrupted(&mut self) -> bool {
        false
    }
}

struct StopAfter(u64, u64);

impl Progress for StopAfter {
    fn group(&mut self, _: &Group, _: u32, _: u32) {}
    fn round(&mut self, _: &Group, _: u64, _: u64) {
        self.1 += 1;
    }
    fn interrupted(&mut self) -> bool {
        self.1 >= self.0
    }
}

fn arm(name: &str) -> Arm {
    Arm { name: name.into(), source: Source::Workload { name: name.into(), parameters: vec![] }, heavy: false }
}

fn text(words: &str) -> Text {
    Text::new(words, words)
}

fn proposition(id: &str, role: Role, test: Test) -> Proposition {
    Proposition { id: id.into(), text: text(id), role, test }
}

fn ratio_of(over: &str, under: &str, threshold: Threshold) -> Test {
    let of = |arm| Quantity::of(arm, Metric::ElapsedPerOperation);
    Test::Effect { quantity: of(over).over(of(under)), threshold, scale: Scale::Times }
}

fn claim(propositions: Vec<Proposition>) -> Claim {
    Claim {
        id: "X1".into(),
        section: Section { topic: Topic::MultiProcess, heading: Heading::Concept },
        title: text("rigged"),
        statement: text("b takes longer than a"),
        refuted_by: text("it does not"),
        group: "X1".into(),
        arms: vec![arm("a"), arm("b")],
        // A rigged bench takes no time, so that others' work would be a large share of a round.
        rounds: Rounds::Timed { noise: None },
        propositions,
        untestable: None,
        nuance: None,
    }
}

fn slower(threshold: f64) -> Claim {
    claim(vec![proposition("effect", Role::Primary, ratio_of("b", "a", Threshold::AtLeast(threshold)))])
}

fn tried(claim: &Claim, bench: &mut Rigged) -> (Verdict, Vec<Answer>, Evidence) {
    let settings = Settings::full(3);
    let group = groups(vec![claim.clone()]).remove(0);
    let evidence = run_group(&group, bench, &settings, Duration::from_secs(60), &mut Quiet);
    let (verdict, answers) = judge(claim, &evidence, &settings.saved);
    (verdict, answers, evidence)
}

#[test]
fn identical_arms_declared_different_are_refuted() {
    let (verdict, ..) = tried(&slower(1.05), &mut Rigged::new(&[("a", 100.0), ("b", 100.0)]));
    assert_eq!(verdict, Verdict::Refuted { how: Refutation::NoEffect });
}

#[test]
fn a_planted_slowdown_is_supported() {
    let (verdict, answers, evidence) = tried(&slower(1.05), &mut Rigged::new(&[("a", 100.0), ("b", 120.0)]));
    assert_eq!(verdict, Verdict::Supported);
    let Finding::Effect(estimate) = &answers[0].finding else { panic!("an effect") };
    assert!((estimate.value - 1.2).abs() < 0.01, "{estimate:?}");
    assert!(estimate.self_interval.is_some_and(|own| own.contains(1.0)));
    assert!(estimate.difference.is_some_and(|(ns, _)| (ns - 20.0).abs() < 1.0));
    assert_eq!((evidence.kept().count(), evidence.rounds.len()), (20, 21));
}

#[test]
fn swapped_arms_are_reversed() {
    let (verdict, ..) = tried(&slower(1.05), &mut Rigged::new(&[("a", 120.0), ("b", 100.0)]));
    assert_eq!(verdict, Verdict::Refuted { how: Refutation::Reversed });
}

#[test]
fn an_effect_at_the_threshold_is_inconclusive() {
    let (verdict, ..) = tried(&slower(1.05), &mut Rigged::new(&[("a", 1000.0), ("b", 1050.0)]));
    assert!(matches!(verdict, Verdict::Inconclusive { .. }), "{verdict:?}");
}

#[test]
fn an_arm_that_differs_from_itself_is_inconclusive() {
    let mut bench = Rigged::new(&[("a", 100.0), ("b", 120.0)]);
    bench.self_bias = 0.02;
    let (verdict, ..) = tried(&slower(1.05), &mut bench);
    let Verdict::Inconclusive { doubts, .. } = verdict else { panic!("{verdict:?}") };
    assert!(matches!(doubts[..], [Doubt::SelfDiffers { .. }]), "{doubts:?}");
}

#[test]
fn a_noise_floor_over_half_the_smallest_effect_is_inconclusive() {
    let mut bench = Rigged::new(&[("a", 100.0), ("b", 200.0)]);
    bench.noise = 0.3;
    let (verdict, ..) = tried(&slower(1.05), &mut bench);
    let Verdict::Inconclusive { doubts, .. } = verdict else { panic!("{verdict:?}") };
    assert!(doubts.iter().any(|d| matches!(d, Doubt::NoiseFloor { .. } | Doubt::SelfDiffers { .. })), "{doubts:?}");
}

#[test]
fn a_failing_control_is_inconclusive_and_says_which() {
    let mut claim = slower(1.05);
    claim.arms.push(arm("c"));
    claim.propositions.push(proposition("control", Role::Control, ratio_of("c", "a", Threshold::Within(0.95, 1.05))));
    let (verdict, ..) = tried(&claim, &mut Rigged::new(&[("a", 100.0), ("b", 120.0), ("c", 100.0)]));
    assert_eq!(verdict, Verdict::Supported);
    let (verdict, ..) = tried(&claim, &mut Rigged::new(&[("a", 100.0), ("b", 120.0), ("c", 130.0)]));
    assert_eq!(verdict, Verdict::doubt(Doubt::Control { id: "control".into() }));
}

#[test]
fn parts_that_disagree_hold_in_part_and_a_nuance_changes_nothing() {
    let mut claim = slower(1.05);
    claim.arms.push(arm("c"));
    claim.propositions.push(proposition("also", Role::Part, ratio_of("c", "a", Threshold::AtLeast(1.05))));
    let mut bench = Rigged::new(&[("a", 100.0), ("b", 120.0), ("c", 100.0)]);
    assert_eq!(tried(&claim, &mut bench).0, Verdict::InPart);
    claim.propositions[1].role = Role::Nuance;
    let mut bench = Rigged::new(&[("a", 100.0), ("b", 120.0), ("c", 100.0)]);
    assert_eq!(tried(&claim, &mut bench).0, Verdict::Supported);
}

#[test]
fn a_claim_that_no_run_can_judge_stays_so_whatever_was_measured() {
    let mut claim = slower(1.05);
    claim.untestable = Some(text("'better' is a judgement"));
    let (verdict, answers, _) = tried(&claim, &mut Rigged::new(&[("a", 100.0), ("b", 120.0)]));
    assert!(matches!(verdict, Verdict::Untestable { .. }));
    assert_eq!(answers[0].verdict, Verdict::Supported);
}

fn counted(threshold: Threshold) -> Claim {
    let quantity = Quantity::of("a", Metric::Measure("survivors".into()));
    let mut claim =
        claim(vec![proposition("count", Role::Primary, Test::Exact { quantity, threshold, scale: Scale::Count })]);
    claim.rounds = Rounds::Counted;
    claim.arms.truncate(1);
    claim
}

fn survivors(counts: &[f64]) -> Rigged {
    let mut bench = Rigged::new(&[("a", 1.0)]);
    bench.measures.insert("survivors", counts.to_vec());
    bench
}

#[test]
fn a_count_is_right_each_time_or_it_is_no_support() {
    let claim = counted(Threshold::Within(4.0, 4.0));
    let (verdict, answers, _) = tried(&claim, &mut survivors(&[4.0; 20]));
    assert_eq!(verdict, Verdict::Supported);
    let Finding::Exact(tally) = &answers[0].finding else { panic!("a tally") };
    assert_eq!((tally.held, tally.of, tally.at_most_otherwise), (20, 20, Some(0.15)));
    assert_eq!(tried(&claim, &mut survivors(&[0.0; 20])).0, Verdict::Refuted { how: Refutation::NeverSeen });
    let mut counts = [4.0; 20];
    counts[7] = 0.0;
    let some = tried(&claim, &mut survivors(&counts)).0;
    assert_eq!(some, Verdict::doubt(Doubt::Sometimes { held: 19, of: 20 }));
}

#[test]
fn a_missing_count_is_not_zero() {
    let (verdict, ..) = tried(&counted(Threshold::AtMost(0.0)), &mut survivors(&[]));
    assert!(matches!(&verdict, Verdict::Inconclusive { doubts, .. } if matches!(doubts[0], Doubt::Missing { .. })));
}

#[test]
fn counters_come_from_repeated_profiled_runs() {
    let quantity = Quantity::of("a", Metric::Counted(Counted::VoluntarySwitches));
    let test = Test::Exact { quantity, threshold: Threshold::Within(7.0, 7.0), scale: Scale::Count };
    let claim = claim(vec![proposition("switches", Role::Primary, test)]);
    let (verdict, _, evidence) = tried(&claim, &mut Rigged::new(&[("a", 7.0), ("b", 1.0)]));
    assert_eq!(verdict, Verdict::Supported);
    assert_eq!(evidence.arms[0].profiled.len(), 5);
}

#[test]
fn an_arm_that_cannot_run_here_says_what_it_needs_and_the_others_go_on() {
    let mut claim = slower(1.05);
    claim.arms.push(arm("c"));
    claim.propositions.push(proposition("also", Role::Part, ratio_of("c", "a", Threshold::AtLeast(1.05))));
    let mut bench = Rigged::new(&[("a", 100.0), ("b", 120.0), ("c", 100.0)]);
    bench.failing = Some(("c", BenchError::Unavailable("root".into())));
    let (verdict, answers, evidence) = tried(&claim, &mut bench);
    assert_eq!(verdict, Verdict::NotRun { needs: "root".into() });
    assert_eq!(answers[0].verdict, Verdict::Supported);
    assert_eq!(answers[1].verdict, verdict);
    claim.propositions[1].role = Role::Nuance;
    assert_eq!(judge(&claim, &evidence, &Settings::full(3).saved).0, Verdict::Supported);
    assert_eq!(evidence.kept().count(), 20);
}

#[test]
fn an_arm_that_breaks_fails_the_claim() {
    let mut bench = Rigged::new(&[("a", 100.0), ("b", 120.0)]);
    bench.failing = Some(("b", BenchError::Failed("wrong sum".into())));
    let (verdict, ..) = tried(&slower(1.05), &mut bench);
    assert_eq!(verdict, Verdict::Failed { error: "wrong sum".into() });
}

#[test]
fn rounds_that_others_disturbed_are_dropped_and_too_many_of_them_are_a_doubt() {
    let mut claim = slower(1.05);
    claim.rounds = Rounds::Timed { noise: Some(-1.0) }; // every round is over it
    let (verdict, _, evidence) = tried(&claim, &mut Rigged::new(&[("a", 100.0), ("b", 120.0)]));
    assert_eq!((evidence.kept().count(), evidence.begun()), (0, 40));
    let Verdict::Inconclusive { doubts, .. } = verdict else { panic!("{verdict:?}") };
    assert!(matches!(doubts[0], Doubt::Noisy { dropped: 40, of: 40 }), "{doubts:?}");
}

#[test]
fn an_interrupted_check_keeps_what_it_has_and_gives_no_verdict() {
    let claim = slower(1.05);
    let group = groups(vec![claim.clone()]).remove(0);
    let settings = Settings::full(3);
    let mut bench = Rigged::new(&[("a", 100.0), ("b", 120.0)]);
    let evidence = run_group(&group, &mut bench, &settings, Duration::from_secs(60), &mut StopAfter(8, 0));
    assert_eq!(evidence.kept().count(), 8);
    let (verdict, answers) = judge(&claim, &evidence, &settings.saved);
    assert!(
        matches!(&verdict, Verdict::Inconclusive { doubts, .. } if doubts.contains(&Doubt::Interrupted)),
        "{verdict:?}"
    );
    assert!(matches!(answers[0].finding, Finding::Effect(_)));
}

#[test]
fn every_round_has_every_arm_in_an_order_that_the_seed_decides() {
    let run = || tried(&slower(1.05), &mut Rigged::new(&[("a", 100.0), ("b", 120.0)])).2;
    let (first, second) = (run(), run());
    let orders = |e: &Evidence| e.rounds.iter().map(|r| r.order.clone()).collect::<Vec<_>>();
    assert_eq!(orders(&first), orders(&second));
    assert!(orders(&first).iter().all(|order| order.len() == 3 && order.contains(&"a again".to_string())));
    assert!(orders(&first).windows(2).any(|pair| pair[0] != pair[1]), "the order never changes");
}

#[test]
fn many_claims_at_once_need_smaller_p_values() {
    // One wrong-way round in eight leaves an interval beyond the threshold, but no small p-value.
    let settings = Settings::full(3).saved;
    let claim = slower(1.05);
    let evidence = |b: &[u64]| Evidence {
        arms: [("a", None), ("b", None), ("a again", Some("a"))]
            .iter()
            .map(|(name, duplicate)| ArmEvidence {
                name: name.to_string(),
                source: arm(name).source,
                duplicate_of: duplicate.map(str::to_string),
                samples: b
                    .iter()
                    .enumerate()
                    .map(|(i, b)| {
                        let wobble = (i as u64 % 3) * 2;
                        let elapsed_ns = match *name {
                            "a" => 1000,
                            "b" => *b,
                            _ => 999 + wobble / 2,
                        };
                        Some(Sample { operations: 1, elapsed_ns, cpu_ns: 1, measures: BTreeMap::new() })
                    })
                    .collect(),
                profiled: vec![],
                not_profiled: None,
                unavailable: None,
                failure: None,
                verification: String::new(),
                notes: BTreeMap::new(),
            })
            .collect(),
        rounds: b.iter().map(|_| Round { order: vec![], elapsed_ns: 1, others_ns: Some(0), dropped: None }).collect(),
        wanted: 8,
        least: 6,
        ..Evidence::default()
    };
    let weak = evidence(&[1200, 1210, 1190, 1220, 1180, 1230, 1170, 1240]);
    assert_eq!(judge(&claim, &weak, &settings).0, Verdict::Supported);
    let checked = |claim: &Claim| CheckedClaim {
        claim: claim.clone(),
        verdict: Verdict::InPart,
        answers: vec![],
        evidence: weak.clone(),
        elapsed_ns: 0,
    };
    let mut report = CheckReport {
        schema: CHECK_SCHEMA.into(),
        osmeter: "0".into(),
        started_at: String::new(),
        elapsed_ns: 0,
        host: Host {
            hostname: String::new(),
            kernel: String::new(),
            architecture: String::new(),
            distribution: None,
            cpu_model: None,
            cpus: 2,
            cpus_allowed: 2,
            memory_bytes: 0,
            virtual_machine: None,
            has_pmu: false,
        },
        uid: 0,
        settings,
        preflight: Preflight::default(),
        claims: vec![checked(&claim); 12],
        interrupted: false,
    };
    settle(&mut report);
    for claim in &report.claims {
        assert!(
            matches!(&claim.verdict, Verdict::Inconclusive { doubts, .. } if matches!(doubts[..], [Doubt::AmongMany { .. }])),
            "{:?}",
            claim.verdict
        );
    }
    // A saved check says the same when it is judged again.
    let saved = serde_json::to_string(&report).unwrap();
    let mut again: CheckReport = serde_json::from_str(&saved).unwrap();
    settle(&mut again);
    assert_eq!(again, report);
}
