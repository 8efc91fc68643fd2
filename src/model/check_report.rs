//! A whole check of the claims, as it is saved: everything that is needed to print it again and to compute it anew.

use super::{Answer, Claim, Evidence, Host, Verdict};
use serde::{Deserialize, Serialize};

/// The schema of a saved check. The number goes up when a reader of the old one would misread the new one.
pub const CHECK_SCHEMA: &str = "osmeter.check/1";

/// How the check was run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckSettings {
    /// Rounds of a timing.
    pub rounds: u64,
    /// Repeats of a count.
    pub repeats: u64,
    /// The seed of orders and resamples.
    pub seed: u64,
    /// Confidence of every interval.
    pub confidence: f64,
    /// Resamples of each bootstrap.
    pub resamples: u64,
    /// Whether the short form was asked for.
    pub quick: bool,
}

/// Something about the machine that bears on the results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstance {
    /// What: `mitigations`, `clock source`.
    pub what: String,
    /// How it is.
    pub value: String,
    /// Why it makes the results doubtful, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// The machine's state before and after.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Preflight {
    /// What was looked at.
    pub circumstances: Vec<Circumstance>,
    /// One null system call before the first claim, in ns.
    pub null_call_before_ns: Option<f64>,
    /// And after the last.
    pub null_call_after_ns: Option<f64>,
}

impl Preflight {
    /// How much dearer a null call was after than before, as a share. More than 3 % either way is worth a warning.
    pub fn drift(&self) -> Option<f64> {
        Some(self.null_call_after_ns? / self.null_call_before_ns? - 1.0)
    }
}

/// A claim with its evidence and its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckedClaim {
    /// The claim.
    pub claim: Claim,
    /// What follows.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// By proposition.
    pub answers: Vec<Answer>,
    /// What was seen.
    pub evidence: Evidence,
    /// How long it took, in ns; claims that share rounds share the time.
    pub elapsed_ns: u64,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// [`CHECK_SCHEMA`].
    pub schema: String,
    /// The version of osmeter that wrote it.
    pub osmeter: String,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// How long it took, in ns.
    pub elapsed_ns: u64,
    /// On what.
    pub host: Host,
    /// The user id it ran as.
    pub uid: u32,
    /// How.
    pub settings: CheckSettings,
    /// In what state the machine was.
    pub preflight: Preflight,
    /// The claims, in the order of the notes.
    pub claims: Vec<CheckedClaim>,
    /// Whether it was interrupted.
    pub interrupted: bool,
}

impl CheckReport {
    /// How many claims have the verdict of that name.
    pub fn count(&self, verdict: &str) -> usize {
        self.claims.iter().filter(|claim| claim.verdict.name() == verdict).count()
    }
}
