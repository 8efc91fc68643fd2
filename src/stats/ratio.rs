//! The ratio of two arms that were measured in the same rounds: the median of the log-ratios, round by round.
//!
//! Pairs share what the machine did in their round, so it cancels; the logarithm makes 'twice' and 'half' equally far.

use super::{Resampling, median, median_interval};
use crate::model::Interval;
use serde::{Deserialize, Serialize};

/// A ratio with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RatioEstimate {
    /// The median ratio.
    pub ratio: f64,
    /// Its interval.
    pub interval: Interval,
}

/// The logarithm of over / under, pair by pair. None where the lengths differ or a value is not positive and finite.
pub fn log_ratios(over: &[f64], under: &[f64]) -> Option<Vec<f64>> {
    if over.len() != under.len() {
        return None;
    }
    over.iter()
        .zip(under)
        .map(|(a, b)| {
            let positive = a.is_finite() && b.is_finite() && *a > 0.0 && *b > 0.0;
            positive.then(|| (a / b).ln())
        })
        .collect()
}

/// The median of the paired ratios with its BCa interval. None where [`log_ratios`] or [`median_interval`] gives none.
pub fn ratio(over: &[f64], under: &[f64], how: Resampling) -> Option<RatioEstimate> {
    let logs = log_ratios(over, under)?;
    Some(RatioEstimate { ratio: median(&logs)?.exp(), interval: median_interval(&logs, how)?.map(f64::exp) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_round_does_to_both_arms_cancels() {
        let under: Vec<f64> = (1..=10).map(f64::from).collect();
        let over: Vec<f64> = under.iter().map(|v| v * 1.25).collect();
        let estimate = ratio(&over, &under, Resampling::default()).unwrap();
        assert!((estimate.ratio - 1.25).abs() < 1e-12 && estimate.interval.width() < 1e-9, "{estimate:?}");
    }

    #[test]
    fn the_swapped_ratio_is_the_inverse() {
        let a: Vec<f64> = [1.0, 1.4, 1.1, 1.3, 1.2, 1.9, 1.6].to_vec();
        let b: Vec<f64> = [1.1, 1.2, 1.2, 1.1, 1.0, 1.5, 1.2].to_vec();
        let (ab, ba) = (ratio(&a, &b, Resampling::default()).unwrap(), ratio(&b, &a, Resampling::default()).unwrap());
        assert!((ab.ratio * ba.ratio - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_time_of_zero_or_a_missing_pair_gives_no_ratio() {
        assert_eq!(log_ratios(&[1.0, 0.0], &[1.0, 1.0]), None);
        assert_eq!(log_ratios(&[1.0], &[1.0, 1.0]), None);
        assert_eq!(log_ratios(&[f64::NAN], &[1.0]), None);
    }
}
