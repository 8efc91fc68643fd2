//! A check built by hand: every verdict, in both languages. Every number is invented.

use super::*;
use crate::model::*;
use std::collections::BTreeMap;

fn text(en: &str, ko: &str) -> Text {
    Text::new(en, ko)
}

fn answer(role: Role, test: Test, finding: Finding, verdict: Verdict) -> Answer {
    let id = format!("{role:?}").to_lowercase();
    let proposition = Proposition { id, text: text("b against a", "a와 견준 b"), role, test };
    Answer { proposition, finding, verdict }
}

fn ratio(threshold: f64) -> Test {
    let of = |arm| Quantity::of(arm, Metric::ElapsedPerOperation);
    Test::Effect { quantity: of("b").over(of("a")), threshold: Threshold::AtLeast(threshold), scale: Scale::Times }
}

fn estimate(value: f64, low: f64, high: f64) -> Finding {
    Finding::Effect(Estimate {
        value,
        interval: Some(Interval { low, high }),
        rounds: 20,
        self_interval: Some(Interval { low: 0.998, high: 1.003 }),
        self_p: Some(0.4),
        difference: Some((55.0, Some(Interval { low: 52.0, high: 57.5 }))),
        p: Some(0.000_01),
        adjusted_p: Some(0.000_2),
        outliers: vec![],
        drift: None,
        modes: Some((1.02, 1.4, 0.35)),
    })
}

fn count(held: u64, of: u64) -> (Test, Finding) {
    let quantity = Quantity::of("a", Metric::Measure("survivors".into()));
    let test = Test::Exact { quantity, threshold: Threshold::Within(4.0, 4.0), scale: Scale::Count };
    let at_most_otherwise = (held == of).then(|| 3.0 / of as f64);
    (test, Finding::Exact(Tally { held, of, typical: 4.0, at_most_otherwise }))
}

fn arm(name: &str, elapsed_ns: u64) -> ArmEvidence {
    ArmEvidence {
        name: name.into(),
        source: Source::Workload { name: "pingpong".into(), parameters: vec![("share".into(), "vm".into())] },
        duplicate_of: None,
        samples: vec![Some(Sample { operations: 1000, elapsed_ns, cpu_ns: 9, measures: BTreeMap::new() })],
        profiled: vec![Mechanism {
            operations: 1000,
            counters: vec![
                (Counted::VoluntarySwitches, 2000),
                (Counted::Syscalls, 4001),
                (Counted::BlockedNs, 1_500_000),
                (Counted::InvoluntarySwitches, 0),
            ],
            calls: vec![("futex".into(), 4000)],
            blocked: vec![("futex".into(), 1_500_000)],
            memory: None,
            tier: "bpf".into(),
        }],
        not_profiled: None,
        unavailable: None,
        failure: None,
        verification: String::new(),
        notes: BTreeMap::new(),
    }
}

fn claim(id: &str, topic: Topic, title: Text, verdict: Verdict, answers: Vec<Answer>) -> CheckedClaim {
    let claim = Claim {
        id: id.into(),
        section: Section { topic, heading: Heading::Drawback },
        title,
        statement: text("B takes longer than A, and a reason is given for it.", "B가 A보다 오래 걸리며 이유도 있다."),
        refuted_by: text("It does not.", "그렇지 않을 때."),
        group: id.into(),
        arms: vec![],
        rounds: Rounds::Timed { noise: Some(0.02) },
        propositions: answers.iter().map(|a| a.proposition.clone()).collect(),
        untestable: None,
        nuance: Some(text("Only where it is so.", "그러한 곳에서만.")),
    };
    let round = Round { order: vec![], elapsed_ns: 1, others_ns: Some(0), dropped: None };
    let noisy = Round { dropped: Some(Dropped::Noisy), ..round.clone() };
    let evidence = Evidence {
        arms: vec![arm("one address space", 2_000_000), arm("two address spaces", 2_110_000)],
        rounds: vec![round, noisy],
        wanted: 20,
        least: 15,
        out_of_time: false,
        interrupted: false,
    };
    CheckedClaim { claim, verdict, answers, evidence, elapsed_ns: 1 }
}

fn report() -> CheckReport {
    let (exact, all_held) = count(20, 20);
    let refuted = Verdict::Refuted { how: Refutation::NoEffect };
    let doubts = vec![Doubt::Noisy { dropped: 30, of: 40 }, Doubt::Straddles];
    let claims = vec![
        claim(
            "P3",
            Topic::MultiProcess,
            text("a crash stays inside its process", "비정상 종료가 다른 프로세스에 번지지 않음"),
            Verdict::Supported,
            vec![answer(Role::Primary, exact, all_held, Verdict::Supported)],
        ),
        claim(
            "P5",
            Topic::MultiProcess,
            text("switching processes costs more", "프로세스 전환은 스레드 전환보다 비쌈"),
            Verdict::Supported,
            vec![
                answer(Role::Primary, ratio(1.05), estimate(1.056, 1.054, 1.058), Verdict::Supported),
                answer(Role::Nuance, ratio(1.05), estimate(1.001, 0.999, 1.002), refuted.clone()),
            ],
        ),
        claim(
            "T8",
            Topic::MultiThread,
            text("threads suit I/O-bound work", "멀티 스레드는 I/O 바운드 작업에 유리"),
            Verdict::Inconclusive { doubts: doubts.clone(), rounds_needed: Some(80) },
            vec![answer(
                Role::Primary,
                ratio(2.0),
                estimate(1.97, 1.8, 2.2),
                Verdict::Inconclusive { doubts, rounds_needed: Some(80) },
            )],
        ),
        claim(
            "K8",
            Topic::KernelMode,
            text("kernel bugs are hard to trace and fix", "커널 코드의 버그는 추적과 해결이 어려움"),
            Verdict::Untestable { why: text("'hard' is a judgement", "'어렵다'는 판단의 문제다") },
            vec![],
        ),
        claim(
            "K7",
            Topic::KernelMode,
            text("a kernel bug brings the system down", "커널의 버그는 전체 OS를 다운시킬 수 있음"),
            Verdict::NotRun { needs: "qemu".into() },
            vec![],
        ),
    ];
    CheckReport {
        schema: CHECK_SCHEMA.into(),
        osmeter: "0.1.0".into(),
        started_at: "2026-01-02T03:04:05+00:00".into(),
        elapsed_ns: 492_000_000_000,
        host: Host {
            hostname: "h".into(),
            kernel: "6.18.0".into(),
            architecture: "x86_64".into(),
            distribution: None,
            cpu_model: Some("Some CPU".into()),
            cpus: 2,
            cpus_allowed: 2,
            memory_bytes: 1,
            virtual_machine: Some(true),
            has_pmu: false,
        },
        uid: 0,
        settings: CheckSettings { rounds: 20, repeats: 20, seed: 1, confidence: 0.95, resamples: 10_000, quick: false },
        preflight: Preflight {
            circumstances: vec![Circumstance {
                what: "other tracers".into(),
                value: "3 events enabled".into(),
                warning: Some("another tracer is active".into()),
            }],
            null_call_before_ns: Some(100.0),
            null_call_after_ns: Some(105.0),
        },
        claims,
        interrupted: false,
    }
}

fn style(width: usize) -> Style {
    Style { width, ..Style::default() }
}

#[test]
fn summary_in_english() {
    insta::assert_snapshot!(table(&report(), false, Lang::En, &style(100)));
}

#[test]
fn summary_in_korean() {
    insta::assert_snapshot!(table(&report(), false, Lang::Ko, &style(100)));
}

#[test]
fn evidence_in_english() {
    let mut report = report();
    report.claims.retain(|claim| claim.claim.id == "P5");
    insta::assert_snapshot!(table(&report, true, Lang::En, &style(100)));
}

#[test]
fn evidence_in_korean() {
    let mut report = report();
    report.claims.retain(|claim| claim.claim.id == "T8");
    insta::assert_snapshot!(table(&report, true, Lang::Ko, &style(100)));
}

#[test]
fn markdown_has_a_row_for_each_claim() {
    insta::assert_snapshot!(markdown(&report(), Lang::En));
}

#[test]
fn lines_fit_and_verdicts_stand_below_each_other_in_both_languages() {
    for width in [80, 100] {
        for lang in [Lang::En, Lang::Ko] {
            for explain in [false, true] {
                let text = table(&report(), explain, lang, &style(width));
                // The machine's line and the hint are for the terminal to break.
                let own = text.lines().filter(|line| line.starts_with("  "));
                for line in own {
                    assert!(super::super::text::width(line) <= width, "{width} {lang:?}: {line:?}");
                }
            }
            let text = table(&report(), false, lang, &style(width));
            let columns: Vec<usize> = [("P3", "supported", "지지"), ("T8", "inconclusive", "판정 불가")]
                .iter()
                .map(|(id, en, ko)| {
                    let line = text.lines().find(|line| line.trim_start().starts_with(id)).unwrap();
                    let word = if lang == Lang::En { en } else { ko };
                    super::super::text::width(&line[..line.rfind(word).unwrap()])
                })
                .collect();
            assert_eq!(columns[0], columns[1], "{width} {lang:?}");
        }
    }
}

#[test]
fn colours_take_no_room_and_ascii_has_no_other_sign() {
    let plain = table(&report(), true, Lang::En, &style(100));
    let coloured = table(&report(), true, Lang::En, &Style { color: true, ..style(100) });
    let codes = ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[34m"];
    let stripped = codes.iter().fold(coloured, |text, code| text.replace(code, ""));
    assert_eq!(stripped, plain);
    let ascii = table(&report(), true, Lang::En, &Style { unicode: false, ..style(100) });
    assert!(ascii.is_ascii(), "{:?}", ascii.chars().find(|c| !c.is_ascii()));
}

#[test]
fn a_saved_check_reads_back_the_same() {
    let text = json(&report()).unwrap();
    assert_eq!(serde_json::from_str::<CheckReport>(&text).unwrap(), report());
}
