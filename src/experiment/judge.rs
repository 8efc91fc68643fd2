//! From what was found to a verdict. Pure: the same evidence gives the same verdict, wherever it is judged.
//!
//! A proposition is *supported* only if its whole interval reaches the threshold that the claim fixed beforehand, *refuted*
//! only if the whole interval falls short of it, else *inconclusive*; and inconclusive too where the machine was not still,
//! where an arm differed from itself, where a control failed, or where it would not stand among all claims tested at once.

use super::estimate::{find, logarithmic};
use super::settings::LEAST_REPEATS;
use crate::model::{
    Answer, CheckReport, CheckSettings, CheckedClaim, Claim, Doubt, Estimate, Evidence, Finding, Interval, Proposition,
    Quantity, Refutation, Role, Rounds, Tally, Test, Threshold, Verdict,
};
use crate::stats::{holm, values_for_width};

/// The level of Holm's adjusted p-values.
const LEVEL: f64 = 0.05;

/// Judges every claim of a report anew from its samples.
pub fn settle(report: &mut CheckReport) {
    let settings = report.settings.clone();
    for checked in &mut report.claims {
        checked.answers = answers(&checked.claim, &checked.evidence, &settings);
    }
    adjust(&mut report.claims);
    for checked in &mut report.claims {
        conclude(checked);
    }
}

/// Judges one claim by itself.
pub fn judge(claim: &Claim, evidence: &Evidence, settings: &CheckSettings) -> (Verdict, Vec<Answer>) {
    let answers = answers(claim, evidence, settings);
    let mut checked = CheckedClaim {
        claim: claim.clone(),
        verdict: Verdict::InPart,
        answers,
        evidence: evidence.clone(),
        elapsed_ns: 0,
    };
    adjust(std::slice::from_mut(&mut checked));
    conclude(&mut checked);
    (checked.verdict, checked.answers)
}

fn answers(claim: &Claim, evidence: &Evidence, settings: &CheckSettings) -> Vec<Answer> {
    let answer = |proposition: &Proposition| Answer {
        proposition: proposition.clone(),
        finding: find(claim, &proposition.test, evidence, settings),
        verdict: Verdict::InPart, // until it is concluded
    };
    claim.propositions.iter().map(answer).collect()
}

/// Holm's adjustment over every timing that a verdict rests on; and, apart from these, over every comparison of an arm with
/// itself, of which one in thirty would else seem to differ by chance.
fn adjust(claims: &mut [CheckedClaim]) {
    let mut tested: Vec<&mut f64> = Vec::new();
    let mut selves: Vec<&mut f64> = Vec::new();
    for checked in claims.iter_mut().filter(|c| matches!(c.claim.rounds, Rounds::Timed { .. })) {
        for answer in &mut checked.answers {
            let Finding::Effect(estimate) = &mut answer.finding else { continue };
            selves.extend(&mut estimate.self_p);
            if matches!(answer.proposition.role, Role::Primary | Role::Part) {
                estimate.adjusted_p = estimate.p;
                tested.extend(&mut estimate.adjusted_p);
            }
        }
    }
    for family in [tested, selves] {
        let adjusted = holm(&family.iter().map(|p| **p).collect::<Vec<_>>());
        family.into_iter().zip(adjusted).for_each(|(p, adjusted)| *p = adjusted);
    }
}

fn conclude(checked: &mut CheckedClaim) {
    for answer in &mut checked.answers {
        answer.verdict = proposition(answer, &checked.evidence);
    }
    checked.verdict = whole(&checked.claim, &checked.answers);
}

/// The verdict on a claim from those on its propositions.
fn whole(claim: &Claim, answers: &[Answer]) -> Verdict {
    if let Some(why) = &claim.untestable {
        return Verdict::Untestable { why: why.clone() };
    }
    let Some(primary) = answers.iter().find(|a| a.proposition.role == Role::Primary) else {
        return Verdict::Failed { error: "the claim has no primary proposition".into() };
    };
    if !matches!(primary.verdict, Verdict::Supported | Verdict::Refuted { .. }) {
        return primary.verdict.clone();
    }
    for control in answers.iter().filter(|a| a.proposition.role == Role::Control) {
        if let Verdict::Failed { .. } = control.verdict {
            return control.verdict.clone();
        }
        // One that cannot run here has not failed; the table says that it is missing.
        if !matches!(control.verdict, Verdict::Supported | Verdict::NotRun { .. }) {
            return Verdict::doubt(Doubt::Control { id: control.proposition.id.clone() });
        }
    }
    let parts = answers.iter().filter(|a| a.proposition.role == Role::Part);
    let mut mixed = false;
    for part in parts {
        match (&part.verdict, &primary.verdict) {
            (Verdict::Supported, Verdict::Supported) | (Verdict::Refuted { .. }, Verdict::Refuted { .. }) => {}
            (Verdict::Supported | Verdict::Refuted { .. }, _) => mixed = true,
            // Half a claim that was tested is not the claim.
            (Verdict::Failed { .. } | Verdict::NotRun { .. }, _) => return part.verdict.clone(),
            _ => return Verdict::doubt(Doubt::PartOpen { id: part.proposition.id.clone() }),
        }
    }
    if mixed { Verdict::InPart } else { primary.verdict.clone() }
}

/// The verdict on one proposition.
fn proposition(answer: &Answer, evidence: &Evidence) -> Verdict {
    if let Some(verdict) = not_run(&answer.proposition.test, evidence) {
        return verdict;
    }
    match (&answer.proposition.test, &answer.finding) {
        (Test::Effect { quantity, threshold, .. }, Finding::Effect(estimate)) => {
            effect(quantity, *threshold, estimate, evidence)
        }
        (Test::Exact { .. }, Finding::Exact(tally)) => exact(tally, evidence),
        (Test::Share { threshold, .. }, Finding::Share { interval, .. }) => match place(*interval, *threshold, false) {
            Place::Reached => Verdict::Supported,
            Place::Short | Place::Reversed => Verdict::Refuted { how: Refutation::Reversed },
            Place::Straddles => Verdict::doubt(Doubt::Straddles),
        },
        _ => nothing(&answer.proposition.test, evidence),
    }
}

/// Whether an arm that the test needs could not run, or broke.
fn not_run(test: &Test, evidence: &Evidence) -> Option<Verdict> {
    for name in test.arms() {
        let arm = evidence.arm(name)?;
        if let Some(needs) = &arm.unavailable {
            return Some(Verdict::NotRun { needs: needs.clone() });
        }
        if let Some(error) = &arm.failure {
            return Some(Verdict::Failed { error: error.clone() });
        }
    }
    None
}

/// No number: say which is missing rather than that it is zero.
fn nothing(test: &Test, evidence: &Evidence) -> Verdict {
    if evidence.interrupted {
        return Verdict::doubt(Doubt::Interrupted);
    }
    if let Some(doubt) = unquiet(evidence) {
        return Verdict::doubt(doubt);
    }
    let counted = matches!(test, Test::Effect { quantity, .. } | Test::Exact { quantity, .. } if quantity.counted());
    if let (true, Some(needs)) = (counted, test.arms().iter().find_map(|name| evidence.arm(name)?.not_profiled.clone()))
    {
        return Verdict::NotRun { needs };
    }
    Verdict::doubt(Doubt::Missing { what: format!("a number of the arms {}", test.arms().join(", ")) })
}

fn unquiet(evidence: &Evidence) -> Option<Doubt> {
    let (dropped, of) = (evidence.noisy() as u64, evidence.begun() as u64);
    (dropped * 2 > of).then_some(Doubt::Noisy { dropped, of })
}

fn effect(quantity: &Quantity, threshold: Threshold, estimate: &Estimate, evidence: &Evidence) -> Verdict {
    let mut doubts: Vec<Doubt> = unquiet(evidence).into_iter().collect();
    if estimate.rounds < evidence.least {
        let few = Doubt::FewRounds { kept: estimate.rounds, least: evidence.least };
        doubts.push(if evidence.interrupted { Doubt::Interrupted } else { few });
    }
    let log = logarithmic(quantity);
    doubts.extend(self_doubt(estimate, threshold, log));
    let place = estimate.interval.map(|interval| place(interval, threshold, log));
    if matches!(place, None | Some(Place::Straddles)) && doubts.is_empty() {
        doubts.push(Doubt::Straddles);
    }
    if let Some(adjusted_p) = estimate.adjusted_p.filter(|p| *p >= LEVEL && doubts.is_empty()) {
        doubts.push(Doubt::AmongMany { adjusted_p });
    }
    if !doubts.is_empty() {
        return Verdict::Inconclusive { doubts, rounds_needed: rounds_needed(estimate, threshold, log) };
    }
    match place {
        Some(Place::Reached) => Verdict::Supported,
        Some(Place::Reversed) => Verdict::Refuted { how: Refutation::Reversed },
        _ => Verdict::Refuted { how: Refutation::NoEffect },
    }
}

/// Where an interval lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Reached,
    Short,
    Reversed,
    Straddles,
}

fn place(interval: Interval, threshold: Threshold, log: bool) -> Place {
    let Interval { low, high } = interval;
    // The same effect the other way round, where the threshold lies off 'no effect'.
    let mirror = |t: f64| if log { 1.0 / t } else { -t };
    let neutral = if log { 1.0 } else { 0.0 };
    match threshold {
        Threshold::AtLeast(t) if low >= t => Place::Reached,
        Threshold::AtLeast(t) if high < t && t > neutral && high < mirror(t) => Place::Reversed,
        Threshold::AtLeast(t) if high < t => Place::Short,
        Threshold::AtMost(t) if high <= t => Place::Reached,
        Threshold::AtMost(t) if low > t && t < neutral && low > mirror(t) => Place::Reversed,
        Threshold::AtMost(t) if low > t => Place::Short,
        Threshold::Within(from, to) if from <= low && high <= to => Place::Reached,
        Threshold::Within(from, to) if high < from || to < low => Place::Short,
        _ => Place::Straddles,
    }
}

/// The smallest effect that a threshold stands for, as a distance from 'no effect' (on the logarithmic scale for a ratio).
fn smallest(threshold: Threshold, log: bool) -> f64 {
    let distance = |t: f64| if log { t.ln().abs() } else { t.abs() };
    match threshold {
        Threshold::AtLeast(t) | Threshold::AtMost(t) => distance(t),
        Threshold::Within(low, high) => distance(low).min(distance(high)),
    }
}

/// An arm against itself must not differ, nor stray over half of the smallest effect.
fn self_doubt(estimate: &Estimate, threshold: Threshold, log: bool) -> Option<Doubt> {
    let own = estimate.self_interval?;
    let (neutral, allowed) = (if log { 1.0 } else { 0.0 }, smallest(threshold, log) / 2.0);
    let to = |v: f64| if log { v.ln() } else { v };
    if !own.contains(neutral) && estimate.self_p.is_none_or(|p| p < LEVEL) {
        return Some(Doubt::SelfDiffers { interval: own });
    }
    let strays = to(own.low).abs().max(to(own.high).abs());
    let allowed_on_scale = if log { allowed.exp() } else { allowed };
    (strays > allowed).then_some(Doubt::NoiseFloor { interval: own, allowed: allowed_on_scale })
}

/// How many rounds would likely bring the interval to one side of the threshold.
fn rounds_needed(estimate: &Estimate, threshold: Threshold, log: bool) -> Option<u64> {
    let to = |v: f64| if log { v.ln() } else { v };
    let interval = estimate.interval?;
    let distance = match threshold {
        Threshold::AtLeast(t) | Threshold::AtMost(t) => (to(estimate.value) - to(t)).abs(),
        Threshold::Within(low, high) => (to(estimate.value) - to(low)).abs().min((to(estimate.value) - to(high)).abs()),
    };
    let width = to(interval.high) - to(interval.low);
    let rounds = usize::try_from(estimate.rounds).ok()?;
    // Half of the interval has to fit between the estimate and the threshold, with some to spare.
    values_for_width(rounds, width, 1.6 * distance).filter(|n| *n > rounds && *n <= 1_000).map(|n| n as u64)
}

fn exact(tally: &Tally, evidence: &Evidence) -> Verdict {
    if tally.of < LEAST_REPEATS {
        let few = Doubt::FewRounds { kept: tally.of, least: LEAST_REPEATS };
        return Verdict::doubt(if evidence.interrupted { Doubt::Interrupted } else { few });
    }
    match tally.held {
        held if held == tally.of => Verdict::Supported,
        0 => Verdict::Refuted { how: Refutation::NeverSeen },
        held => Verdict::doubt(Doubt::Sometimes { held, of: tally.of }),
    }
}
