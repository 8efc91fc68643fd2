//! `osmeter attach`: profile a process that already runs.

use super::instrument::{Instrument, Opens};
use super::measure;
use super::present::{self, Otherwise};
use crate::cli::Attach;
use crate::model::{self, Subject};
use crate::subject::{Attached, Signals};
use anyhow::Result;

/// Measures the process until it ends, the time is up or a signal comes, and reports.
pub fn attach(args: &Attach) -> Result<u8> {
    present::check_destination(&args.output)?;
    let mut signals = Signals::install()?;
    let attached = Attached::to(args.tgid)?;
    let command = model::Command {
        argv: attached.argv(),
        cwd: measure::working_directory(),
        tgid: args.tgid,
        subject: Subject::Attached { tgid: args.tgid },
        exit: model::Exit::Running,
    };
    let instrument = Instrument::choose(args.measure.tier, Opens::Now)?;
    let measured = measure::measure_running(instrument, &attached, &mut signals, args.duration)?;
    present::profile(&measure::profile(measured, command), &args.output, Otherwise::Stderr)?;
    Ok(0)
}
