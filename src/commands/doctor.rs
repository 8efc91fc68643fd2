//! `osmeter doctor`: try everything, say what works.
//!
//! It is the answer to what was typed, not a report beside another program's output, so it goes to stdout unless `-o` says
//! otherwise.

use super::present::{self, Otherwise};
use crate::cli::Doctor;
use crate::host;
use crate::render::{self, Format};
use anyhow::{Result, bail};

/// Exit status 0 if the main job works at all, else 1.
pub fn doctor(options: &Doctor) -> Result<u8> {
    let output = &options.output;
    let found = host::probe().doctor();
    let text = match output.format {
        Format::Json => serde_json::to_string_pretty(&found)? + "\n",
        Format::Table => {
            let style = present::style(output, Otherwise::Stdout);
            render::doctor::doctor(&found, style.width, style.color)
        }
        other => bail!("doctor has no format '{}': use --format table or json", other.name()),
    };
    present::text(&text, output, Otherwise::Stdout)?;
    Ok(u8::from(found.tier.is_none()))
}
