//! Waiting: blocking, asking, and doing other things meanwhile.

pub(crate) mod block;
