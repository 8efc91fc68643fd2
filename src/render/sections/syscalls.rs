//! System calls: the table of the machine's own calls, that of 32-bit calls, and errors by errno.

use super::super::SortKey;
use super::super::grid::{Column, Grid, Note, Section, Tone, Value, Weight, keep};
use super::super::units::{count, duration};
use super::Choice;
use super::notes::Notes;
use crate::model::{Abi, Histogram, Profile, Reading, Syscall, SyscallTable};
use std::cmp::Ordering;
use std::collections::BTreeMap;

pub(super) fn sections(profile: &Profile, choice: Choice, notes: &mut Notes) -> Vec<Section> {
    notes.see("system calls", &profile.syscalls);
    let Some(table) = profile.syscalls.value() else {
        let mut section = Section::new("System calls");
        section.subtitle = Some("–".into());
        return vec![section];
    };
    let of = |abi| table.calls.iter().filter(|c| c.abi == abi).collect::<Vec<_>>();
    let mut sections = vec![section("System calls", of(Abi::Native), choice, notes)];
    sections[0].notes.extend(outside(table));
    if let Reading::Partial { lost, .. } = profile.syscalls {
        let text = format!("at least so many: {} events were lost", count(lost));
        sections[0].notes.push(Note::new(Tone::Warning, text));
    }
    let compat = of(Abi::Compat32);
    if !compat.is_empty() {
        sections.push(section("32-bit calls", compat, choice, notes));
    }
    if choice.errors {
        sections.push(errors(table));
    }
    sections
}

fn section(title: &str, mut calls: Vec<&Syscall>, choice: Choice, notes: &mut Notes) -> Section {
    let mut section = Section::new(title);
    if calls.is_empty() {
        section.subtitle = Some("none".into());
        return section;
    }
    calls.sort_by(|a, b| order(choice.sort, a, b).then_with(|| a.name.cmp(&b.name)));
    let (shown, rest) = calls.split_at(choice.shown(calls.len()));
    let mut columns = columns();
    keep(&mut columns, sorted_by(choice.sort));
    let mut grid = Grid::new(columns);
    for call in shown {
        let mark = if is_open(call) { " *" } else { "" };
        grid.push(Weight::One, Sum::of(&[call]).cells(format!("{}{mark}", call.name)));
    }
    if !rest.is_empty() {
        grid.push(Weight::Rest, Sum::of(rest).cells(format!("{} others", count(rest.len() as u64))));
    }
    let total = Sum::of(&calls);
    notes.see("elapsed time of calls", &total.elapsed);
    notes.see("on-CPU time of calls", &total.on_cpu);
    notes.see("blocked time of calls", &total.blocked);
    notes.see("run-queue latency in calls", &total.queue);
    notes.see("preempted time in calls", &total.preempted);
    grid.push(Weight::Total, total.cells("total".into()));
    section.grid = Some(grid);
    section.notes.extend(open(&calls));
    section
}

fn columns() -> Vec<Column> {
    vec![
        Column::left("System calls"),
        Column::right("calls", 0),
        Column::right("errors", 2),
        Column::right("elapsed", 0),
        Column::right("on-CPU", 1),
        Column::right("blocked", 3),
        Column::right("queue", 9),
        Column::right("preempted", 11),
        Column::single("mean", 7),
        Column::single("p50", 6),
        Column::single("p90", 10),
        Column::single("p99", 4),
        Column::single("max", 5),
    ]
}

fn sorted_by(key: SortKey) -> &'static [&'static str] {
    match key {
        SortKey::OnCpu => &["on-CPU"],
        SortKey::Blocked => &["blocked"],
        SortKey::Queue => &["queue"],
        SortKey::Errors => &["errors"],
        SortKey::Max => &["max"],
        SortKey::Elapsed | SortKey::Calls | SortKey::Name => &[],
    }
}

fn order(key: SortKey, a: &Syscall, b: &Syscall) -> Ordering {
    // A missing time sorts last; then the number of calls decides.
    let by = |f: fn(&Syscall) -> Option<u64>| f(b).cmp(&f(a)).then(b.calls.cmp(&a.calls));
    match key {
        SortKey::Elapsed => by(|c| c.elapsed_ns.get()),
        SortKey::OnCpu => by(|c| c.on_cpu_ns.get()),
        SortKey::Blocked => by(|c| c.blocked_ns.get()),
        SortKey::Queue => by(|c| c.run_queue_ns.get()),
        SortKey::Calls => by(|c| Some(c.calls)),
        SortKey::Errors => by(|c| Some(c.errors)),
        SortKey::Max => by(|c| c.elapsed_max_ns.get()),
        SortKey::Name => a.name.cmp(&b.name),
    }
}

/// Several kinds of call summed, their distributions merged.
struct Sum {
    calls: u64,
    errors: u64,
    elapsed: Reading<u64>,
    on_cpu: Reading<u64>,
    blocked: Reading<u64>,
    queue: Reading<u64>,
    preempted: Reading<u64>,
    max: Option<u64>,
    histogram: Histogram,
}

impl Sum {
    fn of(calls: &[&Syscall]) -> Self {
        let sum = |f: fn(&Syscall) -> &Reading<u64>| calls.iter().fold(Reading::Exact(0), |sum, c| sum.plus(f(c)));
        let mut histogram = Histogram::default();
        for call in calls {
            histogram.merge(&call.elapsed);
        }
        Self {
            calls: calls.iter().fold(0, |sum, c| sum.saturating_add(c.calls)),
            errors: calls.iter().fold(0, |sum, c| sum.saturating_add(c.errors)),
            elapsed: sum(|c| &c.elapsed_ns),
            on_cpu: sum(|c| &c.on_cpu_ns),
            blocked: sum(|c| &c.blocked_ns),
            queue: sum(|c| &c.run_queue_ns),
            preempted: sum(|c| &c.preempted_ns),
            max: calls.iter().filter_map(|c| c.elapsed_max_ns.get()).max(),
            histogram,
        }
    }

    fn cells(self, name: String) -> Vec<Value> {
        // Without a call that returned there is no distribution: a dash, and no reason to give below.
        let none = || Reading::missing("no call returned");
        let point = |value: Option<u64>| Value::time(&value.map_or_else(none, Reading::Exact));
        let quantile = |q| point(self.histogram.quantile(q, self.max.unwrap_or(u64::MAX)));
        let mean = match self.calls {
            0 => Value::time(&none()),
            n => Value::time(&self.elapsed.clone().map(|ns| ns / n)),
        };
        vec![
            Value::Text(name),
            Value::count(self.calls),
            Value::count(self.errors),
            Value::time(&self.elapsed),
            Value::time(&self.on_cpu),
            Value::time(&self.blocked),
            Value::time(&self.queue),
            Value::time(&self.preempted),
            mean,
            quantile(0.5),
            quantile(0.9),
            quantile(0.99),
            point(self.max),
        ]
    }
}

fn is_open(call: &Syscall) -> bool {
    call.open_at_end > 0 || call.open_at_start > 0
}

/// Calls whose beginning or end was not seen.
fn open(calls: &[&Syscall]) -> Option<Note> {
    let list = |f: fn(&Syscall) -> u64| {
        let open = calls.iter().filter(|c| f(c) > 0).map(|c| format!("{} {}", c.name, count(f(c))));
        open.collect::<Vec<_>>().join(", ")
    };
    let (end, start) = (list(|c| c.open_at_end), list(|c| c.open_at_start));
    let mut parts = Vec::new();
    if !end.is_empty() {
        parts.push(format!("not returned at the end, with their time so far: {end}"));
    }
    if !start.is_empty() {
        parts.push(format!("already open at the start, with their time since: {start}"));
    }
    (!parts.is_empty()).then(|| Note::new(Tone::Quiet, format!("* {}", parts.join("; "))))
}

/// Kernel time that no call's row holds: with it the rows sum to the ledger's kernel row.
fn outside(table: &SyscallTable) -> Option<Note> {
    let mut work: Vec<_> = table.outside_calls.iter().filter(|w| w.count > 0 || w.on_cpu_ns > 0).collect();
    work.sort_by(|a, b| b.on_cpu_ns.cmp(&a.on_cpu_ns).then_with(|| a.what.cmp(&b.what)));
    let list: Vec<String> =
        work.iter().map(|w| format!("{} {} ({} ×)", w.what, duration(w.on_cpu_ns), count(w.count))).collect();
    (!list.is_empty()).then(|| Note::new(Tone::Quiet, format!("kernel time outside calls: {}", list.join(" · "))))
}

/// `--errors`: by call and errno.
fn errors(table: &SyscallTable) -> Section {
    let mut section = Section::new("Errors");
    let mut calls: Vec<&Syscall> = table.calls.iter().filter(|c| c.errors > 0 || c.interrupted > 0).collect();
    if calls.is_empty() {
        section.subtitle = Some("none".into());
        return section;
    }
    calls.sort_by(|a, b| b.errors.cmp(&a.errors).then_with(|| a.name.cmp(&b.name)));
    let mut grid = Grid::new(vec![
        Column::left("Errors"),
        Column::right("errors", 0),
        Column::right("of calls", 1),
        Column::beside("by errno", 0),
    ]);
    for call in &calls {
        let abi = if call.abi == Abi::Compat32 { " (32-bit)" } else { "" };
        let facts = by_errno(&call.errnos, call.interrupted);
        grid.push(
            Weight::One,
            vec![
                Value::Text(format!("{}{abi}", call.name)),
                Value::count(call.errors),
                Value::count(call.calls),
                Value::Facts(facts),
            ],
        );
    }
    section.grid = Some(grid);
    section
}

fn by_errno(errnos: &BTreeMap<String, u64>, interrupted: u64) -> Vec<String> {
    let mut errnos: Vec<(&String, &u64)> = errnos.iter().collect();
    errnos.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let mut facts: Vec<String> = errnos.into_iter().map(|(name, n)| format!("{name} {}", count(*n))).collect();
    if interrupted > 0 {
        facts.push(format!("interrupted {} (no error)", count(interrupted)));
    }
    facts
}
