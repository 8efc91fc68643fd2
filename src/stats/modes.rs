//! A hint that values lie in two modes, so that they are shown as two and not as one median between them.

use super::{count, median};

/// Two groups of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Modes {
    /// The median of the lower group.
    pub low: f64,
    /// The median of the upper group.
    pub high: f64,
    /// The share of the values in the upper group.
    pub share_high: f64,
    /// Ashman's D of the two groups: the distance of the means over their spread.
    pub distance: f64,
}

/// Fewer values than this give no hint.
const MIN_VALUES: usize = 10;
/// The smallest share of a group: less is a handful of outliers.
const MIN_SHARE: f64 = 0.2;
/// The best split of one normal sample lies about D = 2.7, of a uniform one about 3.5; small samples stray above.
const MIN_DISTANCE: f64 = 6.0;

/// Splits the values where the sum of squares within the two groups is least, and returns the groups if they lie clearly
/// apart. A hint: chance alone gives one in fewer than 1 in 100 normal samples of 20.
pub fn two_modes(values: &[f64]) -> Option<Modes> {
    if values.len() < MIN_VALUES || values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let (split, _) = (1..n)
        .map(|at| (at, squares(&sorted[..at]).1 + squares(&sorted[at..]).1))
        .min_by(|a, b| a.1.total_cmp(&b.1))?;
    let (lower, upper) = sorted.split_at(split);
    let share_high = count(upper.len()) / count(n);
    let ((mean_low, within_low), (mean_high, within_high)) = (squares(lower), squares(upper));
    let spread = (within_low / count(lower.len()) + within_high / count(upper.len())).sqrt();
    let distance = std::f64::consts::SQRT_2 * (mean_high - mean_low) / spread;
    let apart = mean_high > mean_low && distance > MIN_DISTANCE;
    if !apart || !(MIN_SHARE..=1.0 - MIN_SHARE).contains(&share_high) {
        return None;
    }
    Some(Modes { low: median(lower)?, high: median(upper)?, share_high, distance })
}

/// Mean, and sum of squared distances from it.
fn squares(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / count(values.len());
    (mean, values.iter().map(|v| (v - mean).powi(2)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::normal_quantile;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    #[test]
    fn two_groups_far_apart_are_found() {
        let values = [1.0, 1.02, 0.99, 1.5, 1.01, 1.52, 1.49, 1.0, 0.98, 1.51, 1.01, 1.5];
        let modes = two_modes(&values).unwrap();
        assert!((modes.low - 1.0).abs() < 0.02 && (modes.high - 1.5).abs() < 0.02, "{modes:?}");
        assert!((modes.share_high - 5.0 / 12.0).abs() < 1e-12);
    }

    #[test]
    fn one_mode_rarely_looks_like_two() {
        let mut random = Pcg64Mcg::seed_from_u64(11);
        let found = (0..1_000)
            .filter(|_| {
                let values: Vec<f64> = (0..20).map(|_| normal_quantile(random.random_range(1e-9..1.0))).collect();
                two_modes(&values).is_some()
            })
            .count();
        assert!(found <= 10, "{found} of 1,000");
    }

    #[test]
    fn outliers_and_equal_values_are_no_second_mode() {
        let mut values = vec![1.0, 1.01, 0.99, 1.02, 0.98, 1.0, 1.01, 0.99, 1.0, 1.0, 1.01];
        values.push(9.0);
        assert_eq!(two_modes(&values), None);
        assert_eq!(two_modes(&[1.0; 20]), None);
    }
}
