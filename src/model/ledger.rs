//! The ledger: where the lifetime of a thread, or of a sum of threads, went.

use super::Reading;
use serde::{Deserialize, Serialize};

/// Lifetime = user + kernel + run queue + preempted + blocked + unaccounted. All times in ns.
///
/// A tier that cannot split a row fills the row above it: without system calls there is `on_cpu` but neither `user` nor
/// `kernel`; without wake-ups there is `off_cpu_voluntary` but neither `run_queue` nor `blocked`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// From the thread's start (or the start of the window) to its end (or the end of the window).
    pub lifetime_ns: Reading<u64>,
    /// On a CPU: `user + kernel`.
    pub on_cpu_ns: Reading<u64>,
    /// On a CPU outside any system call: user mode, and the page faults and interrupts that hit it there.
    pub user_ns: Reading<u64>,
    /// On a CPU inside a system call, starting (a forked child's way out of the kernel) or exiting.
    pub kernel_ns: Reading<u64>,
    /// Off-CPU after a voluntary switch: `run_queue + blocked`.
    pub off_cpu_voluntary_ns: Reading<u64>,
    /// Runnable after a wake-up (or after being created), waiting for a CPU: run-queue latency.
    pub run_queue_ns: Reading<u64>,
    /// Runnable after an involuntary switch, waiting for a CPU.
    pub preempted_ns: Reading<u64>,
    /// Not runnable: waiting for something other than a CPU.
    pub blocked_ns: Reading<u64>,
    /// Voluntary context switches, as the kernel's `nvcsw` counts them.
    pub voluntary_switches: Reading<u64>,
    /// Involuntary context switches, as the kernel's `nivcsw` counts them.
    pub involuntary_switches: Reading<u64>,
    /// Moves to another CPU (`se.nr_migrations`).
    pub migrations: Reading<u64>,
    /// Wake-ups (`sched_waking`).
    pub wakeups: Reading<u64>,
    /// Page faults served without I/O (`min_flt`).
    pub minor_faults: Reading<u64>,
    /// Page faults that waited for I/O (`maj_flt`).
    pub major_faults: Reading<u64>,
    /// System calls entered.
    pub syscalls: Reading<u64>,
}

/// A row of the ledger that a report shows with its share of the lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// See [`Ledger::user_ns`].
    User,
    /// See [`Ledger::kernel_ns`].
    Kernel,
    /// See [`Ledger::on_cpu_ns`]; shown where user and kernel cannot be split.
    OnCpu,
    /// See [`Ledger::run_queue_ns`].
    RunQueue,
    /// See [`Ledger::preempted_ns`].
    Preempted,
    /// See [`Ledger::blocked_ns`].
    Blocked,
    /// See [`Ledger::off_cpu_voluntary_ns`]; shown where run queue and blocked cannot be split.
    OffCpuVoluntary,
}

impl Ledger {
    /// A ledger in which nothing was measured, for the reason given.
    pub fn missing(why: &str) -> Self {
        Self::filled(&Reading::missing(why))
    }

    /// A ledger of exact zeros, to add to.
    pub fn zero() -> Self {
        Self::filled(&Reading::Exact(0))
    }

    fn filled(with: &Reading<u64>) -> Self {
        let r = || with.clone();
        Self {
            lifetime_ns: r(),
            on_cpu_ns: r(),
            user_ns: r(),
            kernel_ns: r(),
            off_cpu_voluntary_ns: r(),
            run_queue_ns: r(),
            preempted_ns: r(),
            blocked_ns: r(),
            voluntary_switches: r(),
            involuntary_switches: r(),
            migrations: r(),
            wakeups: r(),
            minor_faults: r(),
            major_faults: r(),
            syscalls: r(),
        }
    }

    /// Adds another ledger, row by row.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.fields_mut().into_iter().zip(other.fields()) {
            *mine = mine.plus(theirs);
        }
    }

    /// The rows that partition the lifetime in this ledger, finest first where they were measured.
    pub fn rows(&self) -> Vec<(Row, &Reading<u64>)> {
        let mut rows = Vec::with_capacity(5);
        if self.user_ns.is_missing() && self.kernel_ns.is_missing() && !self.on_cpu_ns.is_missing() {
            rows.push((Row::OnCpu, &self.on_cpu_ns));
        } else {
            rows.push((Row::User, &self.user_ns));
            rows.push((Row::Kernel, &self.kernel_ns));
        }
        let split = !(self.run_queue_ns.is_missing() && self.blocked_ns.is_missing());
        if split || self.off_cpu_voluntary_ns.is_missing() {
            rows.push((Row::RunQueue, &self.run_queue_ns));
            rows.push((Row::Preempted, &self.preempted_ns));
            rows.push((Row::Blocked, &self.blocked_ns));
        } else {
            rows.push((Row::Preempted, &self.preempted_ns));
            rows.push((Row::OffCpuVoluntary, &self.off_cpu_voluntary_ns));
        }
        rows
    }

    /// Lifetime less the sum of the rows, in ns: negative if the rows overlap. Missing if any of them is.
    pub fn unaccounted_ns(&self) -> Reading<i64> {
        let Some(lifetime) = self.lifetime_ns.get() else {
            return self.lifetime_ns.clone().map(|_| 0);
        };
        let mut sum = 0i128;
        for (_, reading) in self.rows() {
            match reading.get() {
                Some(value) => sum += i128::from(value),
                None => return reading.clone().map(|_| 0),
            }
        }
        Reading::Exact(i64::try_from(i128::from(lifetime) - sum).unwrap_or(i64::MAX))
    }

    fn fields(&self) -> [&Reading<u64>; 15] {
        [
            &self.lifetime_ns,
            &self.on_cpu_ns,
            &self.user_ns,
            &self.kernel_ns,
            &self.off_cpu_voluntary_ns,
            &self.run_queue_ns,
            &self.preempted_ns,
            &self.blocked_ns,
            &self.voluntary_switches,
            &self.involuntary_switches,
            &self.migrations,
            &self.wakeups,
            &self.minor_faults,
            &self.major_faults,
            &self.syscalls,
        ]
    }

    fn fields_mut(&mut self) -> [&mut Reading<u64>; 15] {
        [
            &mut self.lifetime_ns,
            &mut self.on_cpu_ns,
            &mut self.user_ns,
            &mut self.kernel_ns,
            &mut self.off_cpu_voluntary_ns,
            &mut self.run_queue_ns,
            &mut self.preempted_ns,
            &mut self.blocked_ns,
            &mut self.voluntary_switches,
            &mut self.involuntary_switches,
            &mut self.migrations,
            &mut self.wakeups,
            &mut self.minor_faults,
            &mut self.major_faults,
            &mut self.syscalls,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unaccounted_is_what_the_rows_leave_over() {
        let mut ledger = Ledger::zero();
        ledger.lifetime_ns = Reading::Exact(100);
        ledger.user_ns = Reading::Exact(40);
        ledger.blocked_ns = Reading::Exact(59);
        assert_eq!(ledger.unaccounted_ns(), Reading::Exact(1));
    }

    #[test]
    fn unaccounted_is_missing_when_a_row_is() {
        let mut ledger = Ledger::zero();
        ledger.blocked_ns = Reading::missing("no wake-ups seen");
        assert!(ledger.unaccounted_ns().is_missing());
    }

    #[test]
    fn a_tier_without_calls_and_wakeups_shows_the_coarser_rows() {
        let mut ledger = Ledger::missing("not in this tier");
        ledger.lifetime_ns = Reading::Exact(10);
        ledger.on_cpu_ns = Reading::Exact(3);
        ledger.preempted_ns = Reading::Exact(2);
        ledger.off_cpu_voluntary_ns = Reading::Exact(5);
        let rows: Vec<Row> = ledger.rows().into_iter().map(|(row, _)| row).collect();
        assert_eq!(rows, [Row::OnCpu, Row::Preempted, Row::OffCpuVoluntary]);
        assert_eq!(ledger.unaccounted_ns(), Reading::Exact(0));
    }
}
