//! Processes, the threads of those that have several, and programs: the ledger of each.

use super::super::SortKey;
use super::super::grid::{Column, Grid, Note, Section, Tone, Value, Weight, keep};
use super::super::units::count;
use super::Choice;
use super::notes::Notes;
use crate::model::{Ended, Ledger, Profile, Reading};
use std::collections::HashSet;

/// A line to be: a process, a thread or a program.
struct Task<'a> {
    name: String,
    threads: u64,
    ledger: &'a Ledger,
    peak_rss: Option<&'a Reading<u64>>,
}

/// A table of tasks: what it is called, and what all of them sum to if that is known apart from the rows.
struct Kind<'a> {
    title: &'static str,
    number: Option<u64>,
    total: Option<&'a Ledger>,
    threads: Option<u64>,
}

pub(super) fn sections(profile: &Profile, choice: Choice, notes: &mut Notes) -> Vec<Section> {
    notes.see("number of processes", &profile.process_count);
    notes.see("number of threads", &profile.thread_count);
    see_ledger(&profile.total, notes);
    let (number, threads) = (profile.process_count.get(), profile.thread_count.get());
    let mut sections = Vec::new();
    let kind = Kind { title: "Processes", number, total: Some(&profile.total), threads };
    sections.extend(section(kind, processes(profile), choice));
    let kind = Kind { title: "Threads", number: None, total: None, threads: None };
    sections.extend(section(kind, threads_of_several(profile), choice));
    // One program is the whole, which stands above.
    if profile.programs.len() > 1 {
        let kind = Kind { title: "Programs", number: None, total: Some(&profile.total), threads: None };
        sections.extend(section(kind, programs(profile), choice));
    }
    sections
}

fn processes(profile: &Profile) -> Vec<Task<'_>> {
    let task = |p: &'_ crate::model::Process| format!("{} {}", p.comm, p.tgid);
    profile
        .processes
        .iter()
        .map(|p| Task { name: task(p), threads: p.threads, ledger: &p.ledger, peak_rss: Some(&p.peak_rss_bytes) })
        .collect()
}

/// A process of one thread says all there is to say about that thread.
fn threads_of_several(profile: &Profile) -> Vec<Task<'_>> {
    let several: HashSet<u32> = profile.processes.iter().filter(|p| p.threads > 1).map(|p| p.tgid).collect();
    let threads = profile.threads.iter().filter(|t| several.contains(&t.tgid));
    threads
        .map(|t| {
            let alive = if t.ended == Ended::Alive { " +" } else { "" };
            let name = format!("{} {}/{}{alive}", t.comm, t.tgid, t.tid);
            Task { name, threads: 1, ledger: &t.ledger, peak_rss: None }
        })
        .collect()
}

fn programs(profile: &Profile) -> Vec<Task<'_>> {
    let programs = profile.programs.iter();
    programs
        .map(|p| {
            let times = if p.processes == 1 { String::new() } else { format!(" × {}", count(p.processes)) };
            Task { name: format!("{}{times}", p.comm), threads: p.threads, ledger: &p.ledger, peak_rss: None }
        })
        .collect()
}

fn section(kind: Kind<'_>, mut tasks: Vec<Task<'_>>, choice: Choice) -> Option<Section> {
    if tasks.is_empty() {
        return None;
    }
    sort(choice.sort, &mut tasks);
    let (shown, rest) = tasks.split_at(choice.shown(tasks.len()));
    let shown_sum = Sum::of(shown);
    let mut all = Sum::of(&tasks);
    let mut section = Section::new(kind.title);
    if let Some(total) = kind.total {
        all = all.raised_to(total, kind.threads);
        section.notes.extend(overflow(&tasks, total));
    }
    let mut columns = columns(kind.title);
    keep(&mut columns, sorted_by(choice.sort));
    let mut grid = Grid::new(columns);
    for task in shown {
        grid.push(Weight::One, Sum::of(std::slice::from_ref(task)).cells(task.name.clone(), task.peak_rss));
    }
    // What the rows do not hold although it is in the total belongs to tasks that were not kept one by one.
    let left = all.minus(&shown_sum);
    let number = kind.number.unwrap_or(0).max(tasks.len() as u64) - shown.len() as u64;
    if !rest.is_empty() || number > 0 || !left.is_nothing() {
        let name = match number {
            0 => "not kept one by one".to_owned(),
            1 => "1 other".to_owned(),
            n => format!("{} others", count(n)),
        };
        grid.push(Weight::Rest, left.cells(name, None));
    }
    if tasks.len() > 1 || grid.lines.len() > 1 {
        grid.push(Weight::Total, all.cells("total".into(), None));
    }
    section.grid = Some(grid);
    if kind.title == "Threads" {
        let alive = if shown.iter().any(|t| t.name.ends_with(" +")) { "; + alive at the end" } else { "" };
        let text = format!("threads of processes with several, as comm tgid/tid{alive}");
        section.notes.push(Note::new(Tone::Quiet, text));
    }
    Some(section)
}

fn sort(key: SortKey, tasks: &mut [Task<'_>]) {
    let by = |t: &Task<'_>| {
        let l = t.ledger;
        let first = match key {
            SortKey::Elapsed | SortKey::OnCpu | SortKey::Errors | SortKey::Name => &l.on_cpu_ns,
            SortKey::Blocked if l.blocked_ns.is_missing() => &l.off_cpu_voluntary_ns,
            SortKey::Blocked => &l.blocked_ns,
            SortKey::Queue => &l.run_queue_ns,
            SortKey::Calls => &l.syscalls,
            SortKey::Max => &l.lifetime_ns,
        };
        (first.get(), l.lifetime_ns.get())
    };
    if key == SortKey::Name {
        tasks.sort_by(|a, b| a.name.cmp(&b.name));
    } else {
        tasks.sort_by(|a, b| by(b).cmp(&by(a)).then_with(|| a.name.cmp(&b.name)));
    }
}

fn sorted_by(key: SortKey) -> &'static [&'static str] {
    match key {
        SortKey::Blocked => &["blocked", "off-CPU"],
        SortKey::Queue => &["queue"],
        SortKey::Calls => &["calls"],
        SortKey::Max => &["lifetime"],
        SortKey::Elapsed | SortKey::OnCpu | SortKey::Errors | SortKey::Name => &["on-CPU"],
    }
}

fn columns(title: &'static str) -> Vec<Column> {
    vec![
        Column::left(title),
        Column::right("threads", 9),
        Column::right("lifetime", 4),
        Column::right("on-CPU", 14),
        Column::right("user", 0),
        Column::right("kernel", 0),
        Column::right("queue", 5),
        Column::right("preempted", 6),
        Column::right("blocked", 1),
        Column::right("off-CPU", 13),
        Column::right("vol.", 7),
        Column::right("invol.", 8),
        Column::right("calls", 3),
        Column::right("peak RSS", 10),
        Column::right("faults", 11),
        Column::right("migrations", 15),
        Column::right("wake-ups", 16),
        Column::right("unacc.", 12),
    ]
}

/// The ledger of several tasks summed.
struct Sum {
    threads: Option<u64>,
    ledger: Ledger,
}

impl Sum {
    fn of(tasks: &[Task<'_>]) -> Self {
        let mut ledger = Ledger::zero();
        for task in tasks {
            ledger.add(task.ledger);
        }
        Self { threads: Some(tasks.iter().fold(0, |sum, t| sum.saturating_add(t.threads))), ledger }
    }

    /// The total of the whole tree where it is larger than the rows' sum: it also holds what was not kept one by one.
    fn raised_to(mut self, total: &Ledger, threads: Option<u64>) -> Self {
        self.threads = threads.map(|n| n.max(self.threads.unwrap_or(0)));
        self.ledger = zip(&self.ledger, total, |rows, total| match (rows.get(), total.get()) {
            (Some(a), Some(b)) if a > b => rows.clone(),
            _ => total.clone(),
        });
        self
    }

    fn minus(&self, shown: &Self) -> Self {
        let ledger = zip(&self.ledger, &shown.ledger, |all, shown| match shown.get() {
            Some(shown) => all.clone().map(|n| n.saturating_sub(shown)),
            None => shown.clone(),
        });
        let threads = self.threads.zip(shown.threads).map(|(a, b)| a.saturating_sub(b));
        Self { threads, ledger }
    }

    fn is_nothing(&self) -> bool {
        let l = &self.ledger;
        [&l.lifetime_ns, &l.on_cpu_ns, &l.voluntary_switches, &l.syscalls]
            .iter()
            .all(|r| r.get().is_none_or(|n| n == 0))
    }

    fn cells(&self, name: String, peak_rss: Option<&Reading<u64>>) -> Vec<Value> {
        let l = &self.ledger;
        let coarse = |fine: [&Reading<u64>; 2], sum: &Reading<u64>| {
            if fine.iter().all(|r| r.is_missing()) { Value::time(sum) } else { Value::Blank }
        };
        vec![
            Value::Text(name),
            self.threads.map_or(Value::Blank, Value::count),
            Value::time(&l.lifetime_ns),
            coarse([&l.user_ns, &l.kernel_ns], &l.on_cpu_ns),
            Value::time(&l.user_ns),
            Value::time(&l.kernel_ns),
            Value::time(&l.run_queue_ns),
            Value::time(&l.preempted_ns),
            Value::time(&l.blocked_ns),
            coarse([&l.run_queue_ns, &l.blocked_ns], &l.off_cpu_voluntary_ns),
            Value::Count(l.voluntary_switches.clone()),
            Value::Count(l.involuntary_switches.clone()),
            Value::Count(l.syscalls.clone()),
            peak_rss.map_or(Value::Blank, |r| Value::Bytes(r.clone())),
            Value::Count(l.minor_faults.plus(&l.major_faults)),
            Value::Count(l.migrations.clone()),
            Value::Count(l.wakeups.clone()),
            Value::Time(l.unaccounted_ns()),
        ]
    }
}

/// Two ledgers, field by field.
fn zip(a: &Ledger, b: &Ledger, f: impl Fn(&Reading<u64>, &Reading<u64>) -> Reading<u64>) -> Ledger {
    Ledger {
        lifetime_ns: f(&a.lifetime_ns, &b.lifetime_ns),
        on_cpu_ns: f(&a.on_cpu_ns, &b.on_cpu_ns),
        user_ns: f(&a.user_ns, &b.user_ns),
        kernel_ns: f(&a.kernel_ns, &b.kernel_ns),
        off_cpu_voluntary_ns: f(&a.off_cpu_voluntary_ns, &b.off_cpu_voluntary_ns),
        run_queue_ns: f(&a.run_queue_ns, &b.run_queue_ns),
        preempted_ns: f(&a.preempted_ns, &b.preempted_ns),
        blocked_ns: f(&a.blocked_ns, &b.blocked_ns),
        voluntary_switches: f(&a.voluntary_switches, &b.voluntary_switches),
        involuntary_switches: f(&a.involuntary_switches, &b.involuntary_switches),
        migrations: f(&a.migrations, &b.migrations),
        wakeups: f(&a.wakeups, &b.wakeups),
        minor_faults: f(&a.minor_faults, &b.minor_faults),
        major_faults: f(&a.major_faults, &b.major_faults),
        syscalls: f(&a.syscalls, &b.syscalls),
    }
}

/// Rows that sum to more than the total are a fault of the tool, to be said and not to be smoothed over.
fn overflow(tasks: &[Task<'_>], total: &Ledger) -> Option<Note> {
    let rows = Sum::of(tasks).ledger;
    let more = |a: &Reading<u64>, b: &Reading<u64>| a.get().zip(b.get()).is_some_and(|(a, b)| a > b);
    let which: Vec<&str> = [
        ("lifetime", more(&rows.lifetime_ns, &total.lifetime_ns)),
        ("on-CPU time", more(&rows.on_cpu_ns, &total.on_cpu_ns)),
        ("blocked time", more(&rows.blocked_ns, &total.blocked_ns)),
        ("voluntary switches", more(&rows.voluntary_switches, &total.voluntary_switches)),
        ("system calls", more(&rows.syscalls, &total.syscalls)),
    ]
    .into_iter()
    .filter_map(|(name, more)| more.then_some(name))
    .collect();
    let text = format!("These rows sum to more than the total of the whole tree: {}", which.join(", "));
    (!which.is_empty()).then(|| Note::new(Tone::Alarm, text))
}

fn see_ledger(ledger: &Ledger, notes: &mut Notes) {
    notes.see("voluntary switches", &ledger.voluntary_switches);
    notes.see("involuntary switches", &ledger.involuntary_switches);
    notes.see("CPU migrations", &ledger.migrations);
    notes.see("wake-ups", &ledger.wakeups);
    notes.see("minor faults", &ledger.minor_faults);
    notes.see("major faults", &ledger.major_faults);
    notes.see("system calls", &ledger.syscalls);
}
