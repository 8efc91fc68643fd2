//! Waiting: blocking, asking, and doing other things meanwhile.

pub(crate) mod block;
pub(crate) mod delays;
pub(crate) mod fileio;
pub(crate) mod nonblocking;
pub(crate) mod serve;
