//! perf_event counters over the command's tree: hardware where there is a PMU, software always.
//!
//! Fed by `perf_event_open(2)`: counters on the command's first thread that its threads and descendants inherit. Does not
//! hold the kernel's own per-thread counts, which the BPF ledger reads for nothing; an inherited event costs some hundred
//! nanoseconds a context switch, so where the ledger runs only hardware events are opened.
//!
//! Two events that are divided by each other (instructions by cycles, misses by references) are opened as a group, which the
//! kernel puts on the PMU together or not at all. Reading a whole group at once cannot be combined with inheritance
//! (`PERF_FORMAT_GROUP` with `inherit` is EINVAL before Linux 6.12), so each is read alone and their times are compared.

mod events;
mod refusal;
mod scaling;
mod source;

use super::target::{Availability, Collector, Start, Target};
use crate::model::{Counter, Host, Ipc, Reading, Unit};
use crate::sys::perf::Count;
use events::{CLOCK, EVENTS, PAIRS, Pair};
use perf_event::events::{Event, Hardware, Software};
use refusal::{Refusal, no_pmu};
pub use scaling::ipc;
use scaling::scaled;
pub use source::{Mode, PerfEvents, Source};
use std::io;

/// Which counters to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The processor's only: the kernel's own are known from elsewhere.
    Hardware,
    /// The processor's, and of the kernel's those that wait4 does not have. An inherited event costs time at each switch.
    BesideWait4,
    /// The processor's and the kernel's.
    All,
}

/// What the counters read.
#[derive(Debug, Clone, PartialEq)]
pub struct CounterReadings {
    /// One for each event, missing ones included.
    pub counters: Vec<Counter>,
    /// Instructions per cycle.
    pub ipc: Ipc,
}

/// The collector.
#[derive(Debug)]
pub struct Counters<S: Source = PerfEvents> {
    source: S,
    which: Which,
    no_pmu: Refusal,
    start: Start,
    software: Vec<Row<S::Counter>>,
    hardware: Vec<PairRow<S::Counter>>,
}

/// One event in one mode, opened on each thread that the target had.
type Opened<C> = Result<Vec<(u32, C)>, Refusal>;

#[derive(Debug)]
struct Row<C> {
    name: &'static str,
    event: Software,
    mode: Mode,
    opened: Opened<C>,
}

#[derive(Debug)]
struct PairRow<C> {
    names: [&'static str; 2],
    user: [Opened<C>; 2],
    kernel: [Opened<C>; 2],
}

impl Counters {
    /// The kernel's counters, on the machine that `host` describes.
    pub fn new(which: Which, host: &Host) -> Self {
        Self::from_source(PerfEvents, which, host)
    }
}

impl<S: Source> Counters<S> {
    /// Counters of another source: a fake, in a test.
    pub fn from_source(source: S, which: Which, host: &Host) -> Self {
        Self { source, which, no_pmu: no_pmu(host), start: Start::AtExec, software: Vec::new(), hardware: Vec::new() }
    }

    /// Opens a software event with the kernel's share, or failing that without.
    fn open_software(&self, name: &'static str, event: Software, on: &Threads) -> Row<S::Counter> {
        let with = |mode| self.open(&Event::Software(event), mode, on);
        match with(Mode::Both) {
            Err(refusal) if refusal.rights => {
                let opened = match event {
                    // These happen in the kernel: an event without it opens and reads 0 for ever.
                    Software::CONTEXT_SWITCHES | Software::CPU_MIGRATIONS => Err(refusal),
                    _ => with(Mode::User),
                };
                Row { name, event, mode: Mode::User, opened }
            }
            opened => Row { name, event, mode: Mode::Both, opened },
        }
    }

    fn open(&self, event: &Event, mode: Mode, on: &Threads) -> Opened<S::Counter> {
        let mut opened = Vec::with_capacity(on.tids.len());
        for tid in &on.tids {
            match self.source.open(event, mode, *tid, on.start, None) {
                Ok(counter) => opened.push((*tid, counter)),
                Err(error) if ended(&error) && on.tids.len() > 1 => {}
                Err(error) => return Err(self.refusal(&error, event, mode)),
            }
        }
        Ok(opened)
    }

    /// Opens both events of a pair in one group on each thread.
    fn open_pair(&self, pair: &Pair, mode: Mode, on: &Threads) -> [Opened<S::Counter>; 2] {
        let leaders = self.open(&pair[0].1, mode, on);
        let members = leaders.as_ref().map_err(Clone::clone).and_then(|leaders| {
            let mut members = Vec::with_capacity(leaders.len());
            for (tid, leader) in leaders {
                match self.source.open(&pair[1].1, mode, *tid, on.start, Some(leader)) {
                    Ok(counter) => members.push((*tid, counter)),
                    Err(error) if ended(&error) && leaders.len() > 1 => {}
                    Err(error) => return Err(self.refusal(&error, &pair[1].1, mode)),
                }
            }
            Ok(members)
        });
        [leaders, members]
    }

    fn open_pairs(&self, on: &Threads) -> Vec<PairRow<S::Counter>> {
        let mut rows: Vec<PairRow<S::Counter>> = Vec::with_capacity(PAIRS.len());
        for pair in &PAIRS {
            let names = [pair[0].0, pair[1].0];
            // Where not even cycles are counted there is no PMU: one reason for all.
            let none = rows.first().and_then(|cycles| cycles.user[0].as_ref().err()).filter(|refusal| !refusal.rights);
            let row = if let Some(none) = none.cloned() {
                let refused = || [Err(none.clone()), Err(none.clone())];
                PairRow { names, user: refused(), kernel: refused() }
            } else {
                PairRow {
                    names,
                    user: self.open_pair(pair, Mode::User, on),
                    kernel: self.open_pair(pair, Mode::Kernel, on),
                }
            };
            rows.push(row);
        }
        rows
    }

    /// Starts what does not start by itself. Only when all are open, so that the two of a pair run for the same time.
    fn enable(&self) {
        let leaders = self.hardware.iter().flat_map(|row| [&row.user[0], &row.kernel[0]]);
        for opened in self.software.iter().map(|row| &row.opened).chain(leaders) {
            for (_, counter) in opened.iter().flatten() {
                // One that does not start reads as never enabled, and is reported so.
                let _ = self.source.enable(counter);
            }
        }
    }

    fn refusal(&self, error: &io::Error, event: &Event, mode: Mode) -> Refusal {
        let absent =
            matches!(error.raw_os_error(), Some(libc::ENOENT | libc::EOPNOTSUPP | libc::ENODEV | libc::EINVAL));
        match event {
            Event::Hardware(Hardware::CPU_CYCLES) if absent => self.no_pmu.clone(),
            Event::Hardware(_) | Event::Cache(_) if absent => {
                Refusal { why: "this processor's PMU does not count it".into(), remedy: None, rights: false }
            }
            _ => Refusal::of(error, mode),
        }
    }

    fn read(&self, opened: &Opened<S::Counter>) -> Reading<Count> {
        let counters = match opened {
            Ok(counters) => counters,
            Err(Refusal { why, remedy, .. }) => {
                return Reading::Missing { missing: why.clone(), remedy: remedy.clone() };
            }
        };
        let mut sum = Count::default();
        for (_, counter) in counters {
            match self.source.read(counter) {
                Ok(count) => {
                    sum.value += count.value;
                    sum.enabled_ns += count.enabled_ns;
                    sum.running_ns += count.running_ns;
                }
                Err(error) => return Reading::missing(format!("the counter could not be read: {error}")),
            }
        }
        // Times run while the thread does. A command that executed has run, so that its counter was not started; a process
        // that was there before may have slept all the while, and then 0 is right.
        if sum.enabled_ns == 0 && self.start == Start::AtExec {
            return Reading::missing("the counter did not start with the command");
        }
        Reading::Exact(sum)
    }

    fn software_counter(&self, row: &Row<S::Counter>) -> Counter {
        let value = scaled(&self.read(&row.opened));
        let unit = if row.event == Software::TASK_CLOCK { Unit::Ns } else { Unit::Count };
        // task-clock runs with the thread in whatever mode: excluding the kernel does not change it.
        let partly = row.mode == Mode::User && row.event != Software::TASK_CLOCK && !value.is_missing();
        Counter {
            name: if partly { format!("{}:u", row.name) } else { row.name.to_owned() },
            unit,
            user: partly.then(|| value.clone()),
            kernel: None,
            total: value,
            source: SOURCE.into(),
        }
    }
}

const SOURCE: &str = "perf_event_open";

/// The threads to open on.
struct Threads {
    tids: Vec<u32>,
    start: Start,
}

/// A thread that ended since it was listed.
fn ended(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ESRCH)
}

/// A pair's counters: split into user and kernel where both could be opened, else `name:u` alone.
fn pair_counters(names: [&str; 2], user: &[Reading<Count>; 2], kernel: &[Reading<Count>; 2]) -> [Counter; 2] {
    [0, 1].map(|i| {
        let (user, kernel) = (scaled(&user[i]), scaled(&kernel[i]));
        let only_user = !user.is_missing() && kernel.is_missing();
        Counter {
            name: if only_user { format!("{}:u", names[i]) } else { names[i].to_owned() },
            unit: Unit::Count,
            total: if only_user { user.clone() } else { user.plus(&kernel) },
            user: Some(user),
            kernel: Some(kernel),
            source: SOURCE.into(),
        }
    })
}

impl<S: Source> Collector for Counters<S> {
    type Readings = CounterReadings;

    fn probe(&self, host: &Host) -> Availability {
        match (host.has_pmu, self.which) {
            (true, _) => Availability::Available,
            (false, Which::BesideWait4 | Which::All) => Availability::Degraded { why: no_pmu(host).why },
            (false, Which::Hardware) => {
                let Refusal { why, remedy, .. } = no_pmu(host);
                Availability::Unavailable { why, remedy }
            }
        }
    }

    fn arm(&mut self, target: Target) {
        self.start = target.start;
        let on = Threads { tids: target.threads(), start: target.start };
        let events: &[&[(&'static str, Software)]] = match self.which {
            Which::Hardware => &[],
            Which::BesideWait4 => &[&CLOCK],
            Which::All => &[&CLOCK, &EVENTS],
        };
        let events = events.iter().copied().flatten();
        self.software = events.map(|(name, event)| self.open_software(name, *event, &on)).collect();
        self.hardware = self.open_pairs(&on);
        if target.start == Start::Now {
            self.enable();
        }
    }

    fn finish(self) -> CounterReadings {
        let mut counters: Vec<Counter> = self.software.iter().map(|row| self.software_counter(row)).collect();
        let mut per_cycle = None;
        for row in &self.hardware {
            let user = [0, 1].map(|i| self.read(&row.user[i]));
            let kernel = [0, 1].map(|i| self.read(&row.kernel[i]));
            counters.extend(pair_counters(row.names, &user, &kernel));
            per_cycle.get_or_insert_with(|| ipc(&user, &kernel));
        }
        CounterReadings { counters, ipc: per_cycle.unwrap_or_else(not_armed) }
    }
}

fn not_armed() -> Ipc {
    let missing = || Reading::missing("the counters were not armed");
    Ipc { total: missing(), user: missing(), kernel: missing() }
}

#[cfg(test)]
mod tests;
