//! Waiting: blocking, asking, and doing other things meanwhile.
