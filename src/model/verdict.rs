//! Verdicts, and why one could not be reached.

use super::{Interval, Text};
use serde::{Deserialize, Serialize};

/// What a run says of a claim or a proposition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// The whole interval lies beyond the threshold, or every repeat counted what was expected.
    Supported,
    /// The whole interval lies short of the threshold, or no repeat counted what was expected.
    Refuted {
        /// In which way.
        how: Refutation,
    },
    /// Some of what it says is supported and some refuted.
    InPart,
    /// No verdict can be given from these runs.
    Inconclusive {
        /// Why, the weightiest first.
        doubts: Vec<Doubt>,
        /// How many rounds would likely settle it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rounds_needed: Option<u64>,
    },
    /// No run could give one.
    Untestable {
        /// Why.
        why: Text,
    },
    /// Not run on this machine or by this user.
    NotRun {
        /// What it needs, and how to get it.
        needs: String,
    },
    /// Something broke on the way.
    Failed {
        /// What.
        error: String,
    },
}

/// In which way a proposition was refuted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refutation {
    /// The effect is too small to matter, or absent.
    NoEffect,
    /// There is an effect of a size that matters, the other way round.
    Reversed,
    /// The count was never what it had to be.
    NeverSeen,
}

/// Why there is no verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "doubt")]
pub enum Doubt {
    /// Other tasks were at work in too many rounds.
    Noisy {
        /// Rounds dropped for it.
        dropped: u64,
        /// Rounds begun.
        of: u64,
    },
    /// Too few rounds were kept.
    FewRounds {
        /// Kept.
        kept: u64,
        /// The least that will do.
        least: u64,
    },
    /// A control did not come out as it must.
    Control {
        /// Which.
        id: String,
    },
    /// The same arm, run twice a round, differed from itself.
    SelfDiffers {
        /// By this ratio or difference.
        interval: Interval,
    },
    /// The same arm, run twice a round, varies by more than half of the smallest effect.
    NoiseFloor {
        /// By up to this ratio or difference.
        interval: Interval,
        /// The most that will do.
        allowed: f64,
    },
    /// The interval holds the threshold.
    Straddles,
    /// Clear by itself, but not among so many claims tested at once.
    AmongMany {
        /// The p-value after Holm's adjustment.
        adjusted_p: f64,
    },
    /// The count was right in some repeats only.
    Sometimes {
        /// Right.
        held: u64,
        /// Of.
        of: u64,
    },
    /// A number that the test needs is missing.
    Missing {
        /// Which, and why.
        what: String,
    },
    /// A part of the claim has no verdict.
    PartOpen {
        /// Which.
        id: String,
    },
    /// The check was interrupted.
    Interrupted,
}

impl Verdict {
    /// The word for it in JSON and on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Refuted { .. } => "refuted",
            Self::InPart => "in_part",
            Self::Inconclusive { .. } => "inconclusive",
            Self::Untestable { .. } => "untestable",
            Self::NotRun { .. } => "not_run",
            Self::Failed { .. } => "failed",
        }
    }

    /// The same for a person.
    pub fn word(&self) -> &'static str {
        match self {
            Self::InPart => "in part",
            Self::Untestable { .. } => "not testable",
            Self::NotRun { .. } => "not run",
            _ => self.name(),
        }
    }

    /// Inconclusive for one reason.
    pub fn doubt(doubt: Doubt) -> Self {
        Self::Inconclusive { doubts: vec![doubt], rounds_needed: None }
    }
}
