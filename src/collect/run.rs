//! What is known of a run besides what its tier's own collector read.

use crate::model::{Command, Counter, Host, Ipc, Memory, NotMeasured, Reading, TierRefusal};
use crate::subject::Reaped;

/// What is known besides the collectors' readings.
pub struct Run {
    /// What was measured.
    pub command: Command,
    /// Start by the wall clock, RFC 3339.
    pub started_at: String,
    /// Why the profile is partial, if it is.
    pub partial: Option<String>,
    /// The machine.
    pub host: Host,
    /// The better tiers that did not work.
    pub refused: Vec<TierRefusal>,
    /// What wait4 said of the command, if its whole life lies in the window.
    pub reaped: Option<Reaped>,
    /// Counters that a collector of their own has read.
    pub counters: Vec<Counter>,
    /// Instructions per cycle.
    pub ipc: Ipc,
    /// Memory.
    pub memory: Memory,
    /// What was not measured.
    pub not_measured: Vec<NotMeasured>,
    /// What osmeter itself used.
    pub own_cost: OwnCost,
}

/// What the osmeter process used beside the command.
pub struct OwnCost {
    /// CPU time, in ns.
    pub cpu_ns: Reading<u64>,
    /// Peak RSS, in bytes.
    pub peak_rss_bytes: Reading<u64>,
    /// From its start to the command's exec, in ns.
    pub start_up_ns: Reading<u64>,
    /// From the command's end to complete numbers, in ns.
    pub tear_down_ns: Reading<u64>,
}
