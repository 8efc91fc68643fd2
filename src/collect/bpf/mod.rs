//! The whole ledger, from BPF programs on the kernel's tracepoints (`ledger.bpf.c`, loaded by `sys::bpf`).
//!
//! Owns the meaning of the kernel side's records. Does not own when they are armed and read: that is the command's.

mod calibrate;
mod calls;
mod names;
mod sums;
mod tasks;

use crate::collect::call_names::{call_number, descriptor_calls};
use crate::model::{Blocked, Histogram, Ledger, Process, Program, SyscallTable, Thread};
use crate::sys::bpf::{BpfError, OpensAt, Options, Programs, raw};
pub use calibrate::HookCosts;
use names::reason_names;
use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use tasks::Tasks;

/// The collector: armed on a gated command or on a running process.
pub struct BpfLedger {
    programs: Programs,
    tasks: Tasks,
    /// The window opens amid the life of its threads.
    opens_midway: bool,
}

/// One number of the threads that ended, by the ledger and by the kernel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Both {
    /// The ledger's.
    pub ours: u64,
    /// The field of `task_struct`.
    pub kernels: u64,
}

/// For the self-check: the kernel's own counts over the same time of the threads that ended. A thread that lives at the end
/// is read a moment later, and may have gone on.
#[derive(Debug, Clone, Copy, Default)]
pub struct KernelCounts {
    /// `nvcsw + nivcsw`.
    pub switches: Both,
    /// `se.sum_exec_runtime`, in ns.
    pub on_cpu_ns: Both,
    /// `sched_info.run_delay`, in ns.
    pub runnable_ns: Both,
    /// On-CPU time that the scheduler did not charge: stolen by a hypervisor, or spent in interrupts.
    pub uncharged_ns: u64,
    /// Involuntary switches.
    pub preemptions: u64,
    /// Whether the window opened amid the life of its threads: where the kernel's own times lag.
    pub opened_midway: bool,
    /// Threads that ended.
    pub ended_threads: u64,
    /// Processes whose leader ended.
    pub ended_processes: u64,
}

/// Everything the programs counted.
pub struct Readings {
    /// When the window opened and closed, by the monotonic clock.
    pub window: (u64, u64),
    /// The sum over all threads.
    pub total: Ledger,
    /// Threads in the window.
    pub thread_count: u64,
    /// Processes in the window.
    pub process_count: u64,
    /// By thread.
    pub threads: Vec<Thread>,
    /// By process.
    pub processes: Vec<Process>,
    /// By program name.
    pub programs: Vec<Program>,
    /// System calls.
    pub syscalls: SyscallTable,
    /// Blocked time by reason.
    pub blocked: Vec<Blocked>,
    /// Run-queue latency of each wake-up, and the longest.
    pub run_queue_latency: (Histogram, u64),
    /// The kernel's own counts.
    pub kernel_counts: KernelCounts,
    /// What was lost.
    pub losses: crate::model::Losses,
    /// What the hooks cost, if that could be timed.
    pub hook_costs: Option<HookCosts>,
}

impl BpfLedger {
    /// Loads and attaches the programs for a command that waits at a gate, or (`adopts`) for a process that runs.
    pub fn load(opens_at: OpensAt, adopts: bool) -> Result<Self, BpfError> {
        let exec_numbers = (call_number("execve").unwrap_or(u32::MAX), call_number("execveat").unwrap_or(u32::MAX));
        let mut programs =
            Programs::load(&Options { opens_at, adopts, exec_numbers, descriptor_calls: descriptor_calls() })?;
        programs.attach()?;
        let opens_midway = opens_at != OpensAt::Exec;
        Ok(Self { programs, tasks: Tasks::default(), opens_midway })
    }

    /// Arms on a command that waits at its gate: its window opens by itself.
    pub fn arm_gated(&mut self, pidfd: BorrowedFd<'_>, tgid: u32) -> Result<(), BpfError> {
        const NO_SPLIT: u32 = 2;
        const LEADER: u32 = 4;
        self.programs.watch_gated(pidfd, tgid, NO_SPLIT | LEADER)
    }

    /// Arms on a running process: the window opens now.
    pub fn arm_running(&mut self, tgid: u32) -> Result<(), BpfError> {
        self.opens_midway = true;
        self.programs.adopt(tgid)
    }

    /// Readable when many finished threads wait; [`Self::drain`] is due at the latest every 100 ms.
    pub fn ready_fd(&self) -> BorrowedFd<'_> {
        self.programs.ring_fd()
    }

    /// Takes in the threads that finished.
    pub fn drain(&mut self) -> Result<(), BpfError> {
        for record in self.programs.take_finished()? {
            self.tasks.add(&record);
        }
        Ok(())
    }

    /// Threads of the measured tree that live now.
    pub fn live_threads(&self) -> i64 {
        self.programs.gauges().live
    }

    /// Whether the process's leader has gone through its last switch.
    pub fn has_ended(&self, tgid: u32) -> bool {
        self.tasks.has_ended(tgid)
    }

    /// Stops counting and reads everything.
    pub fn finish(mut self) -> Result<Readings, BpfError> {
        let stopped_at = self.programs.stop();
        let live = self.programs.live_threads()?;
        let skipped = self.programs.skipped_runs();
        self.drain()?;
        let rows = self.programs.rows()?;
        let totals = self.programs.totals()?;
        let reasons = self.programs.reasons()?;
        let gauges = self.programs.gauges();
        for record in &live {
            self.tasks.add(record);
        }
        let mut sums = raw::sums::default();
        totals.iter().for_each(|t| sums::add(&mut sums, &t.sums));
        live.iter().for_each(|r| sums::add(&mut sums, &r.sums));
        let kernel_counts = kernel_counts(&totals, self.opens_midway);
        let end = if gauges.window_end == 0 { stopped_at } else { gauges.window_end };
        let hook_costs = calibrate::calibrate(&mut self.programs).ok();
        self.programs.detach();
        let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
        let page = page.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(4096);
        let tasks = self.tasks.finish(gauges.window_start, page);
        Ok(Readings {
            window: (gauges.window_start, end),
            total: sums::ledger(&sums, gauges.lost_threads),
            thread_count: kernel_counts.ended_threads + live.len() as u64,
            process_count: kernel_counts.ended_processes + live.iter().filter(|r| r.flags & 4 != 0).count() as u64,
            threads: tasks.threads,
            processes: tasks.processes,
            programs: tasks.programs,
            syscalls: calls::table(&rows, &totals, &live),
            blocked: blocked(&reasons, &live),
            run_queue_latency: latency(&totals),
            kernel_counts,
            losses: crate::model::Losses {
                thread_records: gauges.lost_records,
                threads_untracked: gauges.lost_threads,
                hooks_skipped: skipped,
                switches_unseen: gauges.unseen.0,
                wakeups_unseen: gauges.unseen.1,
                calls_without_row: gauges.lost_rows,
                threads_summed_only: tasks.summed_only,
                ..Default::default()
            },
            hook_costs,
        })
    }
}

fn kernel_counts(totals: &[raw::totals], opened_midway: bool) -> KernelCounts {
    let mut ended = raw::sums::default();
    totals.iter().for_each(|t| sums::add(&mut ended, &t.sums));
    KernelCounts {
        switches: Both { ours: ended.voluntary + ended.involuntary, kernels: ended.nvcsw + ended.nivcsw },
        on_cpu_ns: Both { ours: ended.user.wrapping_add(ended.kernel), kernels: ended.exec_runtime },
        runnable_ns: Both { ours: ended.queue + ended.preempted, kernels: ended.run_delay },
        uncharged_ns: ended.uncharged,
        preemptions: ended.involuntary,
        opened_midway,
        ended_threads: totals.iter().map(|t| t.threads).sum(),
        // Wrapping: the CPU on which a process changed its leader has one less than none.
        ended_processes: totals.iter().fold(0, |n: u64, t| n.wrapping_add(t.processes)),
    }
}

fn latency(totals: &[raw::totals]) -> (Histogram, u64) {
    let mut sum = Histogram::default();
    totals.iter().for_each(|t| sum.merge(&Histogram::from_counts(&t.queue_latency)));
    (sum, totals.iter().map(|t| t.queue_max).max().unwrap_or(0))
}

fn blocked(ended: &[(raw::reason_key, raw::work)], live: &[raw::record]) -> Vec<Blocked> {
    let mut sums: BTreeMap<(String, Option<String>), (u64, u64)> = BTreeMap::new();
    let ended = ended.iter().map(|(key, work)| (key.call, key.kind, work.count, work.ns));
    let live = live.iter().flat_map(|r| &r.reasons).filter(|r| r.intervals > 0);
    for (call, kind, intervals, ns) in ended.chain(live.map(|r| (r.call, r.kind, r.intervals, r.ns))) {
        let sum = sums.entry(reason_names(call, kind)).or_default();
        sum.0 += intervals;
        sum.1 += ns;
    }
    let row = |((during, on), (intervals, blocked_ns))| Blocked { during, on, intervals, blocked_ns };
    sums.into_iter().map(row).filter(|b| b.blocked_ns > 0 || b.intervals > 0).collect()
}
