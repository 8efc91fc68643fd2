//! Arms × rounds → evidence → verdicts.
//!
//! Owns the protocol: which arms run in which order, which rounds count, what the samples come to, and what follows. Does
//! not own what an arm does (the workloads) or how a run is profiled (a [`Bench`] is handed in). Reads /proc only to know
//! whether other tasks were at work.

mod bench;
mod check;
mod estimate;
pub mod guest;
mod judge;
mod mechanism;
mod others;
mod plan;
mod preflight;
mod rounds;
mod settings;
#[cfg(test)]
mod tests;
mod value;

pub use bench::{Bench, BenchError, OwnBinary, Run, arguments};
pub use check::{Circumstances, check};
pub use estimate::find;
pub use guest::Guest;
pub use judge::{judge, settle};
pub use mechanism::mechanism;
pub use plan::{Group, groups};
pub use preflight::preflight;
pub use rounds::{Progress, run_group};
pub use settings::Settings;
