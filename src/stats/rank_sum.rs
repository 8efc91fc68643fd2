//! Mann and Whitney's U, two-sided, for arms that were not measured in pairs.

use super::{count, normal_cdf, ranks};

/// The most values of the smaller sample for which the p-value is exact, as long as no two values are equal.
const EXACT_UP_TO: usize = 8;

/// U and its p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankSum {
    /// U of the first sample: how many pairs it wins, half of the ties counted.
    pub u: f64,
    /// The share of pairs in which the first sample's value is larger (the 'common language' effect), 0 to 1.
    pub first_larger: f64,
    /// Two-sided p-value.
    pub p: f64,
}

/// The test. Exact for small samples without ties, else by the normal approximation with tie and continuity correction.
/// None for an empty sample, a value that is not finite, or when all values are equal.
pub fn mann_whitney(first: &[f64], second: &[f64]) -> Option<RankSum> {
    let (n1, n2) = (first.len(), second.len());
    let all: Vec<f64> = first.iter().chain(second).copied().collect();
    if n1 == 0 || n2 == 0 || all.iter().any(|v| !v.is_finite()) || all.iter().all(|v| *v == all[0]) {
        return None;
    }
    let (ranks, tie_term) = ranks(&all);
    let (m, n) = (count(n1), count(n2));
    let u = ranks[..n1].iter().sum::<f64>() - m * (m + 1.0) / 2.0;
    let larger = u.max(m * n - u);
    let p = if tie_term == 0.0 && n1.min(n2) <= EXACT_UP_TO && n1.max(n2) <= 64 {
        exact_tail(n1, n2, larger)
    } else {
        let total = m + n;
        let spread = (m * n / 12.0 * (total + 1.0 - tie_term / (total * (total - 1.0)))).sqrt();
        1.0 - normal_cdf((larger - m * n / 2.0 - 0.5) / spread)
    };
    Some(RankSum { u, first_larger: u / (m * n), p: (2.0 * p).min(1.0) })
}

/// P(U >= u) by counting: how many of the orders of m and n values give each U.
fn exact_tail(m: usize, n: usize, u: f64) -> f64 {
    // ways[j][k]: orders of i values of the first and j of the second sample with U = k, built up over i.
    let size = m * n + 1;
    let mut ways = vec![vec![0.0f64; size]; n + 1];
    for row in &mut ways {
        row[0] = 1.0;
    }
    for _ in 1..=m {
        let mut next = vec![vec![0.0f64; size]; n + 1];
        next[0][0] = 1.0;
        for j in 1..=n {
            for k in 0..size {
                // The largest value is of the second sample (U unchanged) or of the first (it beats all j).
                next[j][k] = next[j - 1][k] + if k >= j { ways[j][k - j] } else { 0.0 };
            }
        }
        ways = next;
    }
    let total: f64 = ways[n].iter().sum();
    ways[n].iter().enumerate().filter(|(k, _)| count(*k) >= u).map(|(_, w)| w).sum::<f64>() / total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::close;

    // scipy.stats.mannwhitneyu(x, y, method='exact'), scipy 1.17.1.
    #[test]
    fn small_samples_are_exact() {
        let result = mann_whitney(&[1.1, 2.3, 2.9, 3.7, 4.1, 5.6], &[2.0, 3.1, 4.4, 5.0, 6.2, 7.3, 8.8]).unwrap();
        assert_eq!(result.u, 10.0);
        assert!(close(result.p, 0.13752913752913754, 1e-12), "{result:?}");
    }

    // scipy.stats.mannwhitneyu(x, y, method='asymptotic'), scipy 1.17.1.
    #[test]
    fn ties_are_corrected_for() {
        let x = [1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 4.0, 7.0, 9.0, 10.0, 11.0, 12.0];
        let y = [2.0, 4.0, 5.0, 5.0, 6.0, 8.0, 9.0, 9.0, 13.0, 14.0, 15.0, 15.0, 16.0];
        let result = mann_whitney(&x, &y).unwrap();
        assert_eq!(result.u, 42.5);
        assert!(close(result.p, 0.05598997692005097, 1e-9), "{result:?}");
    }

    #[test]
    fn separate_samples_have_the_smallest_p_and_equal_values_none() {
        let result = mann_whitney(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]).unwrap();
        assert!(close(result.p, 0.1, 1e-12) && result.first_larger == 0.0, "{result:?}");
        assert_eq!(mann_whitney(&[1.0, 1.0], &[1.0]), None);
        assert_eq!(mann_whitney(&[], &[1.0]), None);
    }
}
