//! One file per subcommand: the order of events, nothing else.

pub mod attach;
pub mod check;
pub mod doctor;
pub mod elevate;
pub mod guest;
pub mod instrument;
pub mod measure;
pub mod present;
pub mod report;
pub mod run;
pub mod workload;

use crate::subject::SpawnError;

/// The exit status for an error of osmeter's own: the command's if it has run, as a shell's where it could not be started,
/// else 125.
pub fn exit_code_of(error: &anyhow::Error) -> u8 {
    let ran = error.downcast_ref::<measure::Unmeasured>().map(|e| e.code);
    let not_started = || error.downcast_ref::<SpawnError>().map(|e| u8::try_from(e.exit_code()).unwrap_or(125));
    ran.or_else(not_started).unwrap_or(125)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn a_failure_to_measure_passes_the_commands_status_on() {
        let failed = anyhow!("the ring broke").context(measure::Unmeasured { code: 9 });
        assert_eq!(exit_code_of(&failed), 9);
        assert_eq!(format!("{failed:#}"), "no report: the ring broke");
        assert_eq!(exit_code_of(&anyhow!("anything else")), 125);
    }
}
