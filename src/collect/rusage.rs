//! `wait4(2)`: what the command and the descendants it waited for used, as the kernel counted it at their end.
//!
//! Exact, for anybody, everywhere, and without a word on single threads. Processes that nobody waited for (daemons) are not
//! in it.

use crate::model::{Check, Counter, Ledger, Reading, Unit};
use crate::subject::Reaped;

/// Why the lowest tier has no more.
pub(super) const NO_EVENTS: &str = "wait4 gives sums at the end; this needs the kernel's events (tier bpf)";

/// `execve` itself is in wait4's account, and perf's counters start when it is done.
const EXEC_NS: u64 = 2_000_000;

/// perf stops its clock a moment before a thread leaves the CPU and starts it a moment after.
const SWITCH_NS: u64 = 3_000;

/// What is known of the whole tree. `task_clock` is perf's, which also holds what nobody waited for.
pub(super) fn ledger(reaped: &Reaped, task_clock: Option<u64>) -> Ledger {
    let known = |value: u64| match unwaited_ns(reaped, task_clock) {
        None => Reading::Exact(value),
        Some(_) => Reading::Estimated {
            value,
            estimated: "at least: of the descendants that were waited for; others ran besides".into(),
        },
    };
    Ledger {
        on_cpu_ns: match unwaited_ns(reaped, task_clock) {
            None => Reading::Exact(reaped.cpu_ns),
            Some(more) => Reading::Exact(reaped.cpu_ns + more),
        },
        voluntary_switches: known(reaped.voluntary_switches),
        involuntary_switches: known(reaped.involuntary_switches),
        minor_faults: known(reaped.minor_faults),
        major_faults: known(reaped.major_faults),
        ..Ledger::missing(NO_EVENTS)
    }
}

/// CPU time of descendants that nobody waited for, where perf saw clearly more than wait4.
fn unwaited_ns(reaped: &Reaped, task_clock: Option<u64>) -> Option<u64> {
    let more = task_clock?.checked_sub(reaped.cpu_ns)?;
    (more > slack(reaped)).then_some(more)
}

fn slack(reaped: &Reaped) -> u64 {
    let switches = reaped.voluntary_switches + reaped.involuntary_switches;
    reaped.cpu_ns / 100 + EXEC_NS + SWITCH_NS * switches
}

/// The counters that wait4 has.
pub(super) fn counters(ledger: &Ledger) -> Vec<Counter> {
    let row = |name: &str, total: Reading<u64>, source: &str| Counter {
        name: name.into(),
        unit: Unit::Count,
        total,
        user: None,
        kernel: None,
        source: format!("wait4: {source}"),
    };
    let switches = ledger.voluntary_switches.plus(&ledger.involuntary_switches);
    vec![
        row("context-switches", switches, "ru_nvcsw + ru_nivcsw"),
        row("page-faults", ledger.minor_faults.plus(&ledger.major_faults), "ru_minflt + ru_majflt"),
        row("minor-faults", ledger.minor_faults.clone(), "ru_minflt"),
        row("major-faults", ledger.major_faults.clone(), "ru_majflt"),
    ]
}

/// wait4's CPU time against perf's clock.
pub(super) fn check(reaped: &Reaped, task_clock: Option<u64>) -> Option<Check> {
    Some(Check {
        what: "on-CPU time".into(),
        unit: Unit::Ns,
        lower_bound: false,
        ours: reaped.cpu_ns + unwaited_ns(reaped, task_clock).unwrap_or(0),
        theirs: task_clock?,
        source: "perf task-clock".into(),
        tolerance: slack(reaped),
        why_tolerated: Some(
            "perf's clock starts when execve is done, and stands still while a thread is switched".into(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Exit;

    fn reaped() -> Reaped {
        Reaped {
            exit: Exit::Status(0),
            cpu_ns: 1_000_000_000,
            user_ns: 600_000_000,
            system_ns: 400_000_000,
            voluntary_switches: 7,
            involuntary_switches: 3,
            minor_faults: 50,
            major_faults: 2,
            peak_rss_bytes: Reading::Exact(1),
        }
    }

    #[test]
    fn what_wait4_has_no_word_on_is_missing_and_not_zero() {
        let ledger = ledger(&reaped(), None);
        assert_eq!(ledger.on_cpu_ns, Reading::Exact(1_000_000_000));
        let unknown = [&ledger.lifetime_ns, &ledger.user_ns, &ledger.kernel_ns, &ledger.blocked_ns, &ledger.migrations];
        assert!(unknown.into_iter().all(Reading::is_missing));
        assert!(ledger.unaccounted_ns().is_missing());
        assert_eq!(counters(&ledger)[0].total, Reading::Exact(10));
    }

    #[test]
    fn a_daemon_that_nobody_waited_for_shows_in_perfs_clock() {
        let ledger = ledger(&reaped(), Some(3_000_000_000));
        assert_eq!(ledger.on_cpu_ns, Reading::Exact(3_000_000_000));
        assert!(matches!(ledger.voluntary_switches, Reading::Estimated { value: 7, .. }));
        assert!(check(&reaped(), Some(3_000_000_000)).is_some_and(|check| check.agrees()));
    }

    #[test]
    fn a_clock_that_reads_less_than_wait4_disagrees() {
        assert!(check(&reaped(), Some(999_000_000)).is_some_and(|check| check.agrees()));
        assert!(check(&reaped(), Some(500_000_000)).is_some_and(|check| !check.agrees()));
        assert!(check(&reaped(), None).is_none());
    }
}
