//! What a profile has to say, section by section, in the order in which a person asks: where did the time go, in which calls,
//! blocked on what, in which process; then what is not known and whether to believe it.
//!
//! Pure: from `model::Profile` to [`Report`], with raw values and texts. Knows nothing of terminals or escaping.

mod blocked;
mod counters;
mod doubts;
mod head;
mod ledger;
mod notes;
mod syscalls;
mod tasks;
#[cfg(test)]
mod tests;

use super::grid::{Report, Section};
use super::style::{SortKey, Style};
use crate::model::Profile;
use notes::Notes;

/// Which lines a report has, as far as the reader chooses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    pub top: usize,
    pub sort: SortKey,
    pub errors: bool,
}

impl From<&Style> for Choice {
    fn from(style: &Style) -> Self {
        Self { top: style.top, sort: style.sort, errors: style.errors }
    }
}

impl Choice {
    /// How many of `all` lines are shown one by one. A line for the rest that stood for one would be no shorter than that one.
    fn shown(self, all: usize) -> usize {
        if all <= self.top.saturating_add(1) { all } else { self.top }
    }
}

/// The whole report of a profile.
pub(crate) fn report(profile: &Profile, choice: Choice) -> Report {
    let mut notes = Notes::default();
    let mut sections: Vec<Section> = vec![ledger::section(profile, &mut notes)];
    sections.extend(syscalls::sections(profile, choice, &mut notes));
    sections.push(blocked::section(profile, choice, &mut notes));
    sections.extend(tasks::sections(profile, choice, &mut notes));
    sections.push(counters::section(profile, &mut notes));
    sections.push(counters::memory(profile, &mut notes));
    sections.extend(notes.not_measured(profile));
    sections.extend(notes.how_obtained());
    sections.push(doubts::self_check(profile));
    sections.extend(doubts::losses(profile));
    sections.push(doubts::cost(profile));
    let mut report = head::head(profile);
    report.sections = sections;
    report
}
