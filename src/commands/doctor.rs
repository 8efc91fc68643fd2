//! `osmeter doctor`: try everything, say what works.
//!
//! It is the answer to what was typed, not a report beside another program's output, so it goes to stdout.

use crate::cli::{Doctor, FormatName, When};
use crate::{host, render};
use anyhow::Context;
use std::io::{IsTerminal, Write};

/// Exit status 0 if the main job works at all, else 1.
pub fn doctor(options: &Doctor) -> anyhow::Result<u8> {
    let found = host::probe().doctor();
    let status = u8::from(found.tier.is_none());
    let text = match options.output.format {
        FormatName::Json => serde_json::to_string_pretty(&found)? + "\n",
        FormatName::Table => {
            let terminal = std::io::stdout().is_terminal() && options.output.output.is_none();
            let color = match options.output.color {
                When::Always => true,
                When::Never => false,
                When::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
            };
            render::doctor::doctor(&found, 100, color)
        }
        FormatName::Csv | FormatName::CsvThreads | FormatName::Markdown => {
            anyhow::bail!("doctor writes --format table or json")
        }
    };
    match &options.output.output {
        Some(path) => std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?,
        None => print(&text)?,
    }
    Ok(status)
}

/// A reader that has seen enough (`| head`) is no error.
fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to stdout"),
    }
}
