//! Workers, as threads or as processes, that start together at a gate and are waited for together.
//!
//! Their creation and their end lie outside the measured window; between are one wake-up each way.

use super::child::Child;
use super::clock;
use super::futex::{self, Gate};
use super::memory::{shared_futexes, shared_words};
use crate::Failure;
use crate::stage::pin_dealt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread::JoinHandle;

/// What the workers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    Threads,
    Processes,
}

/// Workers that wait for [`Crew::work`].
pub(crate) struct Crew {
    start: Gate,
    leave: Gate,
    done: &'static AtomicU32,
    results: &'static [AtomicU64],
    cpu: &'static [AtomicU64],
    threads: Vec<JoinHandle<()>>,
    children: Vec<Child>,
    n: usize,
}

impl Crew {
    /// Creates `n` workers, pinned in turn over `cpus`, and returns when all stand at the gate. Each will run
    /// `body(index)` once.
    pub(crate) fn new(
        kind: As,
        n: usize,
        cpus: Option<Vec<usize>>,
        body: impl Fn(usize) -> u64 + Send + Sync + 'static,
    ) -> Result<Crew, Failure> {
        let lines = shared_futexes(3)?;
        let (start, leave, done) = (&lines[0].word, &lines[1].word, &lines[2].word);
        let (results, cpu) = (shared_words(n)?, shared_words(n)?);
        let body = Arc::new(body);
        let mut crew =
            Crew { start: Gate(start), leave: Gate(leave), done, results, cpu, threads: vec![], children: vec![], n };
        for index in 0..n {
            let (body, cpus) = (body.clone(), cpus.clone());
            let life = move || {
                let pinned = pin_dealt(cpus.as_deref(), index).is_ok();
                step(done);
                Gate(start).pass();
                let before = clock::thread_cpu();
                let result = body(index);
                cpu[index].store(clock::thread_cpu() - before, Ordering::Release);
                results[index].store(result, Ordering::Release);
                step(done);
                Gate(leave).pass();
                pinned
            };
            match kind {
                As::Threads => crew.threads.push(std::thread::spawn(move || {
                    life();
                })),
                As::Processes => crew.children.push(Child::fork(move || i32::from(!life()))?),
            }
        }
        crew.until(n as u32);
        Ok(crew)
    }

    fn until(&self, count: u32) {
        loop {
            let now = self.done.load(Ordering::Acquire);
            if now >= count {
                return;
            }
            futex::wait(self.done, now);
        }
    }

    /// Opens the gate and waits until every worker has done its work.
    pub(crate) fn work(&self) {
        self.start.open();
        self.until(2 * self.n as u32);
    }

    /// Lets the workers end and returns their results.
    pub(crate) fn finish(mut self) -> Result<Results, Failure> {
        self.leave.open();
        for thread in self.threads.drain(..) {
            thread.join().map_err(|_| Failure::wrong("a worker thread panicked"))?;
        }
        for child in &mut self.children {
            child.succeed("a worker process")?;
        }
        let read = |words: &[AtomicU64]| words.iter().map(|w| w.load(Ordering::Acquire)).collect::<Vec<u64>>();
        Ok(Results { values: read(self.results), cpu_ns: read(self.cpu).iter().sum() })
    }

    /// The process ids of the workers; empty for threads.
    pub(crate) fn pids(&self) -> Vec<i32> {
        self.children.iter().map(Child::pid).collect()
    }
}

fn step(done: &AtomicU32) {
    done.fetch_add(1, Ordering::AcqRel);
    futex::wake(done, 1);
}

/// What the workers returned.
pub(crate) struct Results {
    pub(crate) values: Vec<u64>,
    /// CPU time of all bodies together.
    pub(crate) cpu_ns: u64,
}
