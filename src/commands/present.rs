//! Renders a profile as the command line asks and delivers it.

use crate::cli::Output;
use crate::model::Profile;
use crate::render::{self, Style};
use anyhow::{Context, Result};
use std::io::IsTerminal;

/// The style for where the report goes.
pub fn style(output: &Output) -> Style {
    let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = var("LC_ALL").or_else(|| var("LC_CTYPE")).or_else(|| var("LANG"));
    let terminal = (output.output.is_none() && std::io::stderr().is_terminal())
        .then(|| crate::sys::terminal::width(std::io::stderr()).unwrap_or(0));
    let decided =
        Style::decide(output.color, terminal, var("NO_COLOR").as_deref(), var("TERM").as_deref(), locale.as_deref());
    Style { top: output.top, sort: output.sort, errors: output.errors, ..decided }
}

/// Renders and delivers.
pub fn profile(profile: &Profile, output: &Output) -> Result<()> {
    let text = render::profile(profile, output.format, &style(output))?;
    render::deliver(&text, output.output.as_deref()).context("the report")
}
