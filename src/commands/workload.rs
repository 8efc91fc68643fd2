//! `osmeter workload`: profile a bundled workload, or list them; and the process that runs one.

use super::measure::{self, Until};
use super::present::{self, Otherwise};
use crate::cli::Workload;
use crate::model::{self, Exit, Subject};
use crate::subject::{self, Signals, Spec, exit_code};
use crate::sys::bpf::OpensAt;
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
    let mut signals = Signals::install()?;
    let gated = subject::spawn(&Spec::workload(name, args.parameters.clone()))?;
    let tgid = gated.tgid();
    let ledger = measure::load(OpensAt::Mark(u32::try_from(MARK_SYSCALL)?))?;
    let mut measured = measure::measure(ledger, gated, &mut signals, Until::CommandEnds)?;
    // Its whole life is not its window: wait4 says nothing of the latter.
    let exit = measured.reaped.take().map_or(Exit::Running, |r| r.exit);
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
