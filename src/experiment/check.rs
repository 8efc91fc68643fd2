//! A whole check: the groups one after the other, the null call before and after, and the verdicts over all of them.

use super::bench::Bench;
use super::judge::settle;
use super::plan::{Group, groups};
use super::rounds::{Progress, run_group};
use super::settings::Settings;
use super::value::of_sample;
use crate::model::{
    Arm, CHECK_SCHEMA, CheckReport, CheckedClaim, Claim, Evidence, Host, Metric, Preflight, Rounds, Source, Verdict,
};
use std::time::{Duration, Instant};

/// A group's share of the time left is at most this many times its fair one: some take longer than others.
const GENEROUS: u32 = 3;

/// What a check is told from outside.
pub struct Circumstances {
    /// The machine.
    pub host: Host,
    /// The user it runs as.
    pub uid: u32,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// The machine's state.
    pub preflight: Preflight,
}

/// Runs the claims and judges them. Interrupted, it returns what it has.
pub fn check(
    claims: Vec<Claim>,
    bench: &mut dyn Bench,
    settings: &Settings,
    circumstances: Circumstances,
    progress: &mut dyn Progress,
) -> CheckReport {
    let begun = Instant::now();
    let order: Vec<String> = claims.iter().map(|claim| claim.id.clone()).collect();
    let Circumstances { host, uid, started_at, mut preflight } = circumstances;
    let mut checked: Vec<CheckedClaim> = Vec::new();
    preflight.null_call_before_ns = null_call(bench);
    let mut groups = groups(claims);
    // Counts first: they take what they take, and little. The timings share the rest.
    groups.sort_by_key(|group| matches!(group.rounds, Rounds::Timed { .. }));
    let count = u32::try_from(groups.len()).unwrap_or(u32::MAX);
    for (done, group) in (0..count).zip(&groups) {
        progress.group(group, done, count);
        let left = settings.time.saturating_sub(begun.elapsed());
        let time = (left / (count - done)).saturating_mul(GENEROUS).min(left);
        checked.extend(run(group, bench, settings, time, progress));
    }
    if !progress.interrupted() {
        preflight.null_call_after_ns = null_call(bench);
    }
    checked.sort_by_key(|claim| order.iter().position(|id| *id == claim.claim.id));
    let mut report = CheckReport {
        schema: CHECK_SCHEMA.into(),
        osmeter: env!("CARGO_PKG_VERSION").into(),
        started_at,
        elapsed_ns: nanoseconds(begun.elapsed()),
        host,
        uid,
        settings: settings.saved.clone(),
        preflight,
        claims: checked,
        interrupted: progress.interrupted(),
    };
    settle(&mut report);
    report
}

fn run(
    group: &Group,
    bench: &mut dyn Bench,
    settings: &Settings,
    time: Duration,
    progress: &mut dyn Progress,
) -> Vec<CheckedClaim> {
    let begun = Instant::now();
    let evidence = if progress.interrupted() {
        Evidence { interrupted: true, ..Evidence::default() }
    } else {
        run_group(group, bench, settings, time, progress)
    };
    let elapsed_ns = nanoseconds(begun.elapsed());
    let own = |claim: &Claim| CheckedClaim {
        claim: claim.clone(),
        verdict: Verdict::InPart, // until the report is settled
        answers: Vec::new(),
        evidence: only(claim, &evidence),
        elapsed_ns,
    };
    group.claims.iter().map(own).collect()
}

/// A group's evidence with the arms of one claim only.
fn only(claim: &Claim, evidence: &Evidence) -> Evidence {
    let mut own = evidence.clone();
    let named = |name: &str| claim.arms.iter().any(|arm| arm.name == name);
    own.arms.retain(|arm| named(arm.duplicate_of.as_deref().unwrap_or(&arm.name)));
    own
}

/// What one null system call takes, in ns: the same before and after, or the machine changed its pace meanwhile. The median
/// of five runs.
fn null_call(bench: &mut dyn Bench) -> Option<f64> {
    let parameters = [("kind", "getppid"), ("n", "100k"), ("cpu", "one")];
    let parameters = parameters.map(|(key, value)| (key.to_string(), value.to_string())).to_vec();
    let source = Source::Workload { name: "syscalls".into(), parameters };
    let arm = Arm { name: "null call".into(), source, heavy: false };
    let run = |_| of_sample(&bench.bare(&arm).ok()?.sample, &Metric::ElapsedPerOperation);
    crate::stats::median(&(0..5).filter_map(run).collect::<Vec<_>>())
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
