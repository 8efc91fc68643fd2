//! `osmeter run`: profile a command.

use super::elevate;
use super::instrument::{Instrument, Opens, Until};
use super::measure;
use super::present;
use crate::cli::{Run, WaitFor};
use crate::model;
use crate::subject::{self, Kind, Signals, Spec, UserName, exit_code};
use anyhow::Result;

/// Runs the command and reports on it. The exit status is the command's.
pub fn run(args: &Run) -> Result<u8> {
    present::check_destination(&args.output)?;
    if args.elevate && !nix::unistd::geteuid().is_root() {
        return elevate::run(args);
    }
    let mut signals = Signals::install()?;
    let user = args.user.as_deref().map(|name| UserName(name.to_owned()));
    let gated = subject::spawn(&Spec { kind: Kind::Command(args.command.clone()), user })?;
    let tgid = gated.tgid();
    let until = if args.wait == WaitFor::All { Until::AllEnd } else { Until::CommandEnds };
    let instrument = Instrument::choose(args.measure.tier, Opens::AtExec)?;
    instrument.check(until)?;
    let measured = measure::measure(instrument, gated, &mut signals, until)?;
    let exit = measured.reaped.as_ref().map_or(model::Exit::Running, |r| r.exit);
    let command = model::Command { tgid, exit, ..measure::typed(&args.command) };
    present::after_command(&measure::profile(measured, command), &args.output);
    Ok(exit_code(exit).and_then(|c| u8::try_from(c).ok()).unwrap_or(1))
}
