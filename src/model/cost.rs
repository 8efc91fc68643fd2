//! What measuring cost, and what was lost.

use super::Reading;
use serde::{Deserialize, Serialize};

/// One kernel hook's share of the cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HookCost {
    /// The hook: `sys_enter + sys_exit`, `sched_switch`.
    pub hook: String,
    /// How often it ran for the measured tree.
    pub events: u64,
    /// What one run costs, in ns, calibrated on this machine at start.
    pub ns_per_event: Reading<f64>,
}

/// The tool's own cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// By hook.
    pub hooks: Vec<HookCost>,
    /// How much of the measured on-CPU time is the hooks', in ns.
    pub in_measured_ns: Reading<u64>,
    /// CPU time of the osmeter process itself, in ns. It ran beside the command, not inside it.
    pub own_cpu_ns: Reading<u64>,
    /// Peak RSS of the osmeter process, in bytes.
    pub own_peak_rss_bytes: Reading<u64>,
    /// From osmeter's start to the command's exec, in ns.
    pub start_up_ns: Reading<u64>,
    /// From the command's end to the numbers being complete, in ns.
    pub tear_down_ns: Reading<u64>,
}

/// Everything that was lost, by how. All zero in a sound run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Losses {
    /// Per-thread records that did not fit the ring buffer. Totals still hold them.
    pub thread_records: u64,
    /// Threads that no record could be made for: they are in no total.
    pub threads_untracked: u64,
    /// Hook runs that the kernel skipped because the program was already running on that CPU.
    pub hooks_skipped: u64,
    /// Switches to a thread at which no hook ran: counted all the same, their time taken from the scheduler's clock.
    #[serde(default)]
    pub switches_unseen: u64,
    /// Wake-ups at which no hook ran: the run-queue latency after them is in blocked.
    #[serde(default)]
    pub wakeups_unseen: u64,
    /// Calls of kinds that found the table of kinds full: counted, without times.
    pub calls_without_row: u64,
    /// Records of a lower tier's event stream.
    pub stream_records: u64,
    /// Finished threads that are in the totals, process and program rows, but were not kept one by one.
    pub threads_summed_only: u64,
}

impl Losses {
    /// Whether nothing was lost.
    pub fn none(&self) -> bool {
        *self == Self::default()
    }
}
