//! osmeter: wiring only.

use clap::Parser;
use osmeter::cli::{Cli, Command};
use osmeter::commands;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Run(run) => commands::run::run(&run),
        _ => Ok(0),



        Command::WorkloadProcess { name, parameters } => Ok(commands::workload::process(&name, &parameters)),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("osmeter: {error:#}");
            ExitCode::from(commands::exit_code_of(&error))
        }
    }
}
