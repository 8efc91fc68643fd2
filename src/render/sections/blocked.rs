//! Blocked time by reason.

use super::super::grid::{Column, Grid, Hue, Section, Value, Weight};
use super::super::units::count;
use super::Choice;
use super::notes::Notes;
use crate::model::{Blocked, Profile, Reading};

pub(super) fn section(profile: &Profile, choice: Choice, notes: &mut Notes) -> Section {
    let mut section = Section::new("Blocked on");
    notes.see("blocked by reason", &profile.blocked);
    let Some(reasons) = profile.blocked.value() else {
        section.subtitle = Some("–".into());
        return section;
    };
    if reasons.is_empty() {
        section.subtitle = Some("nothing".into());
        return section;
    }
    let mut reasons: Vec<&Blocked> = reasons.iter().collect();
    reasons.sort_by(|a, b| b.blocked_ns.cmp(&a.blocked_ns).then_with(|| a.reason().cmp(&b.reason())));
    let sum = |of: &[&Blocked]| {
        of.iter().fold((0u64, 0u64), |(ns, n), b| (ns.saturating_add(b.blocked_ns), n.saturating_add(b.intervals)))
    };
    let all = sum(&reasons);
    let mut grid = Grid::new(vec![
        Column::left("Blocked on"),
        Column::right("time", 0),
        Column::right("share", 0),
        Column::beside("", 2),
        Column::right("times", 1),
        Column::single("mean", 3),
    ]);
    let (shown, rest) = reasons.split_at(choice.shown(reasons.len()));
    for reason in shown {
        grid.push(Weight::One, cells(reason.reason(), (reason.blocked_ns, reason.intervals), all.0));
    }
    if !rest.is_empty() {
        grid.push(Weight::Rest, cells(format!("{} others", count(rest.len() as u64)), sum(rest), all.0));
    }
    grid.push(Weight::Total, cells("total".into(), all, all.0));
    if let Some(Value::Bar(share, _)) = grid.lines.last_mut().and_then(|l| l.cells.get_mut(3)) {
        *share = None; // a full bar says nothing
    }
    section.grid = Some(grid);
    section
}

#[allow(clippy::cast_precision_loss)]
fn cells(name: String, (ns, times): (u64, u64), whole: u64) -> Vec<Value> {
    let share = (whole > 0).then(|| ns as f64 / whole as f64);
    let mean = ns.checked_div(times).map_or_else(|| Reading::missing("no interval"), Reading::Exact);
    vec![
        Value::Text(name),
        Value::time(&Reading::Exact(ns)),
        Value::Share(share),
        Value::Bar(share, Hue::Blocked),
        Value::count(times),
        Value::time(&mean),
    ]
}
