//! Spinners that never give up the CPU by themselves: only the kernel can make them share it.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::crew::{As, Crew};
use crate::os::{clock, compute};
use crate::{Arguments, Failure, Outcome, Stage};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "preempt",
    concept: "the kernel takes the CPU from a task that never gives it up; so tasks share it unasked",
    unit: "spinner",
    parameters: &[
        Parameter { name: "spinners", default: "2", kind: Kind::Integer { min: 1, max: 32 }, help: "how many" },
        Parameter {
            name: "as",
            default: "threads",
            kind: Kind::Choice(&["threads", "processes"]),
            help: "what they are",
        },
        Parameter {
            name: "time",
            default: "100ms",
            kind: Kind::Duration { min_ns: 1_000_000, max_ns: 10_000_000_000 },
            help: "how long each spins, in wall time",
        },
        Parameter { name: "cpu", default: "one", kind: Kind::Cpus, help: "one CPU for all, so that they compete" },
    ],
    exercises: &["switches:involuntary"],
    needs: &[],
    run,
};

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (n, time) = (arguments.size("spinners"), arguments.number("time"));
    let kind = if arguments.word("as") == "threads" { As::Threads } else { As::Processes };
    let crew = Crew::new(kind, n, stage.cpus(), move |index| {
        let before = clock::thread_switches();
        let end = clock::monotonic() + time;
        while clock::monotonic() < end {
            compute::walk(index as u64, 500);
        }
        let after = clock::thread_switches();
        // Both counts in one word: neither reaches 2^32 in ten seconds.
        (after.0 - before.0) << 32 | (after.1 - before.1)
    })?;
    stage.begin();
    crew.work();
    stage.end();
    let results = crew.finish()?;
    let voluntary: u64 = results.values.iter().map(|w| w >> 32).sum();
    let involuntary: u64 = results.values.iter().map(|w| w & 0xffff_ffff).sum();
    let competing = n > 1 && stage.cpus().is_some_and(|list| list.len() < n);
    ensure(!competing || involuntary > 0, || "no spinner was ever preempted".into())?;
    Ok(stage
        .outcome(n as u64)
        .measure("switches_voluntary", voluntary as f64)
        .measure("switches_involuntary", involuntary as f64)
        .measure("workers_cpu_ns", results.cpu_ns as f64)
        .at_least("switches:involuntary", involuntary as f64)
        .verified(format!("all {n} spinners reached their end")))
}
