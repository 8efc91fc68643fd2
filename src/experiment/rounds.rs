//! Runs the arms of a group: random order in each round, a fresh process for each sample, a round dropped where other tasks
//! were at work. When to stop is decided by counting rounds and time, never by looking at a result.

use super::bench::{Bench, BenchError};
use super::others::Others;
use super::plan::Group;
use super::settings::{LEAST_REPEATS, PROFILED_REPEATS, Settings};
use crate::model::{ArmEvidence, Dropped, Evidence, Round, Rounds, Source};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;
use std::time::{Duration, Instant};

/// How often an arm may fail before it is given up.
const FAILURES_ALLOWED: usize = 2;

/// Is told how far the rounds have come.
pub trait Progress {
    /// A group of claims begins: how many are done, of how many.
    fn group(&mut self, group: &Group, done: u32, of: u32);
    /// A round ended: how many were kept of how many wanted.
    fn round(&mut self, group: &Group, kept: u64, wanted: u64);
    /// Whether to stop here.
    fn interrupted(&mut self) -> bool;
}

/// Runs a group's arms until enough rounds are kept, too many are dropped, or `time` is used up; then the profiled runs.
pub fn run_group(
    group: &Group,
    bench: &mut dyn Bench,
    settings: &Settings,
    time: Duration,
    progress: &mut dyn Progress,
) -> Evidence {
    let mut running = Running::new(group, settings);
    let begun = Instant::now();
    if matches!(group.rounds, Rounds::Timed { .. }) {
        running.round(bench, Some(Dropped::WarmUp));
    }
    while !running.enough() && !progress.interrupted() {
        if begun.elapsed() > time && running.evidence.begun() >= running.at_least {
            running.evidence.out_of_time = true;
            break;
        }
        running.round(bench, None);
        progress.round(group, running.kept(), running.evidence.wanted);
    }
    running.evidence.interrupted = progress.interrupted();
    if !running.evidence.interrupted {
        running.profile(bench, settings);
    }
    running.evidence
}

struct Running<'a> {
    group: &'a Group,
    evidence: Evidence,
    random: Pcg64Mcg,
    failures: Vec<usize>,
    noise: Option<f64>,
    /// Rounds that are begun however long they take: a count is worth nothing with fewer.
    at_least: usize,
}

impl<'a> Running<'a> {
    fn new(group: &'a Group, settings: &Settings) -> Self {
        let arm = |planned: &super::plan::PlannedArm| ArmEvidence {
            name: planned.arm.name.clone(),
            source: planned.arm.source.clone(),
            duplicate_of: planned.duplicate_of.clone(),
            samples: Vec::new(),
            profiled: Vec::new(),
            not_profiled: None,
            unavailable: (planned.arm.heavy && settings.saved.quick).then(|| "the full check, without --quick".into()),
            failure: None,
            verification: String::new(),
            notes: std::collections::BTreeMap::new(),
        };
        let evidence = Evidence {
            arms: group.arms.iter().map(arm).collect(),
            wanted: settings.wanted(group.rounds),
            least: settings.least(group.rounds),
            ..Evidence::default()
        };
        // Each group has an order of its own, which does not depend on which other claims were asked for.
        let own = group.name.bytes().fold(0u64, |sum, byte| sum.wrapping_mul(131).wrapping_add(u64::from(byte)));
        let at_least = match group.rounds {
            Rounds::Timed { .. } | Rounds::Once if !group.counts() => 1,
            _ => usize::try_from(LEAST_REPEATS).unwrap_or(usize::MAX),
        };
        let noise = match group.rounds {
            Rounds::Timed { noise } => noise.map(|noise| noise * settings.noise_factor),
            Rounds::Counted | Rounds::Few | Rounds::Once => None,
        };
        let random = Pcg64Mcg::seed_from_u64(settings.saved.seed ^ own);
        Self { group, evidence, random, failures: vec![0; group.arms.len()], noise, at_least }
    }

    fn kept(&self) -> u64 {
        self.evidence.kept().count() as u64
    }

    /// Enough rounds kept, or so many begun that more than half of them would be dropped even if all others were kept.
    fn enough(&self) -> bool {
        let begun = self.evidence.begun() as u64;
        self.kept() >= self.evidence.wanted || begun >= 2 * self.evidence.wanted || self.able().is_empty()
    }

    /// The arms that can still run.
    fn able(&self) -> Vec<usize> {
        let able = |arm: &ArmEvidence| arm.unavailable.is_none() && arm.failure.is_none();
        self.evidence.arms.iter().enumerate().filter(|(_, arm)| able(arm)).map(|(i, _)| i).collect()
    }

    fn round(&mut self, bench: &mut dyn Bench, dropped: Option<Dropped>) {
        let mut order = self.able();
        order.shuffle(&mut self.random);
        let (before, start) = (Others::now(), Instant::now());
        let mut failed = false;
        for arm in &mut self.evidence.arms {
            arm.samples.push(None);
        }
        for index in &order {
            failed |= !self.sample(bench, *index);
        }
        let elapsed_ns = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let others_ns = before.and_then(Others::since);
        let noisy = self
            .noise
            .zip(others_ns)
            .is_some_and(|(limit, others)| super::value::float(others) > limit * super::value::float(elapsed_ns));
        let dropped = dropped.or(failed.then_some(Dropped::Failed)).or(noisy.then_some(Dropped::Noisy));
        let order = order.into_iter().map(|i| self.evidence.arms[i].name.clone()).collect();
        self.evidence.rounds.push(Round { order, elapsed_ns, others_ns, dropped });
    }

    /// Runs one arm once; false if it failed.
    fn sample(&mut self, bench: &mut dyn Bench, index: usize) -> bool {
        let evidence = &mut self.evidence.arms[index];
        match bench.bare(&self.group.arms[index].arm) {
            Ok(run) => {
                if let Some(last) = evidence.samples.last_mut() {
                    *last = Some(run.sample);
                }
                evidence.verification = run.verification;
                evidence.notes = run.notes;
                true
            }
            // Not a failure of the round: the other arms still say something.
            Err(BenchError::Unavailable(needs)) => {
                evidence.unavailable = Some(needs);
                true
            }
            Err(BenchError::Failed(error)) => {
                self.failures[index] += 1;
                if self.failures[index] > FAILURES_ALLOWED {
                    evidence.failure = Some(error);
                }
                false
            }
        }
    }

    /// The mechanism: profiled runs apart from the timed ones, so that the observer does not make the result.
    fn profile(&mut self, bench: &mut dyn Bench, settings: &Settings) {
        let counted = self.group.counted_arms();
        for index in self.able() {
            let arm = &self.evidence.arms[index];
            let rests_on_it = counted.contains(&arm.name);
            let workload = matches!(arm.source, Source::Workload { .. });
            // The short check profiles only what a verdict rests on.
            if arm.duplicate_of.is_some() || !workload || (settings.saved.quick && !rests_on_it) {
                continue;
            }
            let repeats = if rests_on_it { PROFILED_REPEATS } else { 1 };
            for _ in 0..repeats {
                match bench.profiled(&self.group.arms[index].arm) {
                    Ok(mechanism) => self.evidence.arms[index].profiled.push(mechanism),
                    Err(error) => {
                        self.evidence.arms[index].not_profiled = Some(error.to_string());
                        break;
                    }
                }
            }
        }
    }
}
