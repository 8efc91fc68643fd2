//! Collectors: one file or folder per kernel source. They read and never print; failure is data.

pub mod basic;
#[cfg(feature = "bpf")]
pub mod bpf;
pub mod call_names;
pub mod counters;
pub mod proc;
#[cfg(feature = "bpf")]
pub mod profile;
#[cfg(feature = "bpf")]
pub mod reconcile;
pub mod run;
pub mod rusage;
pub mod target;
