//! The command line, defined with clap. No work is done here.

use crate::model::Lang;
use crate::render::{ColorChoice, Format, SortKey};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Where the time of every thread of a command went, from the kernel's own counters.
#[derive(Debug, Parser)]
#[command(name = "osmeter", version, max_term_width = 100, disable_help_subcommand = false)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Profile a command; the exit status is the command's (128+n for a signal)
    Run(Run),
    /// Profile a bundled workload; without a name, list them
    Workload(Workload),
    /// Check what textbooks claim about processes, threads, waiting and the kernel, on this machine
    Check(Check),
    /// Profile a process that already runs
    Attach(Attach),
    /// Render a saved profile or check again
    Report(Report),
    /// Say what this machine allows, and how to get the rest
    Doctor(Doctor),
    /// The first process of a throwaway guest
    #[command(name = "__guest", hide = true)]
    Guest {
        /// What it is there for.
        experiment: String,
    },
    /// The process in which a bundled workload runs
    #[command(name = "__workload", hide = true)]
    WorkloadProcess {
        /// The workload.
        name: String,
        /// Its parameters.
        parameters: Vec<String>,
    },
    /// The osmeter that measures under sudo for `run --elevate`
    #[command(name = "__measure", hide = true)]
    MeasureFor(MeasureFor),
}

/// `osmeter run`.
#[derive(Debug, Args)]
#[command(
    override_usage = "osmeter run [OPTIONS] [--] COMMAND [ARG]...",
    after_help = "Examples:\n  osmeter run -- make -j2\n  osmeter run -o profile.json --format json -- ./server\n  \
                        osmeter report profile.json"
)]
pub struct Run {
    /// Options of measuring.
    #[command(flatten)]
    pub measure: Measure,
    /// Options of the report.
    #[command(flatten)]
    pub output: Output,
    /// Run the command as this user (a name, or #uid): ids, groups, HOME
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// What must end before the measurement does: the command, or all its descendants
    #[arg(long, value_enum, default_value_t = WaitFor::Command)]
    pub wait: WaitFor,
    /// Measure as root through sudo, while the command stays this user's
    #[arg(long, conflicts_with = "user")]
    pub elevate: bool,
    /// The command and its arguments
    #[arg(trailing_var_arg = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// The hidden half of `run --elevate`.
#[derive(Debug, Args)]
pub struct MeasureFor {
    /// Options of measuring.
    #[command(flatten)]
    pub measure: Measure,
    /// What must end.
    #[arg(long, value_enum, default_value_t = WaitFor::Command)]
    pub wait: WaitFor,
    /// The child that waits at its gate
    pub tgid: u32,
}

/// Options of measuring.
#[derive(Debug, Args, Clone)]
pub struct Measure {
    /// Measure in this tier or fail; without it, the best that works
    #[arg(long, value_enum)]
    pub tier: Option<TierName>,
}

/// `osmeter workload`.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    after_help = "Examples:\n  osmeter workload\n  osmeter workload pingpong --help\n  \
                  osmeter workload syscalls kind=getppid n=3000"
)]
pub struct Workload {
    /// Options of measuring.
    #[command(flatten)]
    pub measure: Measure,
    /// Options of the report.
    #[command(flatten)]
    pub output: Output,
    /// The workload; without it, list them all
    pub name: Option<String>,
    /// Its parameters; `osmeter workload NAME --help` lists them
    #[arg(value_name = "KEY=VALUE")]
    pub parameters: Vec<String>,
    /// Print help; after NAME, on this workload and its parameters
    #[arg(short, long)]
    pub help: bool,
}

/// `osmeter check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  osmeter check\n  osmeter check --quick\n  osmeter check P5 multi-thread 'U*' --explain\n  \
                        osmeter check --json -o before.json\n  osmeter check --expect before.json\n\n\
                        The exit status is 0 when every claim could be run, whichever way its verdict fell; 1 when one \
                        could not; 3 when --expect finds another verdict."
)]
pub struct Check {
    /// Claims: ids (P5), sections (multi-thread) or patterns ('U*'); without any, all
    #[arg(value_name = "CLAIM")]
    pub claims: Vec<String>,
    /// Under a minute: fewer rounds, nothing heavy
    #[arg(long)]
    pub quick: bool,
    /// Rounds of each timing
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(6..=1000))]
    pub rounds: Option<u64>,
    /// Seed of the order of arms and of resamples
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// List the claims instead
    #[arg(long)]
    pub list: bool,
    /// Show the evidence of every claim: arms, counters, controls, thresholds
    #[arg(long)]
    pub explain: bool,
    /// The language of claims; without it, the locale's
    #[arg(long, value_parser = lang_parser())]
    pub lang: Option<Lang>,
    /// Compare the verdicts with those of an earlier check (written by --json -o FILE)
    #[arg(long, value_name = "FILE")]
    pub expect: Option<PathBuf>,
    /// A kernel image for the experiments in a throwaway guest; without it, one in the usual places
    #[arg(long, value_name = "FILE")]
    pub guest_kernel: Option<PathBuf>,
    /// Write the report to this file, whole or not at all, instead of to stdout
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The report's format
    #[arg(long, value_enum, default_value_t = CheckFormat::Table)]
    pub format: CheckFormat,
    /// Short for --format json
    #[arg(long)]
    pub json: bool,
    /// Colours: when stdout is a terminal, always, or never
    #[arg(long, value_parser = color_parser(), default_value = "auto", value_name = "WHEN")]
    pub color: ColorChoice,
}

/// Formats of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// A summary, and the evidence that was asked for
    Table,
    /// Everything, samples included, for osmeter report and --expect
    Json,
    /// The summary for an issue or a README
    Markdown,
}

/// `osmeter attach`.
#[derive(Debug, Args)]
pub struct Attach {
    /// Options of measuring.
    #[command(flatten)]
    pub measure: Measure,
    /// Options of the report.
    #[command(flatten)]
    pub output: Output,
    /// The process to measure
    #[arg(short = 'p', long = "pid", value_name = "TGID")]
    pub tgid: u32,
    /// Stop after this long (5s, 500ms, 2m); without it, when the process ends or on Ctrl-C
    #[arg(long, value_parser = duration)]
    pub duration: Option<std::time::Duration>,
}

/// `osmeter report`.
#[derive(Debug, Args)]
pub struct Report {
    /// Options of the report.
    #[command(flatten)]
    pub output: Output,
    /// Of a saved check: show the evidence of every claim
    #[arg(long)]
    pub explain: bool,
    /// Of a saved check: the language of claims; without it, the locale's
    #[arg(long, value_parser = lang_parser())]
    pub lang: Option<Lang>,
    /// A file written with --format json (of `check`: --json)
    pub file: PathBuf,
}

/// `osmeter doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Options of the report.
    #[command(flatten)]
    pub output: Output,
}

/// Options of every report.
#[derive(Debug, Args, Clone)]
pub struct Output {
    /// Write the report to this file, whole or not at all (without it, run, workload and attach write to stderr)
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The report's format
    #[arg(long, value_parser = format_parser(), default_value = "table")]
    pub format: Format,
    /// Colours: when the report goes to a terminal, always, or never
    #[arg(long, value_parser = color_parser(), default_value = "auto", value_name = "WHEN")]
    pub color: ColorChoice,
    /// Rows of each table to show one by one; the rest are summed in one
    #[arg(long, default_value_t = 15, value_name = "N")]
    pub top: usize,
    /// What tables are sorted by
    #[arg(long, value_parser = sort_parser(), default_value = "elapsed", value_name = "KEY")]
    pub sort: SortKey,
    /// Show the errors of each system call by name
    #[arg(long)]
    pub errors: bool,
}

/// What must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WaitFor {
    /// The command
    Command,
    /// The command and every descendant, daemons included
    All,
}

/// Tiers that can be forced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TierName {
    /// BPF: the whole ledger
    Bpf,
    /// wait4, /proc and perf's user-mode counters
    Basic,
}

impl TierName {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bpf => "bpf",
            Self::Basic => "basic",
        }
    }
}

/// The registry of formats is render's.
fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.iter().map(|f| f.name()))
        .map(|name| Format::from_name(&name).unwrap_or_default())
}

fn sort_parser() -> impl TypedValueParser<Value = SortKey> {
    PossibleValuesParser::new(SortKey::ALL.iter().map(|(name, _)| *name))
        .map(|name| SortKey::from_name(&name).unwrap_or_default())
}

fn lang_parser() -> impl TypedValueParser<Value = Lang> {
    PossibleValuesParser::new(["en", "ko"]).map(|name| if name == "ko" { Lang::Ko } else { Lang::En })
}

fn color_parser() -> impl TypedValueParser<Value = ColorChoice> {
    PossibleValuesParser::new(["auto", "always", "never"]).map(|name| match name.as_str() {
        "always" => ColorChoice::Always,
        "never" => ColorChoice::Never,
        _ => ColorChoice::Auto,
    })
}

/// Parses `5s`, `500ms`, `2m`, `1.5`.
fn duration(text: &str) -> Result<std::time::Duration, String> {
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let scale = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(format!("`{unit}` is no unit of time; use us, ms, s, m or h")),
    };
    let value: f64 = number.parse().map_err(|_| "give a number and a unit, such as 5s or 500ms".to_owned())?;
    std::time::Duration::try_from_secs_f64(value * scale).map_err(|_| "that is too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("500ms").unwrap().as_millis(), 500);
        assert_eq!(duration("2m").unwrap().as_secs(), 120);
        assert!(duration("5 parsecs").is_err());
        assert!(duration("s").is_err());
    }

    #[test]
    fn the_commands_own_options_are_not_ours() {
        let cli = Cli::parse_from(["osmeter", "run", "ls", "-o", "x"]);
        let Command::Run(run) = cli.command else { panic!() };
        assert_eq!(run.command, ["ls", "-o", "x"]);
        assert_eq!(run.output.output, None);
        let cli = Cli::parse_from(["osmeter", "run", "--top", "3", "--", "-strange", "--name"]);
        let Command::Run(run) = cli.command else { panic!() };
        assert_eq!(run.command, ["-strange", "--name"]);
    }

    #[test]
    fn a_misspelt_option_is_no_command() {
        let error = Cli::try_parse_from(["osmeter", "run", "--elevat", "--", "true"]).unwrap_err();
        assert_eq!(error.kind(), clap::error::ErrorKind::UnknownArgument);
    }
}
