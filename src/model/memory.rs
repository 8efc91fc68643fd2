//! Memory.

use super::Reading;
use serde::{Deserialize, Serialize};

/// Memory of the measured tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Peak RSS of the process that had the largest, in bytes (`ru_maxrss`, or `signal->maxrss` in the kernel).
    pub largest_process_bytes: Reading<u64>,
    /// That process's name, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_process: Option<String>,
    /// The tree's sum at its peak.
    pub tree: Reading<TreeMemory>,
}

/// A sampled sum over the live processes of the tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TreeMemory {
    /// The largest sum seen, in bytes.
    pub peak_bytes: u64,
    /// `RSS` (counts shared pages in every process that maps them) or `PSS`.
    pub kind: String,
    /// How many samples were taken.
    pub samples: u64,
    /// How often, in ns on average.
    pub period_ns: u64,
}
