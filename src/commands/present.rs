//! Renders a profile as the command line asks and delivers it.

use crate::cli::Output;
use crate::model::Profile;
use crate::render::{self, Style};
use crate::sys::terminal;
use anyhow::Result;
use std::io::IsTerminal;
use std::path::Path;

/// Where a report goes when the command line does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Otherwise {
    /// Beside a measured command, whose output stdout is.
    Stderr,
    /// Where there is none.
    Stdout,
}

/// The style for where the report goes.
pub fn style(output: &Output, otherwise: Otherwise) -> Style {
    let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = var("LC_ALL").or_else(|| var("LC_CTYPE")).or_else(|| var("LANG"));
    let width = match otherwise {
        _ if output.output.is_some() => None,
        Otherwise::Stderr => std::io::stderr().is_terminal().then(|| terminal::width(std::io::stderr())),
        Otherwise::Stdout => std::io::stdout().is_terminal().then(|| terminal::width(std::io::stdout())),
    };
    let width = width.map(|columns| columns.unwrap_or(0));
    let decided =
        Style::decide(output.color, width, var("NO_COLOR").as_deref(), var("TERM").as_deref(), locale.as_deref());
    Style { top: output.top, sort: output.sort, errors: output.errors, ..decided }
}

/// Writes a rendered text.
pub fn text(text: &str, output: &Output, otherwise: Otherwise) -> Result<()> {
    let to = match (&output.output, otherwise) {
        (Some(file), _) => Some(file.as_path()),
        (None, Otherwise::Stdout) => Some(Path::new("-")),
        (None, Otherwise::Stderr) => None,
    };
    Ok(render::deliver(text, to)?)
}

/// Refuses a report's file that could not be written, before anything is run.
pub fn check_destination(output: &Output) -> Result<()> {
    Ok(render::deliverable(output.output.as_deref())?)
}

/// As [`profile`], where the command's exit status is osmeter's: a report that went to stderr in place of its file is said
/// so, and changes no status.
pub fn after_command(profile: &Profile, output: &Output) {
    if let Err(error) = self::profile(profile, output, Otherwise::Stderr) {
        eprintln!("osmeter: {error:#}");
    }
}

/// Renders and writes a profile.
pub fn profile(profile: &Profile, output: &Output, otherwise: Otherwise) -> Result<()> {
    text(&render::profile(profile, output.format, &style(output, otherwise))?, output, otherwise)
}
