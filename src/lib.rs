//! osmeter says where the time of every thread of a command went, from the Linux kernel's own counters.
//!
//! The way through the code: `commands` gives the order of events; `host` probes what the machine allows; `subject` starts
//! or finds the measured processes; `collect` reads the kernel; everything meets in `model::Profile`, which `render` prints.

pub mod claims;
pub mod cli;
pub mod collect;
pub mod commands;
pub mod experiment;
pub mod host;
pub mod model;
pub mod render;
pub mod stats;
pub mod subject;
pub mod sys;
