//! Outliers by the modified z-score (Iglewicz and Hoaglin 1993): reported, never removed.

use super::{deviation, median};

/// The score beyond which a value is called an outlier.
const LIMIT: f64 = 3.5;

/// 0.6745 (x - median) / MAD for each value. None where the MAD is zero: more than half of the values are equal, and any
/// other would be infinitely far.
pub fn modified_z_scores(values: &[f64]) -> Option<Vec<f64>> {
    let (middle, deviation) = (median(values)?, deviation(values)?);
    (deviation > 0.0).then(|| values.iter().map(|v| 0.6745 * (v - middle) / deviation).collect())
}

/// The positions of the outliers; none where there is no score.
pub fn outliers(values: &[f64]) -> Vec<usize> {
    let scores = modified_z_scores(values).unwrap_or_default();
    scores.iter().enumerate().filter(|(_, z)| z.abs() > LIMIT).map(|(i, _)| i).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::close;

    // numpy and scipy.stats.median_abs_deviation: 0.6745 * (x - np.median(x)) / MAD.
    #[test]
    fn scores_are_the_formulas() {
        let values = [10.1, 9.9, 10.0, 10.2, 9.8, 10.0, 10.1, 14.0, 9.9, 7.0];
        let scores = modified_z_scores(&values).unwrap();
        assert!(close(scores[7], 26.980000000000096, 1e-12) && close(scores[9], -20.23500000000007, 1e-12));
        assert_eq!(outliers(&values), [7, 9]);
    }

    #[test]
    fn values_mostly_equal_have_no_scores() {
        assert_eq!(modified_z_scores(&[1.0, 1.0, 1.0, 1.0, 2.0]), None);
        assert!(outliers(&[1.0, 1.0, 1.0, 1.0, 2.0]).is_empty());
    }
}
