//! `osmeter workload`: profile a bundled workload, or list them; and the process that runs one.

use super::instrument::{Instrument, Opens, Until};
use super::measure;
use super::present::{self, Otherwise};
use crate::cli::Workload;
use crate::model::{self, Exit, Subject, Tier};
use crate::subject::{self, Signals, Spec, exit_code};
use anyhow::Result;
use osmeter_workloads::{Arguments, MARK_SYSCALL, find, unknown};

/// Profiles a workload, or lists them all.
pub fn workload(args: &Workload) -> Result<u8> {
    let Some(name) = &args.name else {
        for workload in osmeter_workloads::all() {
            println!("{:14} {}", workload.name, workload.concept);
        }
        return Ok(0);
    };
    let workload = find(name).ok_or_else(|| unknown(name))?;
    let parameters = Arguments::parse(workload, &args.parameters)?;
    present::check_destination(&args.output)?;
    let mut signals = Signals::install()?;
    let gated = subject::spawn(&Spec::workload(name, args.parameters.clone()))?;
    let tgid = gated.tgid();
    let instrument = Instrument::choose(args.measure.tier, Opens::AtMark(u32::try_from(MARK_SYSCALL)?))?;
    let tier = instrument.tier();
    let mut measured = measure::measure(instrument, gated, &mut signals, Until::CommandEnds)?;
    let exit = measured.reaped.as_ref().map_or(Exit::Running, |r| r.exit);
    if tier == Tier::Basic {
        // Its whole life is all that this tier sees.
        measured.partial.get_or_insert_with(|| "the whole process is measured, its preparation too".into());
    } else {
        measured.reaped = None; // wait4 says nothing of the window
    }
    let report = measured.report.take();
    let command = model::Command {
        argv: std::iter::once(name).chain(&args.parameters).cloned().collect(),
        cwd: measure::working_directory(),
        tgid,
        subject: Subject::Workload {
            name: name.clone(),
            parameters: parameters.written().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            report,
        },
        exit,
    };
    present::profile(&measure::profile(measured, command), &args.output, Otherwise::Stderr)?;
    Ok(exit_code(exit).and_then(|c| u8::try_from(c).ok()).unwrap_or(1))
}

/// The hidden process in which a workload runs.
pub fn process(name: &str, parameters: &[String]) -> u8 {
    let control = std::env::var("OSMETER_CONTROL").ok().and_then(|fd| fd.parse().ok());
    u8::try_from(osmeter_workloads::execute(name, parameters, control)).unwrap_or(1)
}
