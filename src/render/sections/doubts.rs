//! Whether to believe the report: the self-check, what was lost, and what measuring cost.

use super::super::grid::{Note, Section, Tone};
use super::super::units::{SIZE, TIME, Unit as Scale, bytes, count, duration, percent, three_digits};
use crate::model::{Check, Cost, HookCost, Profile, Reading, Unit};

/// A mean this many times the hooks' cost or less is worth a warning.
const NEAR: f64 = 4.0;

pub(super) fn self_check(profile: &Profile) -> Section {
    let mut section = Section::new("Self-check");
    if profile.checks.is_empty() {
        section.notes.push(Note::new(Tone::Warning, "no second source was at hand: nothing in this report is checked"));
        return section;
    }
    let (agree, differ): (Vec<&Check>, Vec<&Check>) = profile.checks.iter().partition(|c| c.agrees());
    for check in differ {
        let allowed = match (&check.why_tolerated, check.tolerance) {
            _ if check.lower_bound => "the other source cannot be more".to_owned(),
            (_, 0) => "they should be equal".to_owned(),
            (Some(why), n) => format!("they should differ by {} at most ({why})", number(check.unit, n)),
            (None, n) => format!("they should differ by {} at most", number(check.unit, n)),
        };
        let text = format!("DISAGREEMENT in {}: {}; {allowed}", check.what, sides(check));
        section.notes.push(Note::new(Tone::Alarm, text));
    }
    for check in agree {
        section.notes.push(Note::new(Tone::Plain, format!("{}: {}", check.what, sides(check))));
    }
    if profile.losses.none() {
        section.notes.push(Note::new(Tone::Plain, "no loss was counted"));
    }
    section
}

#[allow(clippy::cast_precision_loss)]
fn sides(check: &Check) -> String {
    if check.lower_bound && check.ours >= check.theirs {
        return format!("{} ≥ {} {}", number(check.unit, check.ours), check.source, number(check.unit, check.theirs));
    }
    if check.ours == check.theirs {
        return format!("{} = {}", number(check.unit, check.ours), check.source);
    }
    let difference = if check.theirs == 0 {
        String::new()
    } else {
        let relative = (check.ours as f64 - check.theirs as f64) / check.theirs as f64;
        let sign = if relative > 0.0 { "+" } else { "" };
        // Two decimals: most of these are far below one percent.
        format!(" ({sign}{:.2} %)", relative * 100.0)
    };
    // The same unit and as many digits as it takes to see the difference.
    let (ours, theirs) = in_one_unit(check);
    format!("{ours}, {} {theirs}{difference}", check.source)
}

fn number(unit: Unit, n: u64) -> String {
    match unit {
        Unit::Count => count(n),
        Unit::Ns => duration(n),
        Unit::Bytes => bytes(n),
    }
}

#[allow(clippy::cast_precision_loss)]
fn in_one_unit(check: &Check) -> (String, String) {
    let units: &[Scale] = match check.unit {
        Unit::Count => return (count(check.ours), count(check.theirs)),
        Unit::Ns => &TIME,
        Unit::Bytes => &SIZE,
    };
    let unit = Scale::for_column(units, [check.ours.max(check.theirs) as f64].into_iter(), false);
    let (ours, theirs) = (check.ours as f64, check.theirs as f64);
    let decimals = (2..=6).find(|d| unit.decimals(ours, *d) != unit.decimals(theirs, *d)).unwrap_or(6);
    let show = |n: f64| format!("{} {}", unit.decimals(n, decimals), unit.name);
    (show(ours), show(theirs))
}

pub(super) fn losses(profile: &Profile) -> Option<Section> {
    let l = &profile.losses;
    if l.none() {
        return None;
    }
    let all = [
        (l.thread_records, "thread records that did not fit the ring buffer", "the totals hold them"),
        (l.threads_untracked, "threads that could not be tracked", "they are in no total"),
        (
            l.switches_unseen,
            "switches at which no hook ran",
            "counted all the same; their time is taken from the scheduler's clock",
        ),
        (l.wakeups_unseen, "wake-ups at which no hook ran", "the run-queue latency after them is in blocked"),
        (l.hooks_skipped, "hook runs skipped by the kernel", "what they would have counted is missing"),
        (l.calls_without_row, "calls that found the table of kinds full", "they are counted, without times"),
        (l.stream_records, "records of the event stream", "times and switches are lower bounds"),
        (l.threads_summed_only, "finished threads not kept one by one", "the sums hold them"),
    ];
    let mut section = Section::new("Lost");
    for (n, what, so) in all.into_iter().filter(|(n, _, _)| *n > 0) {
        section.notes.push(Note::new(Tone::Warning, format!("{what}: {} ({so})", count(n))));
    }
    Some(section)
}

pub(super) fn cost(profile: &Profile) -> Section {
    let cost = &profile.cost;
    let mut section = Section::new("Cost of measuring");
    let mut push = |text: String| section.notes.push(Note::new(Tone::Plain, text));
    push(inside(profile));
    let hooks: Vec<String> = cost.hooks.iter().map(hook).collect();
    if !hooks.is_empty() {
        push(hooks.join(" · "));
    }
    push(beside(cost));
    section.notes.extend(near(profile));
    section
}

#[allow(clippy::cast_precision_loss)]
fn inside(profile: &Profile) -> String {
    match &profile.cost.in_measured_ns {
        Reading::Missing { missing, .. } => format!("in the measured time: not known, {missing}"),
        reading => {
            let ns = reading.get().unwrap_or(0);
            let share = profile.total.on_cpu_ns.get().filter(|n| *n > 0).map(|on_cpu| ns as f64 / on_cpu as f64);
            let share = share.map_or_else(String::new, |s| format!(", {} of the on-CPU time", percent(s)));
            format!("in the measured time: about {}{share}", duration(ns))
        }
    }
}

fn hook(hook: &HookCost) -> String {
    let each = hook
        .ns_per_event
        .value()
        .map_or_else(|| "cost not known".to_owned(), |ns| format!("{} ns each", three_digits(*ns)));
    format!("{}: {} × {each}", hook.hook, count(hook.events))
}

fn beside(cost: &Cost) -> String {
    let mut parts = Vec::new();
    parts.extend(cost.own_cpu_ns.get().map(|ns| format!("{} of CPU time", duration(ns))));
    parts.extend(cost.own_peak_rss_bytes.get().map(|n| format!("{} of memory", bytes(n))));
    parts.extend(cost.start_up_ns.get().map(|ns| format!("start-up {}", duration(ns))));
    parts.extend(cost.tear_down_ns.get().map(|ns| format!("tear-down {}", duration(ns))));
    if parts.is_empty() { "beside it: not known".into() } else { format!("beside it: {}", parts.join(" · ")) }
}

/// Calls so short that watching them is a good part of what is shown.
#[allow(clippy::cast_precision_loss)]
fn near(profile: &Profile) -> Option<Note> {
    let hook = profile.cost.hooks.iter().find(|h| h.hook.contains("sys_enter") || h.hook.contains("sys_exit"))?;
    let ns = *hook.ns_per_event.value()?;
    let table = profile.syscalls.value()?;
    let mut calls: Vec<(&str, u64)> = table
        .calls
        .iter()
        .filter(|c| c.calls > 0 && c.elapsed_ns.get().is_some_and(|t| (t as f64) < NEAR * ns * c.calls as f64))
        .map(|c| (c.name.as_str(), c.calls))
        .collect();
    calls.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let more = calls.len().saturating_sub(8);
    let mut names: Vec<String> = calls.iter().take(8).map(|(name, _)| (*name).to_owned()).collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let text = format!(
        "The mean of {} is within {NEAR} × of the {} ns that watching a call costs: take their times with care",
        names.join(", "),
        three_digits(ns)
    );
    (!names.is_empty()).then(|| Note::new(Tone::Warning, text))
}
