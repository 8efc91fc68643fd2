//! What this machine is and what it allows.
//!
//! Owns the description of the machine and the probes. A probe *tries* the thing itself: versions, capability bits and
//! settings promise what seccomp, lockdown or a user namespace then refuses. Does not decide how to measure.

mod machine;
mod probe;
mod settings;

pub use machine::describe;
pub use probe::{Probes, probe, refusal_of_bpf};
