//! A value together with how it was obtained. Missing is never zero.

use serde::{Deserialize, Serialize};

/// One reading. In JSON an exact reading is the bare value; every other kind is an object that says what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reading<T> {
    /// Counted or timed completely.
    Exact(T),
    /// A counter that shared the hardware: `value` is scaled up from the `running` share of the time (0 to 1).
    Scaled {
        /// The scaled value.
        value: T,
        /// The share of the enabled time in which the counter really ran.
        running: f64,
    },
    /// Derived or sampled, by the method named.
    Estimated {
        /// The estimate.
        value: T,
        /// How it was estimated, in words.
        estimated: String,
    },
    /// A lower bound: `lost` events are not in it.
    Partial {
        /// What was seen.
        value: T,
        /// How many events are known to be missing from it.
        lost: u64,
    },
    /// Not measured.
    Missing {
        /// Why not.
        missing: String,
        /// What would allow it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remedy: Option<String>,
    },
}

impl<T> Reading<T> {
    /// A missing reading with its reason.
    pub fn missing(why: impl Into<String>) -> Self {
        Self::Missing { missing: why.into(), remedy: None }
    }

    /// A missing reading with its reason and what would allow it.
    pub fn missing_until(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Missing { missing: why.into(), remedy: Some(remedy.into()) }
    }

    /// The value, unless missing.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Exact(value)
            | Self::Scaled { value, .. }
            | Self::Estimated { value, .. }
            | Self::Partial { value, .. } => Some(value),
            Self::Missing { .. } => None,
        }
    }

    /// Whether nothing was measured.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }

    /// The same reading of a value changed by `f`.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Reading<U> {
        match self {
            Self::Exact(value) => Reading::Exact(f(value)),
            Self::Scaled { value, running } => Reading::Scaled { value: f(value), running },
            Self::Estimated { value, estimated } => Reading::Estimated { value: f(value), estimated },
            Self::Partial { value, lost } => Reading::Partial { value: f(value), lost },
            Self::Missing { missing, remedy } => Reading::Missing { missing, remedy },
        }
    }
}

impl Reading<u64> {
    /// The value, unless missing.
    pub fn get(&self) -> Option<u64> {
        self.value().copied()
    }

    /// The sum of two readings: as weak as the weaker of them, missing if either is.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let (Some(a), Some(b)) = (self.get(), other.get()) else {
            return if self.is_missing() { self.clone() } else { other.clone() };
        };
        let value = a.saturating_add(b);
        match (self, other) {
            (Self::Exact(_), Self::Exact(_)) => Self::Exact(value),
            (Self::Partial { lost: x, .. }, Self::Partial { lost: y, .. }) => {
                Self::Partial { value, lost: x.saturating_add(*y) }
            }
            (Self::Partial { lost, .. }, _) | (_, Self::Partial { lost, .. }) => Self::Partial { value, lost: *lost },
            (Self::Estimated { estimated, .. }, _) | (_, Self::Estimated { estimated, .. }) => {
                Self::Estimated { value, estimated: estimated.clone() }
            }
            (Self::Scaled { running: x, .. }, Self::Scaled { running: y, .. }) => {
                Self::Scaled { value, running: x.min(*y) }
            }
            (Self::Scaled { running, .. }, _) | (_, Self::Scaled { running, .. }) => {
                Self::Scaled { value, running: *running }
            }
            (Self::Missing { .. }, _) | (_, Self::Missing { .. }) => unreachable!("both have a value"),
        }
    }
}

impl<T> From<T> for Reading<T> {
    fn from(value: T) -> Self {
        Self::Exact(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_reading_is_a_bare_number_in_json() {
        assert_eq!(serde_json::to_string(&Reading::Exact(7u64)).unwrap(), "7");
        assert_eq!(serde_json::from_str::<Reading<u64>>("7").unwrap(), Reading::Exact(7));
    }

    #[test]
    fn every_kind_survives_a_round_trip() {
        let kinds = [
            Reading::Exact(1u64),
            Reading::Scaled { value: 2, running: 0.63 },
            Reading::Estimated { value: 3, estimated: "sampled".into() },
            Reading::Partial { value: 4, lost: 5 },
            Reading::missing("no PMU"),
            Reading::missing_until("no BTF", "a kernel built with it"),
        ];
        for kind in kinds {
            let text = serde_json::to_string(&kind).unwrap();
            assert_eq!(serde_json::from_str::<Reading<u64>>(&text).unwrap(), kind, "{text}");
        }
    }

    #[test]
    fn a_sum_with_a_missing_part_is_missing() {
        let missing = Reading::missing("no PMU");
        assert!(Reading::Exact(1).plus(&missing).is_missing());
        assert!(missing.plus(&Reading::Exact(1)).is_missing());
    }

    #[test]
    fn a_sum_keeps_the_losses_of_both_parts() {
        let a = Reading::Partial { value: 4, lost: 5 };
        assert_eq!(a.plus(&a), Reading::Partial { value: 8, lost: 10 });
        assert_eq!(a.plus(&Reading::Exact(1)), Reading::Partial { value: 5, lost: 5 });
    }
}
