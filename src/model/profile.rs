//! A profile: everything one run measured.

use super::{
    Blocked, Check, Command, Cost, Counter, Histogram, Host, Ipc, Ledger, Losses, Memory, Process, Program, Reading,
    SyscallTable, Thread, Tier, TierRefusal,
};
use serde::{Deserialize, Serialize};

/// The schema of a saved profile. The number goes up when a reader of the old one would misread the new one.
pub const SCHEMA: &str = "osmeter.profile/1";

/// When the measured window was open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Start by the wall clock, RFC 3339.
    pub started_at: String,
    /// How long it was open, in ns (`CLOCK_MONOTONIC`).
    pub elapsed_ns: u64,
    /// Why the profile is partial, if it is: interrupted, or a collector that failed on the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<String>,
}

/// Something that was not measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotMeasured {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
    /// What would allow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// One measured run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of osmeter that wrote it.
    pub osmeter: String,
    /// What was measured.
    pub command: Command,
    /// When.
    pub window: Window,
    /// On what.
    pub host: Host,
    /// How: the best tier that worked.
    pub tier: Tier,
    /// The better tiers that did not.
    pub refused: Vec<TierRefusal>,
    /// The ledger of the whole tree.
    pub total: Ledger,
    /// Run-queue latency of each wake-up.
    pub run_queue_latency: Reading<Histogram>,
    /// The longest, in ns.
    pub run_queue_latency_max_ns: Reading<u64>,
    /// Processes that were in the window.
    pub process_count: Reading<u64>,
    /// Threads that were in the window.
    pub thread_count: Reading<u64>,
    /// System calls.
    pub syscalls: Reading<SyscallTable>,
    /// Blocked time by reason.
    pub blocked: Reading<Vec<Blocked>>,
    /// By program name.
    pub programs: Vec<Program>,
    /// By process.
    pub processes: Vec<Process>,
    /// By thread.
    pub threads: Vec<Thread>,
    /// Counters.
    pub counters: Vec<Counter>,
    /// Instructions per cycle.
    pub ipc: Ipc,
    /// Memory.
    pub memory: Memory,
    /// wait4's user and system time in ns, sampled at ticks: shown beside the ledger, never used for a verdict.
    pub rusage_user_system_ns: Reading<(u64, u64)>,
    /// What was not measured and why.
    pub not_measured: Vec<NotMeasured>,
    /// Two sources for one number.
    pub checks: Vec<Check>,
    /// What measuring cost.
    pub cost: Cost,
    /// What was lost.
    pub losses: Losses,
}
