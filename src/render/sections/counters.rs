//! Counters and memory: single numbers with what they are made of beside them.

use super::super::grid::{Column, Grid, Section, Value, Weight};
use super::super::units::{bytes, count, duration, three_digits};
use super::notes::Notes;
use crate::model::{Counter, Ipc, Profile, Reading, Unit};

pub(super) fn section(profile: &Profile, notes: &mut Notes) -> Section {
    let mut section = Section::new("Counters");
    let mut grid = facts_grid();
    ledger_lines(profile, &mut grid);
    let mut missing: Vec<&Counter> = Vec::new();
    for counter in profile.counters.iter().filter(|c| !is_in_ledger(profile, c)) {
        notes.see(&counter.name, &counter.total);
        if counter.total.is_missing() {
            missing.push(counter);
        } else {
            line(&mut grid, &counter.name, figure(&counter.total, counter.unit), counter_facts(counter));
        }
    }
    ipc(&profile.ipc, &mut grid, notes);
    // All that one reason keeps from us share a line; the reason stands below, once.
    while let Some(first) = missing.first().copied() {
        let (same, other): (Vec<&Counter>, Vec<&Counter>) =
            missing.iter().copied().partition(|c| why(&c.total) == why(&first.total));
        let names: Vec<&str> = same.iter().map(|c| c.name.as_str()).collect();
        line(&mut grid, &abridged(&names), "–".into(), Vec::new());
        missing = other;
    }
    section.grid = Some(grid);
    section
}

fn facts_grid() -> Grid {
    Grid::without_header(vec![Column::left(""), Column::right("", 0), Column::beside("", 0)])
}

fn line(grid: &mut Grid, name: &str, figure: String, facts: Vec<String>) {
    grid.push(Weight::One, vec![Value::text(name), Value::Text(figure), Value::Facts(facts)]);
}

fn ledger_lines(profile: &Profile, grid: &mut Grid) {
    let total = &profile.total;
    let part = |name: &str, r: &Reading<u64>| r.get().map(|_| format!("{name} {}", figure(r, Unit::Count)));
    let parts = |parts: [Option<String>; 2]| parts.into_iter().flatten().collect::<Vec<_>>();
    let (voluntary, involuntary) = (&total.voluntary_switches, &total.involuntary_switches);
    line(
        grid,
        "context switches",
        figure(&voluntary.plus(involuntary), Unit::Count),
        parts([part("voluntary", voluntary), part("involuntary", involuntary)]),
    );
    line(grid, "CPU migrations", figure(&total.migrations, Unit::Count), Vec::new());
    line(grid, "wake-ups", figure(&total.wakeups, Unit::Count), Vec::new());
    let (minor, major) = (&total.minor_faults, &total.major_faults);
    line(
        grid,
        "page faults",
        figure(&minor.plus(major), Unit::Count),
        parts([part("minor", minor), part("major", major)]),
    );
}

/// perf's counter of something the ledger has already: shown only if it says something else.
fn is_in_ledger(profile: &Profile, counter: &Counter) -> bool {
    let total = &profile.total;
    let ours = match counter.name.as_str() {
        "context-switches" => total.voluntary_switches.plus(&total.involuntary_switches),
        "cpu-migrations" => total.migrations.clone(),
        "page-faults" => total.minor_faults.plus(&total.major_faults),
        "minor-faults" => total.minor_faults.clone(),
        "major-faults" => total.major_faults.clone(),
        _ => return false,
    };
    !ours.is_missing() && (counter.total.is_missing() || counter.total.get() == ours.get())
}

fn counter_facts(counter: &Counter) -> Vec<String> {
    let mut facts = Vec::new();
    for (name, part) in [("user", &counter.user), ("kernel", &counter.kernel)] {
        if let Some(part) = part.as_ref().filter(|p| !p.is_missing()) {
            facts.push(format!("{name} {}", figure(part, counter.unit)));
        }
    }
    if let Reading::Scaled { running, .. } = counter.total {
        facts.push(scaled(running));
    }
    facts
}

fn ipc(ipc: &Ipc, grid: &mut Grid, notes: &mut Notes) {
    notes.see("instructions per cycle", &ipc.total);
    let Some(total) = ipc.total.value() else { return };
    let mut facts = Vec::new();
    for (name, part) in [("user", &ipc.user), ("kernel", &ipc.kernel)] {
        facts.extend(part.value().map(|v| format!("{name} {}", three_digits(*v))));
    }
    if let Reading::Scaled { running, .. } = ipc.total {
        facts.push(scaled(running));
    }
    line(grid, "instructions per cycle", three_digits(*total), facts);
}

fn scaled(running: f64) -> String {
    format!("(scaled from {:.0} %)", running * 100.0)
}

/// A reading as text, with the mark of how it was obtained.
pub(super) fn figure(reading: &Reading<u64>, unit: Unit) -> String {
    let number = |n: u64| match unit {
        Unit::Count => count(n),
        Unit::Ns => duration(n),
        Unit::Bytes => bytes(n),
    };
    match reading {
        Reading::Exact(n) | Reading::Scaled { value: n, .. } => number(*n),
        Reading::Estimated { value, .. } => format!("~{}", number(*value)),
        Reading::Partial { value, .. } => format!("≥{}", number(*value)),
        Reading::Missing { .. } => "–".into(),
    }
}

fn why(reading: &Reading<u64>) -> Option<&str> {
    match reading {
        Reading::Missing { missing, .. } => Some(missing),
        _ => None,
    }
}

/// The first two names; all of them stand where the reason does.
fn abridged(names: &[&str]) -> String {
    match names {
        [a, b, rest @ ..] if !rest.is_empty() => format!("{a}, {b}, {} more", rest.len()),
        few => few.join(", "),
    }
}

pub(super) fn memory(profile: &Profile, notes: &mut Notes) -> Section {
    let memory = &profile.memory;
    let mut section = Section::new("Memory");
    let mut grid = facts_grid();
    notes.see("largest process's peak RSS", &memory.largest_process_bytes);
    notes.see("memory of the tree", &memory.tree);
    let facts = if memory.largest_process_bytes.is_missing() {
        Vec::new()
    } else {
        memory.largest_process.iter().cloned().chain(["peak RSS".into()]).collect()
    };
    line(&mut grid, "largest process", figure(&memory.largest_process_bytes, Unit::Bytes), facts);
    let tree = memory.tree.clone().map(|t| t.peak_bytes);
    let facts = memory.tree.value().map_or_else(Vec::new, |t| {
        let samples = if t.samples == 1 {
            "1 sample".to_owned()
        } else {
            format!("{} samples, every {}", count(t.samples), duration(t.period_ns))
        };
        vec![format!("{} at its peak", t.kind), samples]
    });
    line(&mut grid, "whole tree", figure(&tree, Unit::Bytes), facts);
    section.grid = Some(grid);
    section
}
