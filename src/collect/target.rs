//! What every collector has in common: what it is armed on, whether it can be had, and the order in which it is used.

use crate::model::Host;

/// When a collector starts to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// When the gated child executes the command.
    AtExec,
    /// When armed, on a process that runs already.
    Now,
}

/// The process at the root of the measured tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Its id, as osmeter sees it.
    pub tgid: u32,
    /// When counting starts.
    pub start: Start,
}

impl Target {
    /// A child that waits at its gate.
    pub fn gated(tgid: u32) -> Self {
        Self { tgid, start: Start::AtExec }
    }

    /// A process that runs already.
    pub fn running(tgid: u32) -> Self {
        Self { tgid, start: Start::Now }
    }

    /// The threads that it has now.
    pub(crate) fn threads(&self) -> Vec<u32> {
        let own = || vec![self.tgid];
        if self.start == Start::AtExec {
            return own(); // a forked child has one
        }
        let Ok(tasks) = std::fs::read_dir(format!("/proc/{}/task", self.tgid)) else { return own() };
        tasks.flatten().filter_map(|task| task.file_name().to_str()?.parse().ok()).collect()
    }
}

/// Whether a collector can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    /// Wholly.
    Available,
    /// In part.
    Degraded {
        /// What is missing and why.
        why: String,
    },
    /// Not at all.
    Unavailable {
        /// Why.
        why: String,
        /// What would allow it.
        remedy: Option<String>,
    },
}

/// One kernel source. Failure is data: what could not be read is missing from the readings, with its reason.
pub trait Collector {
    /// What it yields.
    type Readings;

    /// Whether it can be had on this machine, before anything is started.
    fn probe(&self, host: &Host) -> Availability;

    /// Gets ready to count. On a gated child it starts with the command.
    fn arm(&mut self, target: Target);

    /// Stops and reads.
    fn finish(self) -> Self::Readings;
}
