//! One file per subcommand: the order of events, nothing else.

pub mod attach;
pub mod check;
pub mod doctor;
pub mod instrument;
pub mod measure;
pub mod present;
pub mod report;
pub mod run;
pub mod workload;

use crate::subject::SpawnError;

/// The exit status for an error of osmeter's own: as a shell's where the command could not be started, else 125.
pub fn exit_code_of(error: &anyhow::Error) -> u8 {
    error.downcast_ref::<SpawnError>().map_or(125, |e| u8::try_from(e.exit_code()).unwrap_or(125))
}
