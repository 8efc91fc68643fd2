//! `osmeter workload`: profile a bundled workload, or list them; and the process that runs one.

use super::instrument::{Instrument, Opens, Until};
use super::measure;
use super::present::{self, Otherwise};
use crate::cli::{self, Cli};
use crate::model::{self, Exit, Subject, Tier};
use crate::subject::{self, Signals, Spec, exit_code};
use crate::sys::terminal;
use anyhow::{Context, Result};
use clap::CommandFactory;
use osmeter_workloads::{Arguments, MARK_SYSCALL, Workload, find, unknown};
use std::io::IsTerminal;

/// Profiles a workload, or lists them all.
pub fn workload(args: &cli::Workload) -> Result<u8> {
    let Some(name) = &args.name else {
        let text = if args.help { help()? } else { list() };
        present::text(&text, &args.output, Otherwise::Stdout)?;
        return Ok(0);
    };
    let workload = find(name).ok_or_else(|| unknown(name))?;
    if args.help {
        present::text(&description(workload), &args.output, Otherwise::Stdout)?;
        return Ok(0);
    }
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

/// What clap says of this subcommand.
fn help() -> Result<String> {
    let mut cli = Cli::command();
    cli.build();
    let command = cli.find_subcommand_mut("workload").context("the command line has no workload")?;
    Ok(command.render_help().to_string())
}

/// Every workload with its concept.
fn list() -> String {
    let mut text: String = osmeter_workloads::all().iter().map(|w| hanging(w.name, 15, w.concept)).collect();
    text += "\nosmeter workload NAME --help shows its parameters, osmeter workload NAME [KEY=VALUE]... profiles it\n";
    text
}

/// One workload with its parameters.
fn description(workload: &Workload) -> String {
    let name = workload.name;
    let mut text = format!("Usage: osmeter workload [OPTIONS] {name} [KEY=VALUE]...\n\n");
    text += &hanging("Concept", 9, workload.concept);
    text += &hanging("Unit", 9, workload.unit);
    if !workload.needs.is_empty() {
        let needs: Vec<_> = workload.needs.iter().map(osmeter_workloads::Need::words).collect();
        text += &hanging("Needs", 9, &needs.join(", "));
    }
    text += "\nParameters:\n";
    for parameter in workload.all_parameters() {
        let what = format!("{} ({})", parameter.help, parameter.kind.words());
        text += &hanging(&format!("  {}={}", parameter.name, parameter.default), 22, &what);
    }
    text + "\nosmeter workload --help shows the options\n"
}

/// A text beside its name, its further lines below its first; unbroken where nobody reads it on a terminal.
fn hanging(name: &str, column: usize, text: &str) -> String {
    let out = std::io::stdout();
    let width = if out.is_terminal() { terminal::width(&out).unwrap_or(80).min(100) } else { usize::MAX };
    let mut line = format!("{name:column$}");
    if name.len() >= column {
        line.push(' ');
    }
    let mut lines = String::new();
    for word in text.split(' ') {
        if line.len() + word.len() > width && line.len() > column {
            lines += line.trim_end();
            lines.push('\n');
            line = " ".repeat(column);
        }
        line += word;
        line.push(' ');
    }
    lines + line.trim_end() + "\n"
}

/// The hidden process in which a workload runs.
pub fn process(name: &str, parameters: &[String]) -> u8 {
    let control = std::env::var("OSMETER_CONTROL").ok().and_then(|fd| fd.parse().ok());
    u8::try_from(osmeter_workloads::execute(name, parameters, control)).unwrap_or(1)
}
