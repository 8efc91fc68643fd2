//! Handing a word from one CPU to another: by polling shared memory, with no kernel in between, or by waking a sleeper.

use crate::descriptor::{Kind, Need, Parameter, Workload};
use crate::failure::ensure;
use crate::os::crew::{As, Crew};
use crate::os::memory::shared_futexes;
use crate::os::{clock, futex};
use crate::{Arguments, Failure, Outcome, Stage};
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "polling",
    concept: "low latency is possible in user mode by polling shared memory, which pays for it with a whole CPU",
    unit: "round trip",
    parameters: &[
        Parameter {
            name: "by",
            default: "poll",
            kind: Kind::Choice(&["poll", "futex"]),
            help: "how each side waits for the other's word",
        },
        Parameter {
            name: "as",
            default: "processes",
            kind: Kind::Choice(&["processes", "threads"]),
            help: "what the two sides are",
        },
        Parameter { name: "n", default: "20k", kind: Kind::Integer { min: 1, max: 100_000_000 }, help: "round trips" },
    ],
    exercises: &["syscall:futex", "switches:voluntary"],
    needs: &[Need::Cpus(2)],
    run,
};

/// Waits until the word holds `value`.
fn await_value(word: &AtomicU32, value: u32, sleeping: bool) {
    loop {
        let now = word.load(Ordering::Acquire);
        if now == value {
            return;
        }
        if sleeping { futex::wait(word, now) } else { std::hint::spin_loop() }
    }
}

fn set(word: &AtomicU32, value: u32, sleeping: bool) {
    word.store(value, Ordering::Release);
    if sleeping {
        futex::wake(word, 1);
    }
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (n, sleeping) = (arguments.number("n") as u32, arguments.word("by") == "futex");
    let kind = if arguments.word("as") == "processes" { As::Processes } else { As::Threads };
    let cpus = stage.cpus().unwrap_or_else(crate::os::cpus::allowed);
    if !sleeping && cpus.len() < 2 {
        return Err(Failure::unavailable(
            "polling needs two CPUs, one for each side",
            "allow two by cpu=, or use by=futex",
        ));
    }
    let lines = shared_futexes(2)?;
    let (ping, pong) = (&lines[0].word, &lines[1].word);
    let samples = crate::os::memory::shared_words(n as usize)?;
    let crew = Crew::new(kind, 2, Some(cpus), move |side| {
        if side == 1 {
            for turn in 1..=n {
                await_value(ping, turn, sleeping);
                set(pong, turn, sleeping);
            }
            return u64::from(n);
        }
        for turn in 1..=n {
            let start = clock::monotonic();
            set(ping, turn, sleeping);
            await_value(pong, turn, sleeping);
            samples[turn as usize - 1].store(clock::monotonic() - start, Ordering::Relaxed);
        }
        u64::from(n)
    })?;
    stage.begin();
    crew.work();
    stage.end();
    let results = crew.finish()?;
    ensure(results.values == [u64::from(n); 2], || format!("{:?} turns of {n}", results.values))?;
    let samples: Vec<u64> = samples.iter().map(|s| s.load(Ordering::Relaxed)).collect();
    let outcome = stage
        .outcome(u64::from(n))
        .samples(samples)
        .measure("workers_cpu_ns", results.cpu_ns as f64)
        .verified("both sides counted every turn");
    Ok(if sleeping {
        outcome.at_least("syscall:futex", 2.0 * f64::from(n))
    } else {
        outcome.expect("syscall:futex", crate::Relation::AtMost, 20.0)
    })
}
