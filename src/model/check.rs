//! The self-check: two sources for one number.

use serde::{Deserialize, Serialize};

/// What a number is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A number of things.
    Count,
    /// Nanoseconds.
    Ns,
    /// Bytes.
    Bytes,
}

/// One reconciliation of independent sources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What is compared: `context switches`, `on-CPU time`, `system call totals`.
    pub what: String,
    /// The unit of both sides.
    pub unit: Unit,
    /// The ledger's number.
    pub ours: u64,
    /// The other source's number.
    pub theirs: u64,
    /// The other source: `ru_nvcsw + ru_nivcsw`, `utime + stime`, `sched_info.run_delay`.
    pub source: String,
    /// How far apart they may be (for a lower bound: how far above ours) for a reason that is known, in the same unit.
    pub tolerance: u64,
    /// Whether the other source can only be a lower bound of ours.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lower_bound: bool,
    /// That reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_tolerated: Option<String>,
}

impl Check {
    /// Whether the two sources agree.
    pub fn agrees(&self) -> bool {
        if self.lower_bound {
            self.theirs <= self.ours.saturating_add(self.tolerance)
        } else {
            self.ours.abs_diff(self.theirs) <= self.tolerance
        }
    }
}
