//! Wilcoxon's signed-rank test of paired differences, one-sided: the p-value that belongs to 'beyond the threshold'.

use super::{count, normal_cdf, ranks};

/// The most differences for which the p-value is exact, as long as no two are equally large.
const EXACT_UP_TO: usize = 50;

/// Which way the alternative lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// The differences lie above zero.
    Greater,
    /// They lie below.
    Less,
}

/// The one-sided p-value. Differences of zero are left out (Wilcoxon's own rule). Exact up to 50 differences without ties,
/// else by the normal approximation with tie and continuity correction. None where no difference is left or one is NaN.
pub fn signed_rank(differences: &[f64], tail: Tail) -> Option<f64> {
    if differences.iter().any(|d| d.is_nan()) {
        return None;
    }
    let kept: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    if kept.is_empty() {
        return None;
    }
    let (ranks, tie_term) = ranks(&kept.iter().map(|d| d.abs()).collect::<Vec<_>>());
    let side = |positive: bool| -> f64 {
        kept.iter().zip(&ranks).filter(|(d, _)| (**d > 0.0) == positive).map(|(_, r)| r).sum()
    };
    let statistic = side(tail == Tail::Greater);
    let n = count(kept.len());
    if tie_term == 0.0 && kept.len() <= EXACT_UP_TO {
        return Some(exact_tail(kept.len(), statistic));
    }
    let mean = n * (n + 1.0) / 4.0;
    let spread = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - tie_term / 48.0).sqrt();
    Some(1.0 - normal_cdf((statistic - mean - 0.5) / spread))
}

/// P(W >= w): of the 2^n ways to give ranks a sign, the share whose positive ranks sum to w or more.
fn exact_tail(n: usize, w: f64) -> f64 {
    let mut share = vec![0.0f64; n * (n + 1) / 2 + 1];
    share[0] = 1.0;
    let mut reached = 0;
    for rank in 1..=n {
        reached += rank;
        for sum in (0..=reached).rev() {
            let with = if sum >= rank { share[sum - rank] } else { 0.0 };
            share[sum] = (share[sum] + with) / 2.0;
        }
    }
    share.iter().enumerate().filter(|(sum, _)| count(*sum) >= w).map(|(_, s)| s).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::close;

    // scipy.stats.wilcoxon(w, alternative=…, method='exact'), scipy 1.17.1.
    #[test]
    fn small_samples_are_exact() {
        let w = [0.3, -0.1, 0.8, 1.2, 0.05, -0.4, 0.9, 1.5, 0.2, 0.7];
        assert!(close(signed_rank(&w, Tail::Greater).unwrap(), 0.0185546875, 1e-12));
        assert!(close(signed_rank(&w, Tail::Less).unwrap(), 0.986328125, 1e-12));
    }

    // scipy.stats.wilcoxon(…, alternative='greater', method='approx', correction=True, zero_method='wilcox').
    #[test]
    fn ties_and_large_samples_are_approximated() {
        let ties = [0.5, -0.5, 1.0, 1.0, 2.0, 2.0, -1.0, 3.0, 3.0, 4.0, 0.0, 2.5];
        assert!(close(signed_rank(&ties, Tail::Greater).unwrap(), 0.007999495149173846, 1e-7));
        let large: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 61 - 20) / 10.0 + 0.013 * f64::from(i)).collect();
        assert!(close(signed_rank(&large, Tail::Greater).unwrap(), 3.1458296838415613e-06, 1e-6));
    }

    #[test]
    fn all_on_one_side_gives_one_in_two_to_the_n() {
        let above: Vec<f64> = (1..=10).map(f64::from).collect();
        assert_eq!(signed_rank(&above, Tail::Greater), Some(1.0 / 1024.0));
        assert_eq!(signed_rank(&above, Tail::Less), Some(1.0));
    }

    #[test]
    fn no_difference_gives_no_answer() {
        assert_eq!(signed_rank(&[0.0, 0.0], Tail::Greater), None);
        assert_eq!(signed_rank(&[f64::NAN], Tail::Greater), None);
    }
}
