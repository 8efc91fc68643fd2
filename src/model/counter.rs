//! Counters: the kernel's and the processor's.

use super::{Reading, Unit};
use serde::{Deserialize, Serialize};

/// One counter over the whole tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counter {
    /// The name `perf list` uses: `task-clock`, `context-switches`, `instructions`.
    pub name: String,
    /// What the value is in.
    pub unit: Unit,
    /// User and kernel together.
    pub total: Reading<u64>,
    /// In user mode, where a PMU splits it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Reading<u64>>,
    /// In kernel mode, where a PMU splits it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<Reading<u64>>,
    /// Where the number comes from: `perf_event_open` or a field of the kernel's task structure.
    pub source: String,
}

/// Instructions per cycle, only from counters that were scheduled together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ipc {
    /// User and kernel together.
    pub total: Reading<f64>,
    /// In user mode.
    pub user: Reading<f64>,
    /// In kernel mode.
    pub kernel: Reading<f64>,
}
