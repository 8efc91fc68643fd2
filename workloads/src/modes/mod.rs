//! User mode and kernel mode: what crosses between them, what each may do, and what that costs.

pub(crate) mod copy;
pub(crate) mod forbidden;
pub(crate) mod kernelshare;
pub(crate) mod polling;
pub(crate) mod privileged;
pub(crate) mod requests;
pub(crate) mod syscalls;
pub(crate) mod timers;
