//! What a claim keeps of a profile: the counters that explain an effect.

use crate::model::{Counted, Ledger, Mechanism, Profile, Reading};

/// How many calls and reasons are kept.
const KEPT: usize = 6;

/// The mechanism of one profiled run. A counter that was not measured is left out, never zero.
pub fn mechanism(profile: &Profile, operations: u64) -> Mechanism {
    let mut counters: Vec<(Counted, u64)> = of_ledger(&profile.total);
    let mut calls: Vec<(String, u64, u64)> = Vec::new();
    if let Some(table) = profile.syscalls.value() {
        for call in &table.calls {
            counters.push((Counted::Syscall(call.name.clone()), call.calls));
            calls.push((call.name.clone(), call.calls, call.elapsed_ns.get().unwrap_or(0)));
        }
    }
    calls.sort_by(|a, b| (b.2, b.1).cmp(&(a.2, a.1)).then_with(|| a.0.cmp(&b.0)));
    let mut blocked: Vec<(String, u64)> = Vec::new();
    for reason in profile.blocked.value().into_iter().flatten() {
        blocked.push((reason.reason(), reason.blocked_ns));
    }
    blocked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    blocked.truncate(KEPT);
    Mechanism {
        operations,
        counters,
        calls: calls.into_iter().take(KEPT).map(|(name, count, _)| (name, count)).collect(),
        blocked,
        memory: profile.memory.tree.value().map(|tree| (tree.peak_bytes, tree.kind.clone())),
        tier: profile.tier.name().to_string(),
    }
}

fn of_ledger(total: &Ledger) -> Vec<(Counted, u64)> {
    let rows: [(Counted, &Reading<u64>); 12] = [
        (Counted::VoluntarySwitches, &total.voluntary_switches),
        (Counted::InvoluntarySwitches, &total.involuntary_switches),
        (Counted::Syscalls, &total.syscalls),
        (Counted::MinorFaults, &total.minor_faults),
        (Counted::Migrations, &total.migrations),
        (Counted::Wakeups, &total.wakeups),
        (Counted::UserNs, &total.user_ns),
        (Counted::KernelNs, &total.kernel_ns),
        (Counted::BlockedNs, &total.blocked_ns),
        (Counted::RunQueueNs, &total.run_queue_ns),
        (Counted::PreemptedNs, &total.preempted_ns),
        (Counted::LifetimeNs, &total.lifetime_ns),
    ];
    rows.into_iter().filter_map(|(what, reading)| Some((what, reading.get()?))).collect()
}
