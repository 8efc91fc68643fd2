//! User mode and kernel mode: what crosses between them, what each may do, and what that costs.

pub(crate) mod kernelshare;
pub(crate) mod syscalls;
