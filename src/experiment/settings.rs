//! How a check is run: rounds, repeats, seed, time allowed. Fixed before the first run; nothing here depends on a result.

use crate::model::{CheckSettings, Rounds};
use std::time::Duration;

/// A yes-or-no statement needs this many repeats.
pub const LEAST_REPEATS: u64 = 5;
/// How often an arm is profiled whose counters a verdict rests on. They are exact, so that more say little more.
pub const PROFILED_REPEATS: u64 = 5;

/// The settings of one check.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// What is saved with the report.
    pub saved: CheckSettings,
    /// The time allowed for all claims together.
    pub time: Duration,
    /// Multiplies each claim's own limit on other tasks' CPU time.
    pub noise_factor: f64,
}

impl Settings {
    /// The full check: 20 rounds (an arm compared with itself differs by chance in 3 % of draws at 20 rounds, in 8 % at 10).
    pub fn full(seed: u64) -> Self {
        let saved = CheckSettings { rounds: 20, repeats: 20, seed, confidence: 0.95, resamples: 10_000, quick: false };
        Self { saved, time: Duration::from_secs(570), noise_factor: 1.0 }
    }

    /// The short one. 12 rounds: with fewer, no p-value is small enough to stand among all claims tested at once.
    pub fn quick(seed: u64) -> Self {
        let mut settings = Self::full(seed);
        settings.saved.rounds = 12;
        settings.saved.repeats = LEAST_REPEATS;
        settings.saved.quick = true;
        settings.time = Duration::from_secs(54);
        settings
    }

    /// How many rounds are to be kept.
    pub fn wanted(&self, rounds: Rounds) -> u64 {
        match rounds {
            Rounds::Timed { .. } => self.saved.rounds,
            Rounds::Counted => self.saved.repeats,
            Rounds::Few => LEAST_REPEATS,
            Rounds::Once => 1,
        }
    }

    /// The least number of kept rounds for a verdict: three quarters of those wanted, and never so few that a median has no
    /// interval or a count no bound.
    pub fn least(&self, rounds: Rounds) -> u64 {
        match rounds {
            Rounds::Timed { .. } => (self.saved.rounds * 3).div_ceil(4).max(crate::stats::MIN_VALUES as u64),
            Rounds::Counted | Rounds::Few => LEAST_REPEATS,
            Rounds::Once => 1,
        }
    }
}
