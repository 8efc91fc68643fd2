//! Threads, processes and programs.

use super::{Blocked, Ledger, Reading};
use serde::{Deserialize, Serialize};

/// How a thread left the measured window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It ended.
    Exited,
    /// It was alive when the window closed; its open interval was closed then.
    Alive,
}

/// One thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Thread {
    /// The process (thread group) it belongs to.
    pub tgid: u32,
    /// Its own id.
    pub tid: u32,
    /// Its name at the end (`comm`): at most 15 bytes, set by exec or by the thread itself. Bytes that are not UTF-8 are
    /// replaced; control characters are kept here and made visible when printed.
    pub comm: String,
    /// Start, in ns since the window began: 0 if it was there already.
    pub start_ns: u64,
    /// How it left.
    pub ended: Ended,
    /// Where its time went.
    pub ledger: Ledger,
    /// Its blocked time by reason. The smallest reasons of a thread with many of them are summed as `other`.
    pub blocked: Vec<Blocked>,
}

/// One process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Its id.
    pub tgid: u32,
    /// Its parent's id when it was last seen. Missing if the tier does not know.
    pub parent_tgid: Reading<u32>,
    /// Its name at the end: the group leader's `comm`.
    pub comm: String,
    /// Threads it had in the window.
    pub threads: u64,
    /// Start, in ns since the window began: 0 if it was there already.
    pub start_ns: u64,
    /// From its first thread's start to its last thread's end, in ns.
    pub elapsed_ns: Reading<u64>,
    /// Peak resident set size in bytes.
    pub peak_rss_bytes: Reading<u64>,
    /// Sum over its threads.
    pub ledger: Ledger,
}

/// All that ran under one program name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// The process's `comm` at the time. A process that executes another program counts under both names, each with the
    /// time it ran under it.
    pub comm: String,
    /// Processes that bore the name.
    pub processes: u64,
    /// Threads of these.
    pub threads: u64,
    /// Sum over them.
    pub ledger: Ledger,
}
