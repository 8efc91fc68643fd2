//! The lowest tier: wait4, /proc and perf's counters, for anybody, everywhere.
//!
//! Owns the three collectors that need no privilege and puts what they read into a profile. What they cannot see is missing
//! with its reason, never zero.

use super::counters::{CounterReadings, Counters, Which};
use super::proc::{Kind, TreeSampler};
use super::profile::Run;
use super::rusage::{self, NO_EVENTS};
use super::target::{Collector, Target};
use crate::model::{Counter, Host, Ledger, Losses, Memory, Profile, Reading, SCHEMA, Tier, TreeMemory, Window};
use crate::subject::Reaped;

/// The collectors of this tier.
#[derive(Debug)]
pub struct Basic {
    counters: Counters,
    sampler: Option<TreeSampler>,
}

/// What they read.
#[derive(Debug, Clone, PartialEq)]
pub struct BasicReadings {
    /// perf's counters.
    pub counters: CounterReadings,
    /// The tree's memory at its peak.
    pub tree: Reading<TreeMemory>,
}

impl Basic {
    /// For the machine that `host` describes.
    pub fn new(host: &Host) -> Self {
        Self { counters: Counters::new(Which::HardwareAndSoftware, host), sampler: None }
    }

    /// Gets ready on a child that waits at its gate.
    pub fn arm(&mut self, tgid: u32) {
        self.counters.arm(Target::gated(tgid));
    }

    /// Once the gate is open.
    pub fn started(&mut self, tgid: u32) {
        self.sampler = TreeSampler::start(tgid, Kind::Rss).ok();
    }

    /// Once the command has ended.
    pub fn finish(self) -> BasicReadings {
        let tree = self.sampler.map_or_else(|| Reading::missing("not sampled"), |sampler| sampler.finish(Kind::Rss));
        BasicReadings { counters: self.counters.finish(), tree }
    }
}

/// The profile of a run in this tier. Without `reaped`, as for a part of a process's life, there is no ledger.
pub fn profile(readings: BasicReadings, elapsed_ns: u64, run: Run) -> Profile {
    let perf = readings.counters;
    let clock = perf.counters.iter().find(|c| c.name == "task-clock").and_then(|c| c.total.get());
    let mut total = run.reaped.as_ref().map_or_else(|| Ledger::missing(NO_EVENTS), |r| rusage::ledger(r, clock));
    if let Some(migrations) = perf.counters.iter().find(|c| c.name == "cpu-migrations") {
        total.migrations = migrations.total.clone();
    }
    let missing = || Reading::missing(NO_EVENTS);
    Profile {
        schema: SCHEMA.to_owned(),
        osmeter: env!("CARGO_PKG_VERSION").to_owned(),
        command: run.command,
        window: Window { started_at: run.started_at, elapsed_ns, partial: run.partial },
        host: run.host,
        tier: Tier::Basic,
        refused: run.refused,
        counters: merged(&total, perf.counters),
        total,
        run_queue_latency: Reading::missing(NO_EVENTS),
        run_queue_latency_max_ns: missing(),
        process_count: missing(),
        thread_count: missing(),
        syscalls: Reading::missing(NO_EVENTS),
        blocked: Reading::missing(NO_EVENTS),
        programs: Vec::new(),
        processes: Vec::new(),
        threads: Vec::new(),
        ipc: perf.ipc,
        memory: memory(run.reaped.as_ref(), readings.tree, run.memory),
        rusage_user_system_ns: run.reaped.as_ref().map_or_else(
            || Reading::missing("wait4 reports on a whole process, not on a part of its life"),
            |reaped| Reading::Exact((reaped.user_ns, reaped.system_ns)),
        ),
        not_measured: run.not_measured,
        checks: run.reaped.as_ref().and_then(|reaped| rusage::check(reaped, clock)).into_iter().collect(),
        cost: run.cost,
        losses: Losses::default(),
    }
}

/// wait4's counters where it has them, with kernel and all; perf's for the rest.
fn merged(total: &Ledger, perf: Vec<Counter>) -> Vec<Counter> {
    let ours: Vec<Counter> = rusage::counters(total).into_iter().filter(|c| !c.total.is_missing()).collect();
    let (clock, others): (Vec<_>, Vec<_>) = perf.into_iter().partition(|c| c.name == "task-clock");
    let plain = |name: &str| name.trim_end_matches(":u").to_owned();
    let others = others.into_iter().filter(|c| !ours.iter().any(|o| o.name == plain(&c.name))).collect::<Vec<_>>();
    clock.into_iter().chain(ours).chain(others).collect()
}

fn memory(reaped: Option<&Reaped>, tree: Reading<TreeMemory>, otherwise: Memory) -> Memory {
    Memory {
        largest_process_bytes: reaped.map_or(otherwise.largest_process_bytes, |r| r.peak_rss_bytes.clone()),
        largest_process: None,
        tree,
    }
}
