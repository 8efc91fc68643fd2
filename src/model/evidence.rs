//! What was seen: the samples of every arm in every round, and what the kernel counted in the profiled runs.

use super::{Counted, Interval, Proposition, Source, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One bare run of an arm: no tracer attached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Units of work done in the window.
    pub operations: u64,
    /// Wall time of the window, in ns.
    pub elapsed_ns: u64,
    /// CPU time in the window, in ns.
    pub cpu_ns: u64,
    /// The workload's own measurements.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<String, f64>,
}

/// One profiled run of an arm: the mechanism.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mechanism {
    /// Units of work done in the window.
    pub operations: u64,
    /// Counters over the whole window. What the tier could not count is not here.
    pub counters: Vec<(Counted, u64)>,
    /// The calls that took the most time: name, calls.
    pub calls: Vec<(String, u64)>,
    /// What threads were blocked in longest: reason, ns.
    pub blocked: Vec<(String, u64)>,
    /// Peak memory of the tree in bytes, and its kind (`PSS`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<(u64, String)>,
    /// The tier it was counted with.
    pub tier: String,
}

/// Everything seen of one arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArmEvidence {
    /// Its name.
    pub name: String,
    /// What ran.
    pub source: Source,
    /// The arm it repeats, if it is there to show the noise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<String>,
    /// One a round; none where the arm did not run.
    pub samples: Vec<Option<Sample>>,
    /// The profiled runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiled: Vec<Mechanism>,
    /// Why there is no profiled run, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_profiled: Option<String>,
    /// Why it cannot run here, and how it could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable: Option<String>,
    /// What broke, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What each run verified of its own result.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub verification: String,
    /// Words that go with the measurements: an errno by request, a signal by instruction.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<String, String>,
}

/// One round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// The arms in the order they ran.
    pub order: Vec<String>,
    /// Wall time, in ns.
    pub elapsed_ns: u64,
    /// CPU time of all tasks that are not ours over the round, in ns. None if it could not be read.
    pub others_ns: Option<u64>,
    /// Why it does not count, if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<Dropped>,
}

/// Why a round does not count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Dropped {
    /// Other tasks used too much of it.
    Noisy,
    /// An arm failed in it.
    Failed,
    /// It warmed the machine up.
    WarmUp,
    /// The check was interrupted in it.
    Interrupted,
}

/// Everything seen for a claim.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// By arm.
    pub arms: Vec<ArmEvidence>,
    /// By round.
    pub rounds: Vec<Round>,
    /// How many rounds were to be kept.
    pub wanted: u64,
    /// The least number of kept rounds for a verdict.
    pub least: u64,
    /// Whether the time allowed was used up before.
    pub out_of_time: bool,
    /// Whether the check was interrupted before.
    pub interrupted: bool,
}

impl Evidence {
    /// The arm of that name.
    pub fn arm(&self, name: &str) -> Option<&ArmEvidence> {
        self.arms.iter().find(|arm| arm.name == name)
    }

    /// The rounds that count, by position.
    pub fn kept(&self) -> impl Iterator<Item = usize> + '_ {
        self.rounds.iter().enumerate().filter(|(_, round)| round.dropped.is_none()).map(|(i, _)| i)
    }

    /// How many rounds were dropped because others were at work.
    pub fn noisy(&self) -> usize {
        self.rounds.iter().filter(|round| round.dropped == Some(Dropped::Noisy)).count()
    }

    /// How many rounds were begun, those that only warmed up not counted.
    pub fn begun(&self) -> usize {
        self.rounds.iter().filter(|round| round.dropped != Some(Dropped::WarmUp)).count()
    }
}

/// A median over the rounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The median.
    pub value: f64,
    /// Its interval. None with too few rounds.
    pub interval: Option<Interval>,
    /// How many rounds it rests on.
    pub rounds: u64,
    /// The same arm against itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_interval: Option<Interval>,
    /// The p-value of that, two-sided: small if the arm differs from itself. Adjusted like the other, over all claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_p: Option<f64>,
    /// The absolute difference beside a ratio, in the metric's unit, with its interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<(f64, Option<Interval>)>,
    /// The p-value of lying where it lies, two-sided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
    /// The same after Holm's adjustment over all claims tested at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjusted_p: Option<f64>,
    /// Rounds that lie far from the others (by the modified z-score): positions among those kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outliers: Vec<u64>,
    /// The change over the rounds, relative to the median, where there is a trend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<f64>,
    /// Two modes, where the values lie in two: low, high, share of the high one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modes: Option<(f64, f64, f64)>,
}

/// A count that had to be right each time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Repeats in which it was.
    pub held: u64,
    /// Repeats.
    pub of: u64,
    /// The median of what was counted.
    pub typical: f64,
    /// The largest share of the opposite that this still allows, at 95 % (rule of three); only where it always held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most_otherwise: Option<f64>,
}

/// What a proposition came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// A median against a threshold.
    Effect(Estimate),
    /// A count.
    Exact(Tally),
    /// A proportion with its interval.
    Share {
        /// Successes.
        successes: u64,
        /// Looked at.
        tried: u64,
        /// Wilson's interval.
        interval: Interval,
    },
    /// Nothing could be computed.
    Nothing,
}

/// A proposition with what it came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What was asked.
    pub proposition: Proposition,
    /// What was found.
    pub finding: Finding,
    /// What follows.
    #[serde(flatten)]
    pub verdict: Verdict,
}
