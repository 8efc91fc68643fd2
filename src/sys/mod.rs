//! The only unsafe code: the kernel's interfaces that have no safe wrapper. Knows nothing of what the numbers mean.
#![allow(unsafe_code)]

#[cfg(feature = "bpf")]
pub mod bpf;
pub mod clock;
