//! Why a thread was blocked.

use serde::{Deserialize, Serialize};

/// The time blocked for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// The system call it happened in, or `page fault` (off-CPU outside a call), `exit`, `stopped`, `traced`.
    pub during: String,
    /// What the call's descriptor is (`pipe`, `socket`, `regular file`, `terminal`, `eventfd`, …), or `disk` for a wait
    /// in state D that the kernel accounts as I/O wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// How many times a thread was off-CPU for this reason.
    pub intervals: u64,
    /// Time blocked, in ns, without the run-queue latency that followed it.
    pub blocked_ns: u64,
}

impl Blocked {
    /// `read (pipe)`, `futex`, `page fault (disk)`.
    pub fn reason(&self) -> String {
        match &self.on {
            Some(on) => format!("{} ({on})", self.during),
            None => self.during.clone(),
        }
    }
}
