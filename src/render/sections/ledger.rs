//! Where the time went: the rows of the ledger with their shares, and beside each what it is made of.

use super::super::grid::{Column, Grid, Hue, Note, Section, Tone, Value, Weight};
use super::super::units::{count, duration, percent, three_digits};
use super::notes::Notes;
use crate::model::{Profile, Reading, Row, Syscall, Tier};

/// The design's promise for a run in which every switch and call is seen.
const UNACCOUNTED_LIMIT: f64 = 0.001;

pub(super) fn section(profile: &Profile, notes: &mut Notes) -> Section {
    let total = &profile.total;
    let mut section = Section::new("Where the time went");
    section.subtitle = subtitle(profile);
    let mut grid = Grid::without_header(vec![
        Column::left(""),
        Column::right("time", 0),
        Column::right("share", 0),
        Column::beside("", 1),
        Column::beside("", 2),
    ]);
    // Also the finer rows that a coarser one stands for.
    notes.see("user", &total.user_ns);
    notes.see("kernel", &total.kernel_ns);
    notes.see("run queue", &total.run_queue_ns);
    notes.see("blocked", &total.blocked_ns);
    for (row, reading) in total.rows() {
        let (name, hue) = name(row);
        notes.see(name, reading);
        let share = share(reading.get().map(i128::from), total.lifetime_ns.get());
        let facts = if reading.is_missing() { Vec::new() } else { facts(profile, row) };
        let cells = vec![
            Value::text(name),
            Value::time(reading),
            Value::Share(share),
            Value::Bar(share, hue),
            Value::Facts(facts),
        ];
        grid.push(Weight::One, cells);
    }
    notes.see("lifetime", &total.lifetime_ns);
    let unaccounted = total.unaccounted_ns();
    let share = share(unaccounted.value().copied().map(i128::from), total.lifetime_ns.get());
    grid.push(
        Weight::One,
        vec![
            Value::text("unaccounted"),
            Value::Time(unaccounted),
            Value::Share(share),
            Value::Bar(share, Hue::Unknown),
            Value::Facts(Vec::new()),
        ],
    );
    section.grid = Some(grid);
    section.notes.extend(rusage(profile, notes));
    if let Some(share) = share.filter(|s| profile.tier == Tier::Bpf && s.abs() > UNACCOUNTED_LIMIT) {
        let what = if share < 0.0 { "The rows overlap" } else { "Time is missing from the rows" };
        let text = format!(
            "{what}: {} of the lifetime, where under {} is expected",
            percent(share),
            percent(UNACCOUNTED_LIMIT)
        );
        section.notes.push(Note::new(Tone::Warning, text));
    }
    section
}

#[allow(clippy::cast_precision_loss)]
fn subtitle(profile: &Profile) -> Option<String> {
    let lifetime = profile.total.lifetime_ns.get()?;
    let mut text = format!("{} of thread time", duration(lifetime));
    if profile.window.elapsed_ns > 0 {
        let alive = lifetime as f64 / profile.window.elapsed_ns as f64;
        text.push_str(&format!(", {} threads alive on average", three_digits(alive)));
    }
    Some(text)
}

/// wait4's split, beside the ledger and never instead of it.
fn rusage(profile: &Profile, notes: &mut Notes) -> Option<Note> {
    notes.see("rusage", &profile.rusage_user_system_ns);
    let (user, system) = profile.rusage_user_system_ns.value()?;
    let text = format!(
        "wait4 says user {}, system (with faults) {}: sampled at ticks, far off on short runs",
        duration(*user),
        duration(*system)
    );
    Some(Note::new(Tone::Quiet, text))
}

fn name(row: Row) -> (&'static str, Hue) {
    match row {
        Row::User => ("user", Hue::User),
        Row::Kernel => ("kernel", Hue::Kernel),
        Row::OnCpu => ("on-CPU", Hue::User),
        Row::RunQueue => ("run queue", Hue::Runnable),
        Row::Preempted => ("preempted", Hue::Runnable),
        Row::Blocked => ("blocked", Hue::Blocked),
        Row::OffCpuVoluntary => ("off-CPU", Hue::Blocked),
    }
}

#[allow(clippy::cast_precision_loss)]
fn share(part: Option<i128>, whole: Option<u64>) -> Option<f64> {
    match (part, whole) {
        (Some(part), Some(whole)) if whole > 0 => Some(part as f64 / whole as f64),
        _ => None,
    }
}

/// What a row is made of, the largest part first.
fn facts(profile: &Profile, row: Row) -> Vec<String> {
    match row {
        Row::User => user(profile),
        Row::Kernel => kernel(profile),
        Row::OnCpu => vec!["user and kernel together".into()],
        Row::RunQueue => run_queue(profile),
        Row::Preempted => profile.total.involuntary_switches.get().map(|n| plural(n, "time")).into_iter().collect(),
        Row::Blocked => blocked(profile),
        Row::OffCpuVoluntary => vec!["blocked and run queue together".into()],
    }
}

fn plural(n: u64, what: &str) -> String {
    format!("{} {what}{}", count(n), if n == 1 { "" } else { "s" })
}

/// What is in the row and is not the program's own code: page faults, and the hooks where they are a good part of it.
fn user(profile: &Profile) -> Vec<String> {
    let total = &profile.total;
    let faults = total.minor_faults.plus(&total.major_faults).get().filter(|n| *n > 0);
    let user = total.user_ns.get().unwrap_or(0);
    let hooks = profile.cost.in_measured_ns.get().filter(|ns| ns.saturating_mul(20) > user && *ns > 0);
    let faults = faults.map(|n| format!("with {}", plural(n, "page fault")));
    let hooks = hooks.map(|ns| format!("most of osmeter's own {}", duration(ns)));
    faults.into_iter().chain(hooks).collect()
}

fn kernel(profile: &Profile) -> Vec<String> {
    let Some(table) = profile.syscalls.value() else { return Vec::new() };
    let calls = table.calls.iter().filter_map(|c: &Syscall| Some((c.name.clone(), c.on_cpu_ns.get()?)));
    let outside = table.outside_calls.iter().map(|w| (w.what.clone(), w.on_cpu_ns));
    largest(calls.chain(outside))
}

fn blocked(profile: &Profile) -> Vec<String> {
    let Some(reasons) = profile.blocked.value() else { return Vec::new() };
    largest(reasons.iter().map(|b| (b.reason(), b.blocked_ns)))
}

fn largest(parts: impl Iterator<Item = (String, u64)>) -> Vec<String> {
    let mut parts: Vec<(String, u64)> = parts.filter(|(_, ns)| *ns > 0).collect();
    parts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    parts.into_iter().take(4).map(|(name, ns)| format!("{name} {}", duration(ns))).collect()
}

fn run_queue(profile: &Profile) -> Vec<String> {
    let mut facts: Vec<String> = profile.total.wakeups.get().map(|n| plural(n, "wake-up")).into_iter().collect();
    if let Reading::Exact(histogram) | Reading::Partial { value: histogram, .. } = &profile.run_queue_latency {
        let max = profile.run_queue_latency_max_ns.get().unwrap_or(u64::MAX);
        for (name, q) in [("p50", 0.5), ("p99", 0.99)] {
            facts.extend(histogram.quantile(q, max).map(|ns| format!("{name} {}", duration(ns))));
        }
        facts.extend(
            profile.run_queue_latency_max_ns.get().filter(|n| *n > 0).map(|ns| format!("max {}", duration(ns))),
        );
    }
    facts
}
