//! The operating system as the workloads use it: clocks, CPUs, limits, children, shared memory, futexes, raw clone.
//! Knows no workload.

pub(crate) mod child;
pub(crate) mod clock;
pub(crate) mod clone;
pub(crate) mod compute;
pub(crate) mod cpus;
pub(crate) mod crew;
pub(crate) mod futex;
pub(crate) mod limits;
pub(crate) mod memory;
pub(crate) mod tempfile;
