//! Self-verifying workloads, each embodying one concept of processes, threads, I/O or privilege.
//!
//! A workload prepares, waits at a gate, does a known amount of work between two marks, verifies its result, and
//! reports how much it did and what independent counters must show. It runs in a process of its own through
//! [`execute`]. This crate knows nothing of the profiler that watches it.

mod arguments;
mod descriptor;
mod failure;
mod modes;
mod os;
mod outcome;
mod stage;
mod tasks;
mod waiting;

pub use arguments::{ArgumentError, Arguments};
pub use descriptor::{COMMON, Kind, Need, Parameter, Workload};
pub use failure::Failure;
pub use outcome::{Expectation, Outcome, Relation};
pub use stage::{EXIT_UNAVAILABLE, EXIT_USAGE, MARK_SYSCALL, Stage, execute};

static ALL: &[&Workload] = &[
    // processes and threads
    &tasks::pingpong::WORKLOAD,
    &tasks::ring::WORKLOAD,
    &tasks::cachekeep::WORKLOAD,
    &tasks::create::WORKLOAD,
    &tasks::idle::WORKLOAD,
    &tasks::cpubound::WORKLOAD,
    &tasks::python::WORKLOAD,
    &tasks::locks::WORKLOAD,
    &tasks::preempt::WORKLOAD,
    &tasks::coroutines::WORKLOAD,
    &tasks::crash::WORKLOAD,
    &tasks::crashstorm::WORKLOAD,
    &tasks::exhaust::WORKLOAD,
    &tasks::identity::WORKLOAD,
    &tasks::isolation::WORKLOAD,
    &tasks::debug::WORKLOAD,
    &tasks::census::WORKLOAD,
    // waiting
    &waiting::block::WORKLOAD,
    &waiting::delays::WORKLOAD,
    &waiting::nonblocking::WORKLOAD,
    &waiting::serve::WORKLOAD,
    &waiting::fileio::WORKLOAD,
    // user mode and kernel mode
    &modes::syscalls::WORKLOAD,
    &modes::kernelshare::WORKLOAD,
    &modes::copy::WORKLOAD,
    &modes::privileged::WORKLOAD,
    &modes::forbidden::WORKLOAD,
    &modes::requests::WORKLOAD,
    &modes::timers::WORKLOAD,
    &modes::polling::WORKLOAD,
];

/// Workloads that others start as their own children; not listed.
static HIDDEN: &[&Workload] = &[&tasks::idle::STANDBY];

/// One of several sources that do the same job and differ in how they wait: the job of the workload `delays`.
#[derive(Debug, Clone, Copy)]
pub struct Twin {
    /// The value of the parameter `by` that runs it.
    pub by: &'static str,
    /// Its source text, whole.
    pub source: &'static str,
}

/// The sources of one job by sequence, threads, async tasks and callbacks, to be compared.
pub fn twins() -> &'static [Twin] {
    waiting::delays::TWINS
}

/// Every bundled workload, in the order of a list.
pub fn all() -> &'static [&'static Workload] {
    ALL
}

/// The workload of that name.
pub fn find(name: &str) -> Option<&'static Workload> {
    ALL.iter().copied().find(|w| w.name == name)
}

/// The error for a name that no workload has, with the nearest names.
pub fn unknown(name: &str) -> ArgumentError {
    stage::unknown_workload(name)
}

pub(crate) fn hidden() -> &'static [&'static Workload] {
    HIDDEN
}
