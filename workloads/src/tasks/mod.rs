//! Processes and threads: how they switch, start, share, use the processors and fail.

pub(crate) mod pingpong;
pub(crate) mod ring;
mod token;
