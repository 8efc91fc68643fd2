//! The only unsafe code: what the kernel offers and neither the standard library nor `nix` wraps safely.
//!
//! Owns raw calls and the lifetime of what they return. Knows nothing of reports, tiers or policy.
#![allow(unsafe_code)]

#[cfg(feature = "bpf")]
pub mod bpf;
pub mod bpf_try;
pub mod clock;
pub mod fork;
pub mod identity;
pub mod page;
pub mod perf;
pub mod pidfd;
pub mod signals;
pub mod startup;
pub mod terminal;
pub mod wait;
