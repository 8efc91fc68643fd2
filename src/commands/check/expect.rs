//! `--expect FILE`: an earlier check, and what has changed since.

use crate::model::{CHECK_SCHEMA, CheckReport};
use anyhow::{Context, Result, bail};
use std::path::Path;

/// An earlier check.
pub fn read(file: &Path) -> Result<CheckReport> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    parse(&text).with_context(|| file.display().to_string())
}

/// A saved check.
pub fn parse(text: &str) -> Result<CheckReport> {
    let value: serde_json::Value =
        serde_json::from_str(text).context("is not JSON: give a file written with osmeter check --json -o FILE")?;
    match value.get("schema").and_then(serde_json::Value::as_str) {
        Some(CHECK_SCHEMA) => {}
        Some(other) => bail!("has the schema {other:?}, and this osmeter reads {CHECK_SCHEMA:?}: check again"),
        None => bail!("is no saved check: give a file written with osmeter check --json -o FILE"),
    }
    serde_json::from_str(text).context("says it is a check but does not fit the schema: check again")
}

/// Claims in both checks whose verdicts differ, a line each.
pub fn changes(expected: &CheckReport, now: &CheckReport) -> Vec<String> {
    let before = |id: &str| expected.claims.iter().find(|claim| claim.claim.id == id);
    now.claims
        .iter()
        .filter_map(|claim| Some((claim, before(&claim.claim.id)?)))
        .filter(|(claim, before)| claim.verdict.name() != before.verdict.name())
        .map(|(claim, before)| {
            format!("{} is {}, expected {}", claim.claim.id, claim.verdict.word(), before.verdict.word())
        })
        .collect()
}
