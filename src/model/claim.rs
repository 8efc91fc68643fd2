//! A claim: what a textbook says, the arms that put it to the test, and what would support or refute it.
//!
//! Data only. A claim names workloads and metrics; who runs them and who judges is not its business.

use super::Text;
use serde::{Deserialize, Serialize};

/// What a claim is about, in the order of the notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Several processes.
    MultiProcess,
    /// Several threads.
    MultiThread,
    /// Synchronous calls.
    Synchronous,
    /// Asynchronous calls.
    Asynchronous,
    /// User mode.
    UserMode,
    /// Kernel mode.
    KernelMode,
}

impl Topic {
    /// All, in the order of the notes.
    pub const ALL: [Self; 6] = [
        Self::MultiProcess,
        Self::MultiThread,
        Self::Synchronous,
        Self::Asynchronous,
        Self::UserMode,
        Self::KernelMode,
    ];

    /// The name used on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::MultiProcess => "multi-process",
            Self::MultiThread => "multi-thread",
            Self::Synchronous => "synchronous",
            Self::Asynchronous => "asynchronous",
            Self::UserMode => "user-mode",
            Self::KernelMode => "kernel-mode",
        }
    }
}

/// Which part of the notes' section on the topic the claim stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heading {
    /// What it is.
    Concept,
    /// What is good about it.
    Advantage,
    /// What is bad about it.
    Drawback,
    /// What it is said to suit.
    Conclusion,
}

/// The section of the notes that a claim stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// The topic.
    pub topic: Topic,
    /// The part.
    pub heading: Heading,
}

/// One arm: something that is run once a round, in a fresh process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arm {
    /// Its name within the claim: `threads`.
    pub name: String,
    /// What is run.
    pub source: Source,
    /// Whether it takes so long, or so much memory, that the short check leaves it out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub heavy: bool,
}

/// What an arm runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A bundled workload.
    Workload {
        /// Its name.
        name: String,
        /// Its parameters.
        parameters: Vec<(String, String)>,
    },
    /// A throwaway guest, on an emulated machine.
    Guest {
        /// Which experiment runs in it.
        experiment: String,
    },
    /// A question to the kernel's BPF, answered by a program inside the kernel.
    KernelProbe {
        /// Which.
        probe: String,
    },
}

/// A number of one run of an arm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Wall time of the window over the operations in it, ns.
    ElapsedPerOperation,
    /// Wall time of the window over a measurement of the workload's own, ns: what one counted switch takes.
    ElapsedPer(String),
    /// CPU time over the operations, ns.
    CpuPerOperation,
    /// Wall time of the window, ns.
    Elapsed,
    /// CPU time over wall time: how many CPUs were busy.
    CpusBusy,
    /// Operations in the window.
    Operations,
    /// A measurement of the workload's own.
    Measure(String),
    /// Several of them, summed.
    Measures(Vec<String>),
    /// One of them over the operations.
    MeasurePerOperation(String),
    /// A counter of a profiled run, over the operations.
    Counted(Counted),
}

/// A counter that the ledger keeps, as the mechanism behind an effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Voluntary context switches.
    VoluntarySwitches,
    /// Involuntary context switches.
    InvoluntarySwitches,
    /// System calls.
    Syscalls,
    /// System calls of one name.
    Syscall(String),
    /// Minor page faults.
    MinorFaults,
    /// Moves to another CPU.
    Migrations,
    /// Wake-ups.
    Wakeups,
    /// On-CPU outside system calls, ns.
    UserNs,
    /// On-CPU inside system calls, ns.
    KernelNs,
    /// Blocked, ns.
    BlockedNs,
    /// Runnable after a wake-up, ns.
    RunQueueNs,
    /// Runnable after an involuntary switch, ns.
    PreemptedNs,
    /// Lifetime of all threads, ns.
    LifetimeNs,
}

/// A number made of the runs of one round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// A metric of an arm.
    Of(String, Metric),
    /// One over another, on the logarithmic scale when it is the whole.
    Ratio(Box<Quantity>, Box<Quantity>),
    /// The first less the second.
    Difference(Box<Quantity>, Box<Quantity>),
    /// The first as a part of the second, which may be zero or negative.
    PartOf(Box<Quantity>, Box<Quantity>),
}

impl Quantity {
    /// A metric of an arm.
    pub fn of(arm: &str, metric: Metric) -> Self {
        Self::Of(arm.into(), metric)
    }

    /// This over another.
    #[must_use]
    pub fn over(self, under: Self) -> Self {
        Self::Ratio(Box::new(self), Box::new(under))
    }

    /// This less another.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self::Difference(Box::new(self), Box::new(other))
    }

    /// This as a part of another.
    #[must_use]
    pub fn part_of(self, whole: Self) -> Self {
        Self::PartOf(Box::new(self), Box::new(whole))
    }

    /// The arms it needs.
    pub fn arms(&self) -> Vec<&str> {
        match self {
            Self::Of(arm, _) => vec![arm],
            Self::Ratio(a, b) | Self::Difference(a, b) | Self::PartOf(a, b) => {
                let mut arms = a.arms();
                arms.extend(b.arms());
                arms.dedup();
                arms
            }
        }
    }

    /// Whether it needs profiled runs.
    pub fn counted(&self) -> bool {
        match self {
            Self::Of(_, metric) => matches!(metric, Metric::Counted(_)),
            Self::Ratio(a, b) | Self::Difference(a, b) | Self::PartOf(a, b) => a.counted() || b.counted(),
        }
    }
}

/// What a value has to reach. Fixed here, before any run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
    /// From the first to the second.
    Within(f64, f64),
}

impl Threshold {
    /// Whether one value reaches it.
    pub fn reached_by(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
            Self::Within(low, high) => (low..=high).contains(&value),
        }
    }
}

/// What a number is in, to print it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Times: a ratio.
    Times,
    /// Nanoseconds.
    Ns,
    /// Bytes.
    Bytes,
    /// A number of things.
    Count,
    /// A share, 0 to 1.
    Share,
}

/// How a proposition is put to the test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// The median over the rounds, with its interval, against a threshold.
    Effect {
        /// Of what.
        quantity: Quantity,
        /// The smallest effect of interest.
        threshold: Threshold,
        /// What it is in.
        scale: Scale,
    },
    /// A count that has to be right in every repeat.
    Exact {
        /// Of what.
        quantity: Quantity,
        /// When it is right.
        threshold: Threshold,
        /// What it is in.
        scale: Scale,
    },
    /// A proportion, counted once, with Wilson's interval.
    Share {
        /// The arm that counted.
        arm: String,
        /// The measure that holds the successes.
        successes: String,
        /// The measure that holds how many were looked at.
        tried: String,
        /// What the proportion has to reach.
        threshold: Threshold,
    },
}

impl Test {
    /// The arms it needs.
    pub fn arms(&self) -> Vec<&str> {
        match self {
            Self::Effect { quantity, .. } | Self::Exact { quantity, .. } => quantity.arms(),
            Self::Share { arm, .. } => vec![arm],
        }
    }

    /// What the value is in.
    pub fn scale(&self) -> Scale {
        match self {
            Self::Effect { scale, .. } | Self::Exact { scale, .. } => *scale,
            Self::Share { .. } => Scale::Share,
        }
    }

    /// What has to be reached.
    pub fn threshold(&self) -> Threshold {
        match self {
            Self::Effect { threshold, .. } | Self::Exact { threshold, .. } | Self::Share { threshold, .. } => {
                *threshold
            }
        }
    }
}

/// What a proposition's result does to the claim's verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It is the claim. Each claim has one.
    Primary,
    /// The claim says this as well: where it and the primary one differ, the claim holds in part.
    Part,
    /// Has to come out supported, or the experiment shows nothing.
    Control,
    /// Shown beside the verdict, which it does not change: a reason given, a condition, a scope.
    Nuance,
}

/// One statement that a run can support or refute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposition {
    /// Its name within the claim: `effect`, `reason`.
    pub id: String,
    /// What it says.
    pub text: Text,
    /// What it does to the verdict.
    pub role: Role,
    /// How it is tested.
    pub test: Test,
}

/// How often the arms run, and how still the machine must be meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounds {
    /// As many as a median needs; a round is dropped in which other tasks used more than this share of its wall time.
    Timed {
        /// The share, 0 to 1. None for what others at work do not change, such as memory.
        noise: Option<f64>,
    },
    /// As many as a count needs; no gate.
    Counted,
    /// As few as a count can do with: for what takes seconds each time.
    Few,
    /// One.
    Once,
}

/// A claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// `P5`.
    pub id: String,
    /// Where the notes make it.
    pub section: Section,
    /// A few words, for a table.
    pub title: Text,
    /// The whole claim.
    pub statement: Text,
    /// What would refute it.
    pub refuted_by: Text,
    /// Claims of one group are judged from the same rounds.
    pub group: String,
    /// What runs.
    pub arms: Vec<Arm>,
    /// How often.
    pub rounds: Rounds,
    /// What is asked of the results: the primary one first.
    pub propositions: Vec<Proposition>,
    /// Why no run can judge the claim as it stands. Its propositions are then the nearest testable ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untestable: Option<Text>,
    /// What to bear in mind with the verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nuance: Option<Text>,
}

impl Claim {
    /// The primary proposition. None for a claim without any.
    pub fn primary(&self) -> Option<&Proposition> {
        self.propositions.iter().find(|p| p.role == Role::Primary)
    }

    /// The quantity that is measured twice in each round to see the noise: the one the primary effect is compared with.
    pub fn baseline(&self) -> Option<&Quantity> {
        match &self.primary()?.test {
            Test::Effect { quantity: Quantity::Ratio(_, under) | Quantity::Difference(_, under), .. } => Some(under),
            _ => None,
        }
    }

    /// The arm of the [baseline](Self::baseline), if it is one arm's.
    pub fn baseline_arm(&self) -> Option<&str> {
        match self.baseline()? {
            Quantity::Of(_, Metric::Counted(_)) => None,
            Quantity::Of(arm, _) => Some(arm),
            _ => None,
        }
    }
}
