//! System calls by name.

use super::{Histogram, Reading};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which table a call's number is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Abi {
    /// The machine's own 64-bit table.
    Native,
    /// The 32-bit table (i386, or Arm's AArch32).
    Compat32,
}

/// All calls of one kind in the measured window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Syscall {
    /// Which table the number is from.
    pub abi: Abi,
    /// The number in that table.
    pub number: u32,
    /// Its name, or `syscall_NNN`.
    pub name: String,
    /// Calls that were entered, or open at the start of the window.
    pub calls: u64,
    /// Of these, still open when the thread or the window ended (`exit_group` always is), with their time so far.
    pub open_at_end: u64,
    /// Of these, already open when the window began, with the time since.
    pub open_at_start: u64,
    /// Calls that returned -1 to -4095.
    pub errors: u64,
    /// Errors by name (`ENOENT`), or `errno_NNN`.
    pub errnos: BTreeMap<String, u64>,
    /// Calls that the kernel broke off to restart or to return `EINTR` (`ERESTARTSYS` and its kin, -512 to -516). Not errors.
    pub interrupted: u64,
    /// From entry to exit, summed, in ns: on-CPU + blocked + run queue + preempted.
    pub elapsed_ns: Reading<u64>,
    /// Of it on a CPU: the call's kernel time.
    pub on_cpu_ns: Reading<u64>,
    /// Of it blocked.
    pub blocked_ns: Reading<u64>,
    /// Of it runnable after a wake-up.
    pub run_queue_ns: Reading<u64>,
    /// Of it runnable after an involuntary switch.
    pub preempted_ns: Reading<u64>,
    /// The longest, in ns. Missing if none has returned.
    pub elapsed_max_ns: Reading<u64>,
    /// The longest on-CPU time of one call, in ns.
    pub on_cpu_max_ns: Reading<u64>,
    /// Elapsed time of each call that returned.
    pub elapsed: Histogram,
    /// On-CPU time of each call that returned.
    pub on_cpu: Histogram,
}

/// Kernel time outside system calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelWork {
    /// `thread start` (a new thread's way out of the kernel), `exit` (after a fatal signal), `I/O worker`.
    pub what: String,
    /// How often.
    pub count: u64,
    /// On-CPU time, in ns.
    pub on_cpu_ns: u64,
}

/// Every call of the measured tree.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SyscallTable {
    /// By kind, in no order.
    pub calls: Vec<Syscall>,
    /// Kernel time that is no call's: with the calls' on-CPU time it sums to the ledger's kernel row.
    pub outside_calls: Vec<KernelWork>,
}
