//! Processes and threads: how they switch, start, share, use the processors and fail.

pub(crate) mod cachekeep;
pub(crate) mod census;
pub(crate) mod coroutines;
pub(crate) mod cpubound;
pub(crate) mod crash;
pub(crate) mod crashstorm;
pub(crate) mod create;
pub(crate) mod debug;
pub(crate) mod exhaust;
pub(crate) mod identity;
pub(crate) mod idle;
pub(crate) mod isolation;
pub(crate) mod locks;
pub(crate) mod pingpong;
pub(crate) mod preempt;
pub(crate) mod python;
pub(crate) mod ring;
mod token;
