//! Drift: whether values rise or fall with the order in which they were taken.

use super::{count, median, ranks};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// How sure a trend must be to be called drift: it is a warning, not a verdict, and is looked for in every series.
const LEVEL: f64 = 0.01;

/// A trend over the rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// Change from the first to the last value on the Theil-Sen line, relative to the median.
    pub relative: f64,
    /// Spearman's rank correlation with the order.
    pub rho: f64,
    /// Its two-sided p-value.
    pub p: f64,
}

/// The slope per step: the median of the slopes of all pairs. None for fewer than two values.
pub fn theil_sen(values: &[f64]) -> Option<f64> {
    let mut slopes = Vec::new();
    for (i, a) in values.iter().enumerate() {
        for (j, b) in values.iter().enumerate().skip(i + 1) {
            slopes.push((b - a) / count(j - i));
        }
    }
    median(&slopes)
}

/// Spearman's correlation of the values with their order, and its two-sided p-value by Student's t. None for fewer than
/// three values or when all are equal.
pub fn spearman(values: &[f64]) -> Option<(f64, f64)> {
    if values.len() < 3 || values.iter().any(|v| !v.is_finite()) || values.iter().all(|v| *v == values[0]) {
        return None;
    }
    let (ranks, _) = ranks(values);
    let n = count(values.len());
    let middle = (n + 1.0) / 2.0;
    let (mut both, mut own, mut order) = (0.0, 0.0, 0.0);
    for (i, rank) in ranks.iter().enumerate() {
        let (x, y) = (count(i + 1) - middle, rank - middle);
        both += x * y;
        order += x * x;
        own += y * y;
    }
    let rho = (both / (own * order).sqrt()).clamp(-1.0, 1.0);
    if rho.abs() >= 1.0 {
        return Some((rho, 0.0));
    }
    let t = rho * ((n - 2.0) / (1.0 - rho * rho)).sqrt();
    let student = StudentsT::new(0.0, 1.0, n - 2.0).ok()?;
    Some((rho, 2.0 * student.cdf(-t.abs())))
}

/// A drift worth a warning: a trend that is sure, and larger over the whole series than `smallest` (relative, above zero).
/// None if there is no such trend, or too few values to tell.
pub fn drift(values: &[f64], smallest: f64) -> Option<Drift> {
    let (rho, p) = spearman(values)?;
    let middle = median(values)?;
    if middle == 0.0 {
        return None;
    }
    let relative = theil_sen(values)? * count(values.len() - 1) / middle.abs();
    (p < LEVEL && relative.abs() > smallest).then_some(Drift { relative, rho, p })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::close;

    const RISING: [f64; 10] = [1.0, 1.3, 0.9, 1.6, 1.5, 2.2, 1.9, 2.6, 2.4, 3.1];
    const FLAT: [f64; 12] = [5.0, 3.0, 3.0, 4.0, 6.0, 2.0, 2.0, 5.0, 4.0, 3.0, 7.0, 1.0];

    // scipy.stats.theilslopes and spearmanr against np.arange(n), scipy 1.17.1.
    #[test]
    fn slopes_and_correlations_are_scipys() {
        assert!(close(theil_sen(&RISING).unwrap(), 0.225, 1e-12));
        assert!(close(theil_sen(&FLAT).unwrap(), -0.0625, 1e-12));
        let (rho, p) = spearman(&RISING).unwrap();
        assert!(close(rho, 0.9272727272727272, 1e-12) && close(p, 0.00011203450639397586, 1e-6), "{rho} {p}");
        let (rho, p) = spearman(&FLAT).unwrap();
        assert!(close(rho, -0.12390331505276098, 1e-12) && close(p, 0.7012375640246822, 1e-6), "{rho} {p}");
    }

    #[test]
    fn a_trend_is_named_and_chance_is_not() {
        assert!(drift(&RISING, 0.03).is_some_and(|d| d.relative > 1.0));
        assert_eq!(drift(&FLAT, 0.03), None);
        assert_eq!(drift(&[1.0; 9], 0.03), None);
    }

    #[test]
    fn a_sure_but_small_trend_is_no_drift() {
        let values: Vec<f64> = (0..20).map(|i| 1.0 + 0.0001 * f64::from(i)).collect();
        assert_eq!(drift(&values, 0.03), None);
        assert!(drift(&values, 0.001).is_some());
    }
}
