//! The tiers: what a machine and a user's rights allow.

use serde::{Deserialize, Serialize};

/// A way of measuring, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// BPF programs on the kernel's tracepoints: the whole ledger.
    Bpf,
    /// `PERF_RECORD_SWITCH`: on and off CPU.
    Switches,
    /// ptrace: system calls exactly, at a large cost.
    Ptrace,
    /// wait4, /proc and perf's user-mode counters.
    Basic,
}

impl Tier {
    /// The name used on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bpf => "bpf",
            Self::Switches => "switches",
            Self::Ptrace => "ptrace",
            Self::Basic => "basic",
        }
    }
}

/// A tier that could not be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierRefusal {
    /// Which.
    pub tier: Tier,
    /// Why, as found by trying.
    pub why: String,
    /// What would allow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}
