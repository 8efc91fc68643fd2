//! Quantiles as R's type 7 and NumPy's default define them, and the median absolute deviation.

use super::count;

/// The `q`-quantile (0 to 1), linear between the two nearest order statistics. None without values or with one that is not
/// finite.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    if values.is_empty() || !(0.0..=1.0).contains(&q) || values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(of_sorted(&sorted, q))
}

/// The same of values that are sorted, finite and not none.
pub(super) fn of_sorted(sorted: &[f64], q: f64) -> f64 {
    let position = q * count(sorted.len() - 1);
    // The position lies within the slice, so the casts lose only the fraction.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let share = position - count(below);
    sorted[below] + share * (sorted[above] - sorted[below])
}

/// The median.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The median absolute deviation from the median, not scaled.
pub fn deviation(values: &[f64]) -> Option<f64> {
    let middle = median(values)?;
    median(&values.iter().map(|v| (v - middle).abs()).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::close;

    // numpy.quantile of bootstrap::tests::RATIOS and SKEWED.
    #[test]
    fn quantiles_are_numpys() {
        let a = crate::stats::bootstrap::tests::RATIOS;
        let b = crate::stats::bootstrap::tests::SKEWED;
        for (values, q, expected) in
            [(a, 0.05, 0.0428), (a, 0.25, 0.04775), (a, 0.9, 0.0665), (a, 0.5, 0.0525), (b, 0.05, 1.55), (b, 0.9, 7.42)]
        {
            assert!(close(quantile(values, q).unwrap(), expected, 1e-12), "{q}");
        }
    }

    #[test]
    fn the_ends_are_the_extremes_and_one_value_is_every_quantile() {
        assert_eq!(quantile(&[3.0, 1.0, 2.0], 0.0), Some(1.0));
        assert_eq!(quantile(&[3.0, 1.0, 2.0], 1.0), Some(3.0));
        assert_eq!(quantile(&[7.0], 0.3), Some(7.0));
    }

    #[test]
    fn nothing_comes_of_no_value_or_of_one_that_is_not_finite() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[1.0, f64::NAN]), None);
        assert_eq!(quantile(&[1.0], 1.1), None);
    }

    // scipy.stats.median_abs_deviation gives 0.1 here.
    #[test]
    fn the_deviation_is_scipys() {
        let values = [10.1, 9.9, 10.0, 10.2, 9.8, 10.0, 10.1, 14.0, 9.9, 7.0];
        assert!(close(deviation(&values).unwrap(), 0.1, 1e-12));
    }
}
