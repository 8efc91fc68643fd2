//! The self-check: the ledger against independent sources of the same numbers.

use super::bpf::Readings;
use crate::model::{Check, Reading, Unit};
use crate::subject::Reaped;

/// A tick at the lowest frequency a kernel is built with, 100 Hz.
const LONGEST_TICK_NS: u64 = 10_000_000;

/// Every reconciliation that can be made.
pub fn checks(readings: &Readings, reaped: Option<&Reaped>) -> Vec<Check> {
    let mut checks = Vec::new();
    if readings.kernel_counts.ended_threads > 0 {
        checks.push(switches_against_task(readings));
        checks.extend(on_cpu_against_task(readings));
        checks.extend(waits_against_task(readings));
    }
    checks.extend(calls_against_threads(readings));
    checks.push(kernel_against_calls(readings));
    checks.push(blocked_against_reasons(readings));
    if let Some(reaped) = reaped {
        checks.push(switches_against_rusage(readings, reaped));
        checks.push(on_cpu_against_rusage(readings, reaped));
    }
    checks
}

fn value(reading: &Reading<u64>) -> u64 {
    reading.get().unwrap_or(0)
}

fn check(what: &str, unit: Unit, ours: u64, theirs: u64, source: &str) -> Check {
    Check {
        what: what.to_owned(),
        unit,
        ours,
        theirs,
        source: source.to_owned(),
        tolerance: 0,
        lower_bound: false,
        why_tolerated: None,
    }
}

fn tolerating(check: Check, tolerance: u64, why: &str) -> Check {
    Check { tolerance, why_tolerated: Some(why.to_owned()), ..check }
}

fn all_switches(readings: &Readings) -> u64 {
    value(&readings.total.voluntary_switches) + value(&readings.total.involuntary_switches)
}

/// The scheduler ends a thread's time before it looks for the next one, the tracepoint comes after: up to 2 us a switch,
/// and more where an interrupt or the hypervisor comes between.
fn at_the_edges(readings: &Readings) -> u64 {
    let counts = &readings.kernel_counts;
    2_000 * all_switches(readings) + 20_000 * (readings.thread_count + counts.preemptions) + counts.uncharged_ns
}

fn switches_against_task(readings: &Readings) -> Check {
    let both = readings.kernel_counts.switches;
    check("context switches", Unit::Count, both.ours, both.kernels, "task_struct nvcsw + nivcsw")
}

/// `se.sum_exec_runtime` is brought up to date at switches and ticks only: of a thread that was on a CPU when its window
/// opened or closed it may lack a tick at either end. None if that leaves nothing to compare.
fn on_cpu_against_task(readings: &Readings) -> Option<Check> {
    let counts = &readings.kernel_counts;
    let both = counts.on_cpu_ns;
    let check = check("on-CPU time", Unit::Ns, both.ours, both.kernels, "task_struct se.sum_exec_runtime");
    let ticks = if counts.opened_midway { 2 * LONGEST_TICK_NS * counts.ended_threads } else { 0 };
    let why = "the scheduler's clock starts and stops a moment before the tracepoint, within a time slice it lags, and it \
               leaves out what a hypervisor steals";
    (ticks < both.ours / 2).then(|| tolerating(check, both.ours / 100 + at_the_edges(readings) + ticks, why))
}

/// The kernel's `run_delay` starts when a thread is put on a run queue. Woken on an idle CPU that is after the interrupt
/// which fetches that CPU out of its idle state, tens of microseconds on a virtual machine; the ledger counts from the
/// wake-up. A wait that began before the window is all in it: then there is nothing to compare.
fn waits_against_task(readings: &Readings) -> Option<Check> {
    let both = readings.kernel_counts.runnable_ns;
    let check = check("runnable time", Unit::Ns, both.ours, both.kernels, "task_struct sched_info.run_delay");
    let why = "the kernel starts its count when an idle CPU answers the wake-up, the ledger at the wake-up";
    let check = Check { lower_bound: true, ..tolerating(check, both.ours / 100 + at_the_edges(readings), why) };
    (!readings.kernel_counts.opened_midway).then_some(check)
}

/// Where the window opened or closed amid a thread's life the two count the same calls all the same.
fn calls_against_threads(readings: &Readings) -> Option<Check> {
    let ours = readings.syscalls.calls.iter().map(|c| c.calls).sum();
    let lost = readings.losses.calls_without_row;
    let theirs = value(&readings.total.syscalls).checked_sub(lost)?;
    Some(check("system calls", Unit::Count, ours, theirs, "sum over threads"))
}

fn kernel_against_calls(readings: &Readings) -> Check {
    let calls: u64 = readings.syscalls.calls.iter().map(|c| value(&c.on_cpu_ns)).sum();
    let work: u64 = readings.syscalls.outside_calls.iter().map(|w| w.on_cpu_ns).sum();
    let check = check("kernel time", Unit::Ns, value(&readings.total.kernel_ns), calls + work, "sum over system calls");
    tolerating(check, value(&readings.total.kernel_ns) / 1_000, "intervals open at the end are read CPU by CPU")
}

fn blocked_against_reasons(readings: &Readings) -> Check {
    let reasons = readings.blocked.iter().map(|b| b.blocked_ns).sum();
    let check = check("blocked time", Unit::Ns, value(&readings.total.blocked_ns), reasons, "sum over reasons");
    tolerating(check, value(&readings.total.blocked_ns) / 1_000, "intervals open at the end are read thread by thread")
}

/// wait4 holds what was waited for: not a daemon, an orphan, or a child whose parent ignores SIGCHLD. Of a single process
/// it holds all; else it is a lower bound.
fn partly_waited_for(readings: &Readings) -> bool {
    readings.process_count > 1 || readings.kernel_counts.ended_processes < readings.process_count
}

fn switches_against_rusage(readings: &Readings, reaped: &Reaped) -> Check {
    let theirs = reaped.voluntary_switches + reaped.involuntary_switches;
    let check = check("context switches", Unit::Count, all_switches(readings), theirs, "ru_nvcsw + ru_nivcsw");
    // The command itself is reaped after its last switch. Of any other process the last one may come after wait4, and a
    // thread's counts are added to its group's before the rest of its exit, in which it can be preempted or block.
    let unsure = readings.process_count.saturating_sub(1);
    let check = tolerating(check, unsure, "a process's last switch may come after its parent has counted it");
    Check { lower_bound: partly_waited_for(readings) || readings.thread_count > 1, ..check }
}

fn on_cpu_against_rusage(readings: &Readings, reaped: &Reaped) -> Check {
    let ours = value(&readings.total.on_cpu_ns);
    let check = check("on-CPU time", Unit::Ns, ours, reaped.cpu_ns, "utime + stime");
    let slack = ours / 100 + 50_000 + at_the_edges(readings);
    let why =
        "what a thread does after its parent has counted it and before osmeter's window, and what a hypervisor steals";
    Check { lower_bound: partly_waited_for(readings), ..tolerating(check, slack, why) }
}
