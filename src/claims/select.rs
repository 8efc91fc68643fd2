//! Which claims are meant: by id, by section, or by a pattern with `*` and `?`.

use crate::model::{Claim, Topic};

/// A word that names no claim.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no claim is called '{word}'{}; ids are P1 to K9, sections {}, patterns like 'T*'", hint(.near), sections())]
pub struct SelectError {
    /// The word.
    pub word: String,
    /// The nearest id or section.
    pub near: Option<String>,
}

fn hint(near: &Option<String>) -> String {
    near.as_ref().map(|near| format!(" (did you mean '{near}'?)")).unwrap_or_default()
}

fn sections() -> String {
    Topic::ALL.map(Topic::name).join(", ")
}

/// The claims meant by the words, in the order of the notes, each once. No word means all.
pub fn select(claims: Vec<Claim>, words: &[String]) -> Result<Vec<Claim>, SelectError> {
    if words.is_empty() {
        return Ok(claims);
    }
    for word in words {
        if !claims.iter().any(|claim| meant(claim, word)) {
            let near = nearest(&claims, word);
            return Err(SelectError { word: word.clone(), near });
        }
    }
    Ok(claims.into_iter().filter(|claim| words.iter().any(|word| meant(claim, word))).collect())
}

fn meant(claim: &Claim, word: &str) -> bool {
    let word = word.to_lowercase();
    let (id, section) = (claim.id.to_lowercase(), claim.section.topic.name());
    matches(&word, &id) || matches(&word, section)
}

/// Whether a text fits a pattern in which `*` stands for any characters and `?` for one.
fn matches(pattern: &str, text: &str) -> bool {
    match (pattern.chars().next(), text.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => {
            let rest = &pattern[1..];
            matches(rest, text) || text.chars().next().is_some_and(|c| matches(pattern, &text[c.len_utf8()..]))
        }
        (Some(p), Some(t)) if p == '?' || p == t => matches(&pattern[p.len_utf8()..], &text[t.len_utf8()..]),
        _ => false,
    }
}

fn nearest(claims: &[Claim], word: &str) -> Option<String> {
    let names = claims.iter().map(|c| c.id.clone()).chain(Topic::ALL.iter().map(|t| t.name().to_string()));
    names
        .map(|name| (strsim::jaro_winkler(&word.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(score, _)| *score > 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(words: &[&str]) -> Result<Vec<String>, SelectError> {
        let words: Vec<String> = words.iter().map(|w| w.to_string()).collect();
        Ok(select(crate::claims::all(), &words)?.into_iter().map(|claim| claim.id).collect())
    }

    #[test]
    fn ids_sections_and_patterns_name_claims_in_the_order_of_the_notes() {
        assert_eq!(ids(&["T3", "p5"]).unwrap(), ["P5", "T3"]);
        assert!(ids(&["multi-thread"]).unwrap().iter().all(|id| id.starts_with('T')));
        assert_eq!(ids(&["t*"]).unwrap(), ids(&["multi-thread"]).unwrap());
        assert_eq!(ids(&["P?", "P4"]).unwrap(), ids(&["P*"]).unwrap());
        assert_eq!(ids(&[]).unwrap().len(), crate::claims::all().len());
    }

    #[test]
    fn a_word_that_names_nothing_is_an_error_with_the_nearest_name() {
        let error = ids(&["multi-tread"]).unwrap_err();
        assert_eq!(error.near.as_deref(), Some("multi-thread"));
        assert!(error.to_string().starts_with("no claim is called 'multi-tread' (did you mean 'multi-thread'?)"));
        assert!(ids(&["Z9*"]).is_err());
    }
}
