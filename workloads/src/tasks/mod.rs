//! Processes and threads: how they switch, start, share, use the processors and fail.

pub(crate) mod cachekeep;
pub(crate) mod coroutines;
pub(crate) mod cpubound;
pub(crate) mod create;
pub(crate) mod idle;
pub(crate) mod locks;
pub(crate) mod pingpong;
pub(crate) mod preempt;
pub(crate) mod ring;
mod token;
