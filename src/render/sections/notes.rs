//! Why a value is missing, estimated, scaled or partial: gathered while the tables are filled, said once at the end.

use super::super::grid::{Note, Section, Tone};
use super::super::units::count;
use crate::model::{NotMeasured, Profile, Reading};

/// Things said about several values at once: the reason first, then the values it holds for.
#[derive(Debug, Default)]
pub(super) struct Notes {
    missing: Vec<(String, Option<String>, Vec<String>)>,
    estimated: Vec<(String, Vec<String>)>,
    partial: Vec<(u64, Vec<String>)>,
}

impl Notes {
    /// Looks at a reading that a table shows under `what`.
    pub(super) fn see<T>(&mut self, what: &str, reading: &Reading<T>) {
        match reading {
            Reading::Exact(_) | Reading::Scaled { .. } => {}
            Reading::Missing { missing, remedy } => self.see_missing(what, missing, remedy.as_deref()),
            Reading::Estimated { estimated, .. } => add(&mut self.estimated, estimated, what),
            Reading::Partial { lost, .. } => add(&mut self.partial, lost, what),
        }
    }

    fn see_missing(&mut self, what: &str, why: &str, remedy: Option<&str>) {
        if let Some((_, known, whats)) = self.missing.iter_mut().find(|(w, _, _)| w == why) {
            if known.is_none() {
                *known = remedy.map(str::to_owned);
            }
            if !whats.iter().any(|w| names(w, what)) {
                whats.push(what.to_owned());
            }
            return;
        }
        self.missing.push((why.to_owned(), remedy.map(str::to_owned), vec![what.to_owned()]));
    }

    /// What was not measured, why, and what would allow it: each reason once.
    pub(super) fn not_measured(&mut self, profile: &Profile) -> Option<Section> {
        // What the collectors say first, in their words; the readings' own reasons join where they are the same.
        let seen = std::mem::take(&mut self.missing);
        for NotMeasured { what, why, remedy } in &profile.not_measured {
            self.see_missing(what, why, remedy.as_deref());
        }
        for (why, remedy, whats) in &seen {
            for what in whats {
                self.see_missing(what, why, remedy.as_deref());
            }
        }
        for refusal in &profile.refused {
            self.see_missing(&format!("tier {}", refusal.tier.name()), &refusal.why, refusal.remedy.as_deref());
        }
        let mut section = Section::new("Not measured");
        for (why, remedy, whats) in std::mem::take(&mut self.missing) {
            let text = format!("{}: {why}", whats.join(", "));
            section.notes.push(Note { tone: Tone::Plain, text, remedy });
        }
        (!section.notes.is_empty()).then_some(section)
    }

    /// How the values came about that were not counted or timed completely.
    pub(super) fn how_obtained(&mut self) -> Option<Section> {
        let mut section = Section::new("Not exact");
        for (lost, whats) in std::mem::take(&mut self.partial) {
            let events = if lost == 1 { "event" } else { "events" };
            let text = format!("≥ {}: at least this much, {} {events} lost", whats.join(", "), count(lost));
            section.notes.push(Note::new(Tone::Warning, text));
        }
        for (how, whats) in std::mem::take(&mut self.estimated) {
            section.notes.push(Note::new(Tone::Plain, format!("~ {}: {how}", whats.join(", "))));
        }
        (!section.notes.is_empty()).then_some(section)
    }
}

fn add<K: PartialEq + Clone>(groups: &mut Vec<(K, Vec<String>)>, key: &K, what: &str) {
    match groups.iter_mut().find(|(k, _)| k == key) {
        Some((_, whats)) if whats.iter().any(|w| w == what) => {}
        Some((_, whats)) => whats.push(what.to_owned()),
        None => groups.push((key.clone(), vec![what.to_owned()])),
    }
}

/// Whether a list such as `cycles, instructions` names `what` already.
fn names(list: &str, what: &str) -> bool {
    list.split([',', ';']).any(|item| item.trim() == what)
}
