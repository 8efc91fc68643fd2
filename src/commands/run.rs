//! `osmeter run`: profile a command.

use super::measure::{self, Until};
use super::present::{self, Otherwise};
use crate::cli::{Run, WaitFor};
use crate::model::{self, Subject};
use crate::subject::{self, Kind, Signals, Spec, UserName, exit_code};
use crate::sys::bpf::OpensAt;
use anyhow::Result;

/// Runs the command and reports on it. The exit status is the command's.
pub fn run(args: &Run) -> Result<u8> {
    let mut signals = Signals::install()?;
    let user = args.user.as_deref().map(|name| UserName(name.to_owned()));
    let gated = subject::spawn(&Spec { kind: Kind::Command(args.command.clone()), user })?;
    let tgid = gated.tgid();
    let until = if args.wait == WaitFor::All { Until::AllEnd } else { Until::CommandEnds };
    let ledger = measure::load(OpensAt::Exec)?;
    let measured = measure::measure(ledger, gated, &mut signals, until)?;
    let exit = measured.reaped.as_ref().map_or(model::Exit::Running, |r| r.exit);
    let command = model::Command {
        argv: args.command.iter().map(|a| a.to_string_lossy().into_owned()).collect(),
        cwd: measure::working_directory(),
        tgid,
        subject: Subject::Command,
        exit,
    };
    present::profile(&measure::profile(measured, command), &args.output, Otherwise::Stderr)?;
    Ok(exit_code(exit).and_then(|c| u8::try_from(c).ok()).unwrap_or(1))
}
