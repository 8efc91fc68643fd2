//! What a workload reports: its operations, its clocks, what the counters should show, its own measurements.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a counted value relates to the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Equal.
    Exactly,
    /// Equal or more.
    AtLeast,
    /// Equal or less.
    AtMost,
}

impl Relation {
    /// Whether `counted` is as expected.
    pub fn holds(self, counted: f64, expected: f64) -> bool {
        match self {
            Relation::Exactly => counted == expected,
            Relation::AtLeast => counted >= expected,
            Relation::AtMost => counted <= expected,
        }
    }
}

/// What a counter must read over the measured window, over all threads of the workload and its children.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    /// The counter:
    /// `syscall:NAME` (calls of that name), `syscalls` (all calls), `switches:voluntary`, `switches:involuntary`,
    /// `blocked:NAME` (ns off-CPU up to the wake-up in calls of that name), `kernel_share` (kernel part of the on-CPU
    /// time of the thread that made the marks, 0 to 1), `tasks:threads` and `tasks:processes` (created),
    /// `faults:minor`.
    pub counter: String,
    /// How it relates.
    pub relation: Relation,
    /// To this value.
    pub value: f64,
}

/// The result of one run, one JSON line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Units of work done within the window.
    pub operations: u64,
    /// Wall time of the window, in ns (CLOCK_MONOTONIC, read inside the marks).
    pub elapsed_ns: u64,
    /// CPU time of the process over the window and of the children reaped within it, in ns.
    pub cpu_ns: u64,
    /// What independent counters must show.
    #[serde(default)]
    pub expected: Vec<Expectation>,
    /// Further measurements of its own, by name; a name ends in its unit (`_ns`, `_bytes`) unless it is a count.
    #[serde(default)]
    pub measures: BTreeMap<String, f64>,
    /// Words that go with the measures: an errno by request, a verdict by instruction.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<String, String>,
    /// Single measurements in ns, where each operation was timed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<Vec<u64>>,
    /// Whether the result was verified. A workload that finds its result wrong fails instead.
    pub verified: bool,
    /// What was verified.
    pub verification: String,
}

impl Outcome {
    /// Adds an expectation.
    pub fn expect(mut self, counter: impl Into<String>, relation: Relation, value: f64) -> Self {
        self.expected.push(Expectation { counter: counter.into(), relation, value });
        self
    }

    /// Exactly `n` calls of that system call.
    pub fn calls(self, name: &str, n: u64) -> Self {
        self.expect(format!("syscall:{name}"), Relation::Exactly, n as f64)
    }

    /// At least `n`.
    pub fn at_least(self, counter: &str, n: f64) -> Self {
        self.expect(counter, Relation::AtLeast, n)
    }

    /// Adds a measurement.
    pub fn measure(mut self, name: impl Into<String>, value: f64) -> Self {
        self.measures.insert(name.into(), value);
        self
    }

    /// Adds a word.
    pub fn note(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.notes.insert(name.into(), value.into());
        self
    }

    /// Adds the samples, with `p50_ns`, `p90_ns`, `p99_ns` and `max_ns` among the measures.
    pub fn samples(mut self, samples: Vec<u64>) -> Self {
        let mut sorted = samples.clone();
        sorted.sort_unstable();
        if let Some(last) = sorted.len().checked_sub(1) {
            for (name, share) in [("p50_ns", 0.5), ("p90_ns", 0.9), ("p99_ns", 0.99), ("max_ns", 1.0)] {
                self.measures.insert(name.into(), sorted[(share * last as f64).round() as usize] as f64);
            }
        }
        self.samples = Some(samples);
        self
    }

    /// Says what was verified.
    pub fn verified(mut self, what: impl Into<String>) -> Self {
        self.verified = true;
        self.verification = what.into();
        self
    }
}
