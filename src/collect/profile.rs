//! Puts the ledger's readings and what else is known into one profile.

use super::bpf::{HookCosts, Readings};
use super::reconcile;
use super::run::{OwnCost, Run};
use crate::model::{Cost, Counter, Histogram, HookCost, Losses, Profile, Reading, SCHEMA, Tier, Unit, Window};

/// The profile of a run that the BPF ledger saw.
pub fn from_bpf(readings: Readings, run: Run) -> Profile {
    let checks = reconcile::checks(&readings, run.reaped.as_ref());
    let mut counters = kernel_counters(&readings);
    counters.extend(run.counters);
    let not_measured = run.not_measured;
    let cost = cost(&readings, run.own_cost);
    let (latency, latency_max): (Histogram, u64) = readings.run_queue_latency;
    Profile {
        schema: SCHEMA.to_owned(),
        osmeter: env!("CARGO_PKG_VERSION").to_owned(),
        command: run.command,
        window: Window {
            started_at: run.started_at,
            elapsed_ns: readings.window.1.saturating_sub(readings.window.0),
            partial: run.partial,
        },
        host: run.host,
        tier: Tier::Bpf,
        refused: run.refused,
        run_queue_latency_max_ns: match latency.count() {
            0 => Reading::missing("no thread was woken"),
            _ => Reading::Exact(latency_max),
        },
        run_queue_latency: Reading::Exact(latency),
        process_count: counted(readings.process_count, &readings.losses),
        thread_count: counted(readings.thread_count, &readings.losses),
        total: readings.total,
        syscalls: Reading::Exact(readings.syscalls),
        blocked: Reading::Exact(readings.blocked),
        programs: readings.programs,
        processes: readings.processes,
        threads: readings.threads,
        counters,
        ipc: run.ipc,
        memory: run.memory,
        rusage_user_system_ns: match &run.reaped {
            Some(reaped) => Reading::Exact((reaped.user_ns, reaped.system_ns)),
            None => Reading::missing("wait4 reports on a whole process, not on a window of it"),
        },
        not_measured,
        checks,
        cost,
        losses: readings.losses,
    }
}

fn counted(n: u64, losses: &Losses) -> Reading<u64> {
    match losses.threads_untracked {
        0 => Reading::Exact(n),
        lost => Reading::Partial { value: n, lost },
    }
}

/// Each hook's events and price. Forks, execs and exits cost more each, but are few.
fn cost(readings: &Readings, own: OwnCost) -> Cost {
    let value = |reading: &Reading<u64>| reading.get().unwrap_or(0);
    let calls = value(&readings.total.syscalls);
    let switches = value(&readings.total.voluntary_switches) + value(&readings.total.involuntary_switches);
    let price = |of: fn(&HookCosts) -> f64| match &readings.hook_costs {
        Some(costs) if of(costs) > 0.0 => Reading::Exact(of(costs)),
        Some(_) => {
            Reading::missing("the loop took no longer with the hooks than without: the machine was too busy to tell")
        }
        None => Reading::missing("the hooks could not be timed"),
    };
    let hook = |hook: &str, events, ns_per_event| HookCost { hook: hook.to_owned(), events, ns_per_event };
    let hooks = vec![
        hook("sys_enter + sys_exit", calls, price(|c| c.call_ns)),
        hook("sched_switch + sched_waking", switches, price(|c| c.switch_ns)),
    ];
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let in_measured_ns = match &readings.hook_costs {
        Some(c) => Reading::Estimated {
            value: (calls as f64 * c.call_ns + switches as f64 * c.switch_ns) as u64,
            estimated: "events by the price of each, timed in a loop after the run".to_owned(),
        },
        None => Reading::missing("the hooks could not be timed"),
    };
    Cost {
        hooks,
        in_measured_ns,
        own_cpu_ns: own.cpu_ns,
        own_peak_rss_bytes: own.peak_rss_bytes,
        start_up_ns: own.start_up_ns,
        tear_down_ns: own.tear_down_ns,
    }
}

/// The software counters of `perf stat`, from the kernel's own per-thread counts: exact, and free where an inherited
/// perf event costs several hundred nanoseconds a switch.
fn kernel_counters(readings: &Readings) -> Vec<Counter> {
    let total = &readings.total;
    let row = |name: &str, unit, total: Reading<u64>, source: &str| Counter {
        name: name.to_owned(),
        unit,
        total,
        user: None,
        kernel: None,
        source: source.to_owned(),
    };
    let faults = total.minor_faults.plus(&total.major_faults);
    let switches = total.voluntary_switches.plus(&total.involuntary_switches);
    vec![
        row("task-clock", Unit::Ns, total.on_cpu_ns.clone(), "ledger: user + kernel"),
        row("context-switches", Unit::Count, switches, "sched_switch"),
        row("cpu-migrations", Unit::Count, total.migrations.clone(), "task_struct.se.nr_migrations"),
        row("page-faults", Unit::Count, faults, "task_struct.min_flt + maj_flt"),
        row("minor-faults", Unit::Count, total.minor_faults.clone(), "task_struct.min_flt"),
        row("major-faults", Unit::Count, total.major_faults.clone(), "task_struct.maj_flt"),
    ]
}
