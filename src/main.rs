//! osmeter: wiring only.

use clap::Parser;
use osmeter::cli::{Cli, Command};
use osmeter::commands;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Run(run) => commands::run::run(&run),
        Command::Workload(workload) => commands::workload::workload(&workload),
        Command::Check(check) => commands::check::check(&check),
        Command::Attach(attach) => commands::attach::attach(&attach),
        Command::Report(report) => commands::report::report(&report),
        Command::WorkloadProcess { name, parameters } => Ok(commands::workload::process(&name, &parameters)),
        Command::MeasureFor(child) => commands::elevate::inner(&child),
        Command::Guest { experiment } => commands::guest::guest(&experiment),
        Command::Doctor(doctor) => commands::doctor::doctor(&doctor),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("osmeter: {error:#}");
            ExitCode::from(commands::exit_code_of(&error))
        }
    }
}
