//! Statistics: pure functions over numbers, one method a file.
//!
//! Owns no data type of a report and reads nothing from the system. Everything random takes a seed, so that a saved check
//! gives the same figures when they are computed again. `None` means that the data do not allow an answer (too few values,
//! a value that is not finite); it is never replaced by zero.

mod bootstrap;
mod drift;
mod modes;
mod multiple;
mod outliers;
mod power;
mod proportion;
mod quantile;
mod rank_sum;
mod ratio;
mod signed_rank;

pub use bootstrap::{MIN_VALUES, Resampling, median_interval};
pub use drift::{Drift, drift, spearman, theil_sen};
pub use modes::{Modes, two_modes};
pub use multiple::{benjamini_hochberg, holm};
pub use outliers::{modified_z_scores, outliers};
pub use power::values_for_width;
pub use proportion::{clopper_pearson, rule_of_three, wilson};
pub use quantile::{deviation, median, quantile};
pub use rank_sum::{RankSum, mann_whitney};
pub use ratio::{RatioEstimate, log_ratios, ratio};
pub use signed_rank::{Tail, signed_rank};

/// The p-quantile of the standard normal distribution.
fn normal_quantile(p: f64) -> f64 {
    use statrs::distribution::{ContinuousCDF, Normal};
    Normal::standard().inverse_cdf(p)
}

/// The standard normal distribution function.
fn normal_cdf(z: f64) -> f64 {
    use statrs::distribution::{ContinuousCDF, Normal};
    Normal::standard().cdf(z)
}

/// A count as a float: exact up to 2^53, which no number of samples reaches.
#[allow(clippy::cast_precision_loss)]
fn count(n: usize) -> f64 {
    n as f64
}

/// Ranks from 1, equal values sharing the mean of theirs, and the tie term `sum(t^3 - t)` over groups of equal values.
fn ranks(values: &[f64]) -> (Vec<f64>, f64) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut tie_term = 0.0;
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && values[order[end]] == values[order[start]] {
            end += 1;
        }
        let shared = count(start + 1 + end) / 2.0;
        for i in &order[start..end] {
            ranks[*i] = shared;
        }
        let ties = count(end - start);
        tie_term += ties.powi(3) - ties;
        start = end;
    }
    (ranks, tie_term)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether two numbers agree to `relative` of the larger.
    pub fn close(a: f64, b: f64, relative: f64) -> bool {
        (a - b).abs() <= relative * a.abs().max(b.abs())
    }

    #[test]
    fn equal_values_share_their_mean_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), (vec![3.5, 1.0, 3.5, 2.0], 6.0));
    }
}
