//! A check of the claims for a person (a summary, and the evidence), as Markdown, and as JSON.
//!
//! `words` holds what is said in each language, `figures` how a number is put, `lines` the alignment (a Korean letter is two
//! columns wide). Everything here is computed from the saved report alone.

mod evidence;
mod figures;
mod lines;
mod summary;
#[cfg(test)]
mod tests;
mod words;

use super::RenderError;
use super::style::Style;
use crate::model::{CheckReport, Claim, Lang, Topic};
use std::fmt::Write;

/// Everything, samples included.
pub fn json(report: &CheckReport) -> Result<String, RenderError> {
    let mut text = serde_json::to_string_pretty(report).map_err(RenderError::Json)?;
    text.push('\n');
    Ok(text)
}

/// The summary, and with `explain` the evidence of each claim.
pub fn table(report: &CheckReport, explain: bool, lang: Lang, style: &Style) -> String {
    let mut text = summary::summary(report, explain, lang, style);
    if explain {
        for claim in &report.claims {
            text.push('\n');
            text.push_str(&evidence::evidence(claim, &report.settings, lang, style));
        }
    }
    text.push_str(&summary::foot(report, explain, lang, style));
    // Korean has no ASCII form: whoever asks for it has a terminal that shows it.
    if style.unicode || lang == Lang::Ko { text } else { lines::ascii(&text) }
}

/// The summary as Markdown tables.
pub fn markdown(report: &CheckReport, lang: Lang) -> String {
    let mut text = format!("{}\n", summary::counts(report, lang));
    for topic in Topic::ALL {
        let claims: Vec<_> = report.claims.iter().filter(|c| c.claim.section.topic == topic).collect();
        if claims.is_empty() {
            continue;
        }
        let _ =
            writeln!(text, "\n### {}\n\n| | {} |\n|---|---|---|---|", words::topic(topic, lang), words::columns(lang));
        for claim in claims {
            let cells = [
                claim.claim.title.say(lang).to_string(),
                words::verdict(&claim.verdict, lang).to_string(),
                [figures::effect(claim, lang), words::why(claim, lang)].join(" · "),
            ];
            let cells: Vec<String> = cells.iter().map(|cell| super::text::markdown(cell)).collect();
            let _ = writeln!(text, "| {} | {} |", claim.claim.id, cells.join(" | "));
        }
    }
    text
}

/// The claims, without having been checked.
pub fn list(claims: &[Claim], lang: Lang) -> String {
    let mut text = String::new();
    for topic in Topic::ALL {
        let of: Vec<&Claim> = claims.iter().filter(|claim| claim.section.topic == topic).collect();
        if of.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{} ({})", words::topic(topic, lang), topic.name());
        for claim in of {
            let title = lines::pad(claim.title.say(lang), 46);
            let _ =
                writeln!(text, "  {}{title}{}", lines::pad(&claim.id, 5), words::heading(claim.section.heading, lang));
        }
    }
    text
}
