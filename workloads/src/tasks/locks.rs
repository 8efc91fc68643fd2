//! Workers that add to a counter: without a lock, with one, with one each, by atomics, on shared and on own cache lines.

use crate::descriptor::{Kind, Need, Parameter, Workload};
use crate::failure::ensure;
use crate::os::clock;
use crate::os::compute::{steps_for, walk};
use crate::os::crew::{As, Crew};
use crate::{Arguments, Failure, Outcome, Relation, Stage};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "locks",
    concept: "shared data needs synchronisation, or updates are lost; a contended lock costs more than what it guards",
    unit: "addition",
    parameters: &[
        Parameter {
            name: "kind",
            default: "mutex",
            kind: Kind::Choice(&["none", "mutex", "shards", "atomic", "false_sharing", "padded"]),
            help: "none: load, add, store; shards: a mutex and counter each (uncontended); \
                   false_sharing, padded: own counters on one line, on lines of their own",
        },
        Parameter { name: "workers", default: "2", kind: Kind::Integer { min: 1, max: 64 }, help: "threads" },
        Parameter {
            name: "n",
            default: "1M",
            kind: Kind::Integer { min: 1, max: 1_000_000_000 },
            help: "additions by each worker",
        },
        Parameter {
            name: "section",
            default: "0",
            kind: Kind::Duration { min_ns: 0, max_ns: 1_000_000 },
            help: "work inside the critical section (or beside the addition, where there is no lock)",
        },
    ],
    exercises: &["syscall:futex", "switches:voluntary", "blocked:futex"],
    needs: &[Need::Cpus(2)],
    run,
};

/// A counter alone on its cache line; 128 bytes, since some processors fetch lines in pairs.
#[repr(align(128))]
struct Padded<T>(T);

struct Counters {
    shared: Padded<AtomicU64>,
    locked: Padded<Mutex<u64>>,
    shards: Vec<Padded<Mutex<u64>>>,
    own: Vec<Padded<AtomicU64>>,
    /// One line for all: up to 16 workers share 128 bytes.
    crowded: Vec<AtomicU64>,
}

impl Counters {
    fn new(workers: usize) -> Self {
        Counters {
            shared: Padded(AtomicU64::new(0)),
            locked: Padded(Mutex::new(0)),
            shards: (0..workers).map(|_| Padded(Mutex::new(0))).collect(),
            own: (0..workers).map(|_| Padded(AtomicU64::new(0))).collect(),
            crowded: (0..workers).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    fn sum(&self) -> u64 {
        let locked = |m: &Mutex<u64>| *m.lock().unwrap_or_else(PoisonError::into_inner);
        let all = |list: &[AtomicU64]| list.iter().map(|c| c.load(Ordering::Acquire)).sum::<u64>();
        self.shared.0.load(Ordering::Acquire)
            + locked(&self.locked.0)
            + self.shards.iter().map(|s| locked(&s.0)).sum::<u64>()
            + self.own.iter().map(|c| c.0.load(Ordering::Acquire)).sum::<u64>()
            + all(&self.crowded)
    }
}

/// Load, add, store as three steps: another worker may come between. Atomic accesses, so that it is no undefined
/// behaviour but a plain lost update.
fn add_in_steps(counter: &AtomicU64, section: u64) {
    let old = counter.load(Ordering::Relaxed);
    black_box(walk(old, section));
    counter.store(black_box(old) + 1, Ordering::Relaxed);
}

fn add_locked(counter: &Mutex<u64>, section: u64) {
    let mut held = counter.lock().unwrap_or_else(PoisonError::into_inner);
    black_box(walk(*held, section));
    *held += 1;
}

fn work(counters: &Counters, kind: &str, worker: usize, n: u64, section: u64) {
    match kind {
        "none" => (0..n).for_each(|_| add_in_steps(&counters.shared.0, section)),
        "mutex" => (0..n).for_each(|_| add_locked(&counters.locked.0, section)),
        "shards" => (0..n).for_each(|_| add_locked(&counters.shards[worker].0, section)),
        "atomic" => (0..n).for_each(|_| {
            black_box(walk(1, section));
            counters.shared.0.fetch_add(1, Ordering::Relaxed);
        }),
        "false_sharing" => (0..n).for_each(|_| add_in_steps(&counters.crowded[worker], section)),
        _ => (0..n).for_each(|_| add_in_steps(&counters.own[worker].0, section)),
    }
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (kind, workers, n) = (arguments.word("kind"), arguments.size("workers"), arguments.number("n"));
    let section = steps_for(arguments.number("section"));
    let counters = Arc::new(Counters::new(workers));
    let theirs = counters.clone();
    let crew = Crew::new(As::Threads, workers, stage.cpus(), move |worker| {
        let before = clock::thread_switches();
        work(&theirs, kind, worker, n, section);
        let after = clock::thread_switches();
        after.0 - before.0
    })?;
    stage.begin();
    crew.work();
    stage.end();
    let results = crew.finish()?;
    let (all, counted) = (n * workers as u64, counters.sum());
    let lost = all.saturating_sub(counted);
    ensure(counted <= all, || format!("{counted} additions were counted of {all} made"))?;
    ensure(kind == "none" || lost == 0, || format!("{lost} additions were lost under {kind}"))?;
    let switches: u64 = results.values.iter().sum();
    let outcome = stage
        .outcome(all)
        .measure("lost", lost as f64)
        .measure("lost_share", lost as f64 / all as f64)
        .measure("workers_cpu_ns", results.cpu_ns as f64)
        .measure("switches_voluntary", switches as f64)
        .at_least("switches:voluntary", switches as f64)
        .verified(if kind == "none" { "no more was counted than added" } else { "every addition was counted" });
    Ok(match kind {
        // Between the marks: gate, wake-ups, clocks and counts of each worker, and of the crew's chief. No lock calls.
        "mutex" => outcome,
        _ => outcome.expect("syscall:futex", Relation::AtMost, 8.0 * workers as f64 + 8.0),
    })
}
