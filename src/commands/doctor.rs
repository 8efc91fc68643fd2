//! `osmeter doctor`: try everything, say what works.
//!
//! It is the answer to what was typed, not a report beside another program's output, so it goes to stdout unless `-o` says
//! otherwise.

use super::present;
use crate::cli::Doctor;
use crate::render::{self, ColorChoice, Format};
use crate::{host, sys};
use anyhow::{Context, Result, bail};
use std::io::IsTerminal;
use std::path::Path;

/// Exit status 0 if the main job works at all, else 1.
pub fn doctor(options: &Doctor) -> Result<u8> {
    let output = &options.output;
    let found = host::probe().doctor();
    let text = match output.format {
        Format::Json => serde_json::to_string_pretty(&found)? + "\n",
        Format::Table => {
            let stdout = std::io::stdout();
            let terminal = output.output.is_none() && stdout.is_terminal();
            // The style is decided for stderr, where reports go.
            let style = present::style(output);
            let color = style.color && (terminal || output.color == ColorChoice::Always);
            let width = if terminal { sys::terminal::width(&stdout).unwrap_or(0) } else { 0 };
            render::doctor::doctor(&found, if width == 0 { render::WIDEST } else { width }, color)
        }
        other => bail!("doctor has no format '{}': use --format table or json", other.name()),
    };
    let to = output.output.as_deref().unwrap_or(Path::new("-"));
    render::deliver(&text, Some(to)).context("the findings")?;
    Ok(u8::from(found.tier.is_none()))
}
