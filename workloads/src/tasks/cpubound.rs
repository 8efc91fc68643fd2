//! A fixed amount of work for the processor, done by one worker or split over threads, processes or async tasks.

use crate::descriptor::{Kind, Need, Parameter, Workload};
use crate::failure::ensure;
use crate::os::compute::{jump, walk};
use crate::os::crew::{As, Crew};
use crate::{Arguments, Failure, Outcome, Stage};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "cpubound",
    concept: "work for the processor gains from more CPUs, be it split over threads or over processes, not from waiting",
    unit: "piece",
    parameters: &[
        Parameter {
            name: "split",
            default: "threads",
            kind: Kind::Choice(&["none", "threads", "processes", "async"]),
            help: "none: one worker thread does all; async: tasks on one thread that yield after each piece",
        },
        Parameter {
            name: "workers",
            default: "2",
            kind: Kind::Integer { min: 1, max: 64 },
            help: "workers or tasks (none: always one)",
        },
        Parameter {
            name: "pieces",
            default: "64",
            kind: Kind::Integer { min: 1, max: 100_000 },
            help: "pieces of work in all, dealt out in turn",
        },
        Parameter {
            name: "steps",
            default: "1M",
            kind: Kind::Integer { min: 1, max: 1_000_000_000 },
            help: "steps of about 1 ns in each piece",
        },
    ],
    exercises: &["switches:involuntary", "kernel_share"],
    needs: &[Need::Cpus(2)],
    run,
};

fn piece(index: u64, steps: u64) -> u64 {
    walk(index + 1, steps)
}

/// The pieces of one worker, summed.
fn share(worker: u64, workers: u64, pieces: u64, steps: u64) -> u64 {
    (worker..pieces).step_by(workers as usize).fold(0, |sum, index| sum.wrapping_add(piece(index, steps)))
}

/// The same as tasks of one thread: each yields after each piece, so that they take turns.
fn as_tasks(tasks: u64, pieces: u64, steps: u64) -> u64 {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return 0 };
    runtime.block_on(async {
        let running: Vec<_> = (0..tasks)
            .map(|task| {
                tokio::spawn(async move {
                    let mut sum = 0u64;
                    for index in (task..pieces).step_by(tasks as usize) {
                        sum = sum.wrapping_add(piece(index, steps));
                        tokio::task::yield_now().await;
                    }
                    sum
                })
            })
            .collect();
        let mut sum = 0u64;
        for task in running {
            sum = sum.wrapping_add(task.await.unwrap_or(0));
        }
        sum
    })
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (split, tasks) = (arguments.word("split"), arguments.number("workers"));
    let (pieces, steps) = (arguments.number("pieces"), arguments.number("steps"));
    let (kind, workers) = match split {
        "processes" => (As::Processes, tasks),
        "threads" => (As::Threads, tasks),
        _ => (As::Threads, 1),
    };
    let tasks_inside = split == "async";
    let crew = Crew::new(kind, workers as usize, stage.cpus(), move |worker| {
        if tasks_inside { as_tasks(tasks, pieces, steps) } else { share(worker as u64, workers, pieces, steps) }
    })?;
    let tgids = 1 + crew.pids().len();
    stage.begin();
    crew.work();
    stage.end();
    let results = crew.finish()?;
    let sum = results.values.iter().fold(0u64, |a, b| a.wrapping_add(*b));
    let right = (0..pieces).fold(0u64, |a, index| a.wrapping_add(jump(index + 1, steps)));
    ensure(sum == right, || format!("the pieces sum to {sum:x}, not {right:x}"))?;
    let elapsed = stage.elapsed();
    Ok(stage
        .outcome(pieces)
        .measure("workers_cpu_ns", results.cpu_ns as f64)
        .measure("cpu_per_elapsed", results.cpu_ns as f64 / elapsed as f64)
        .measure("tgids", tgids as f64)
        .verified("the sum of all pieces equals the closed form"))
}
