//! The lowest tier: wait4, /proc and perf's counters, for anybody, everywhere.
//!
//! Puts what the collectors that need no privilege read into a profile. What they cannot see is missing with its reason,
//! never zero.

use super::counters::CounterReadings;
use super::run::Run;
use super::rusage::{self, NO_EVENTS};
use crate::model::{Cost, Counter, Ledger, Losses, Memory, Profile, Reading, SCHEMA, Tier, Window};
use crate::subject::Reaped;

/// The profile of a run in this tier. Without `reaped`, as for a part of a process's life, there is no ledger.
pub fn profile(perf: CounterReadings, elapsed_ns: u64, run: Run) -> Profile {
    let clock = perf.counters.iter().find(|c| c.name == "task-clock").and_then(|c| c.total.get());
    let mut total = match &run.reaped {
        Some(reaped) => rusage::ledger(reaped, clock),
        None => Ledger::missing(NO_EVENTS),
    };
    if let (None, Some(clock)) = (&run.reaped, clock) {
        total.on_cpu_ns = Reading::Exact(clock);
    }
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
        memory: memory(run.reaped.as_ref(), run.memory),
        rusage_user_system_ns: run.reaped.as_ref().map_or_else(
            || Reading::missing("wait4 reports on a whole process, not on a part of its life"),
            |reaped| Reading::Exact((reaped.user_ns, reaped.system_ns)),
        ),
        not_measured: run.not_measured,
        checks: run.reaped.as_ref().and_then(|reaped| rusage::check(reaped, clock)).into_iter().collect(),
        cost: Cost {
            hooks: Vec::new(),
            in_measured_ns: Reading::missing("this tier has no hooks; a switch with a counter costs some hundred ns"),
            own_cpu_ns: run.own_cost.cpu_ns,
            own_peak_rss_bytes: run.own_cost.peak_rss_bytes,
            start_up_ns: run.own_cost.start_up_ns,
            tear_down_ns: run.own_cost.tear_down_ns,
        },
        losses: Losses::default(),
    }
}

/// wait4's counters where it has them, with kernel and all; perf's for the rest.
fn merged(total: &Ledger, perf: Vec<Counter>) -> Vec<Counter> {
    let ours: Vec<Counter> = rusage::counters(total).into_iter().filter(|c| !c.total.is_missing()).collect();
    let (clock, others): (Vec<_>, Vec<_>) = perf.into_iter().partition(|c| c.name == "task-clock");
    let plain = |name: &str| name.trim_end_matches(":u").to_owned();
    // Migrations have a row in the ledger, which says why they are missing.
    let others = others.into_iter().filter(|c| c.name != "cpu-migrations" || !c.total.is_missing());
    let others = others.filter(|c| !ours.iter().any(|o| o.name == plain(&c.name))).collect::<Vec<_>>();
    clock.into_iter().chain(ours).chain(others).collect()
}

fn memory(reaped: Option<&Reaped>, known: Memory) -> Memory {
    match reaped {
        Some(reaped) => Memory { largest_process_bytes: reaped.peak_rss_bytes.clone(), largest_process: None, ..known },
        None => known,
    }
}
