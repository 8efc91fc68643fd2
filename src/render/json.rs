//! JSON: the profile itself, and back.

use super::RenderError;
use super::style::Style;
use crate::model::{Profile, SCHEMA};
use serde::Deserialize;

/// A profile as JSON, one field a line so that two of them can be compared with diff.
pub(super) fn render(profile: &Profile, _: &Style) -> Result<String, RenderError> {
    let mut text = serde_json::to_string_pretty(profile).map_err(RenderError::Json)?;
    text.push('\n');
    Ok(text)
}

/// Why a saved profile cannot be read. Each says how to go on.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Nothing in it.
    #[error("is empty: the run that should have written it did not finish; profile again with --format json -o FILE")]
    Empty,
    /// The text ends in the middle.
    #[error("ends in the middle (line {0}): copy it again, or profile again with --format json -o FILE")]
    Truncated(usize),
    /// No JSON at all.
    #[error("is not JSON (line {line}, column {column}): give a file written with --format json -o FILE")]
    NotJson {
        /// Where.
        line: usize,
        /// Where.
        column: usize,
    },
    /// JSON of something else.
    #[error("is JSON but no osmeter profile (it has no \"schema\"): give a file written with --format json -o FILE")]
    NoSchema,
    /// A schema of another version.
    #[error("has the schema {found:?}, and this osmeter ({}) reads {SCHEMA:?}: {}", env!("CARGO_PKG_VERSION"), how_to_read(.by))]
    OtherSchema {
        /// What it says.
        found: String,
        /// The version of osmeter that wrote it.
        by: Option<String>,
    },
    /// The right schema, the wrong content.
    #[error("says it is {SCHEMA:?} but does not fit it ({0}): it was changed by hand or cut; profile again")]
    Damaged(String),
}

fn how_to_read(by: &Option<String>) -> String {
    match by {
        Some(version) => format!("read it with osmeter {}", version.escape_debug()),
        None => "read it with the osmeter that wrote it".into(),
    }
}

#[derive(Deserialize)]
struct Label {
    schema: Option<String>,
    osmeter: Option<String>,
}

/// A saved profile.
pub fn parse(text: &str) -> Result<Profile, ParseError> {
    if text.trim().is_empty() {
        return Err(ParseError::Empty);
    }
    let value: serde_json::Value = serde_json::from_str(text).map_err(|e| {
        if e.is_eof() {
            ParseError::Truncated(e.line())
        } else {
            ParseError::NotJson { line: e.line(), column: e.column() }
        }
    })?;
    let label = Label::deserialize(&value).map_err(|_| ParseError::NoSchema)?;
    let found = label.schema.ok_or(ParseError::NoSchema)?;
    if found != SCHEMA {
        return Err(ParseError::OtherSchema { found, by: label.osmeter });
    }
    // From the text and not from the value: this error knows the line.
    serde_json::from_str(text).map_err(|e| ParseError::Damaged(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn saved() -> String {
        render(&fixture::normal(), &Style::default()).unwrap()
    }

    fn refusal(text: &str) -> String {
        let error = parse(text).unwrap_err().to_string();
        assert!(!error.contains('\n'), "one line: {error}");
        error
    }

    #[test]
    fn what_is_no_profile_is_refused_with_a_way_to_go_on() {
        let go_on = "--format json -o FILE";
        for (text, what) in
            [("", "is empty"), ("  \n", "is empty"), ("hello", "is not JSON"), ("{\"a\": 1}", "no osmeter profile")]
        {
            let error = refusal(text);
            assert!(error.contains(what) && error.contains(go_on), "{text:?}: {error}");
        }
        assert!(refusal("[1, 2]").contains("no osmeter profile"));
        assert!(refusal("{\"schema\": 3}").contains("no osmeter profile"));
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let text = saved();
        for share in 1..20 {
            let error = refusal(&text[..text.len() * share / 20]);
            assert!(error.contains("ends in the middle"), "{share}: {error}");
        }
    }

    #[test]
    fn another_schema_names_both_and_the_version_to_use() {
        let error = refusal(&saved().replace(SCHEMA, "osmeter.profile/9").replace("\"0.1.0\"", "\"9.9.9\\u001b\""));
        assert!(error.contains("osmeter.profile/9") && error.contains(SCHEMA), "{error}");
        assert!(error.contains("read it with osmeter 9.9.9\\u{1b}"), "{error}");
    }

    #[test]
    fn a_damaged_profile_says_what_does_not_fit() {
        let error = refusal(&saved().replace("\"tier\": \"bpf\"", "\"tier\": \"gold\""));
        assert!(error.contains("gold") && error.contains("changed by hand"), "{error}");
    }
}
