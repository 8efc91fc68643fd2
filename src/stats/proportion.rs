//! Intervals of a proportion: Wilson's, Clopper and Pearson's, and the rule of three for 'never seen'.

use super::normal_quantile;
use crate::model::Interval;
use statrs::distribution::{Beta, ContinuousCDF};

#[allow(clippy::cast_precision_loss)]
fn float(n: u64) -> f64 {
    n as f64
}

/// Wilson's score interval, without continuity correction. None if nothing was tried or more succeeded than were tried.
pub fn wilson(successes: u64, tried: u64, confidence: f64) -> Option<Interval> {
    if tried == 0 || successes > tried {
        return None;
    }
    let (n, share) = (float(tried), float(successes) / float(tried));
    let z = normal_quantile(0.5 + confidence / 2.0);
    let z2 = z * z;
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    // At the ends the formula is exact but for rounding.
    let low = if successes == 0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if successes == tried { 1.0 } else { (middle + half).min(1.0) };
    Some(Interval { low, high })
}

/// Clopper and Pearson's exact interval: never covers less than it says.
pub fn clopper_pearson(successes: u64, tried: u64, confidence: f64) -> Option<Interval> {
    if tried == 0 || successes > tried {
        return None;
    }
    let tail = (1.0 - confidence) / 2.0;
    let beta = |a: u64, b: u64, p: f64| Beta::new(float(a), float(b)).ok().map(|beta| beta.inverse_cdf(p));
    let failures = tried - successes;
    let low = if successes == 0 { 0.0 } else { beta(successes, failures + 1, tail)? };
    let high = if failures == 0 { 1.0 } else { beta(successes + 1, failures, 1.0 - tail)? };
    Some(Interval { low, high })
}

/// The largest share, at 95 % confidence, of something that was not seen once in `tried` tries: 3 / n, and 1 where n is too
/// small for that to say anything.
pub fn rule_of_three(tried: u64) -> Option<f64> {
    (tried > 0).then(|| (3.0 / float(tried)).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    // scipy.stats.binomtest(k, n).proportion_ci(method='wilson' and 'exact'), scipy 1.17.1.
    const VECTORS: &[(u64, u64, [f64; 4])] = &[
        (0, 20, [0.0, 0.16112515805281935, 0.0, 0.16843347098308548]),
        (20, 20, [0.8388748419471808, 1.0, 0.8315665290169145, 1.0]),
        (7, 10, [0.39677814746114526, 0.892208732593699, 0.3475471499399921, 0.9332604888222655]),
        (131, 214, [0.5454365156544023, 0.6749072162497662, 0.5433421413555409, 0.6778038684421439]),
        (1, 5, [0.036224108632430196, 0.6244653702374747, 0.005050763379468115, 0.7164179361180895]),
    ];

    #[test]
    fn intervals_are_scipys() {
        for (k, n, expected) in VECTORS {
            let (w, c) = (wilson(*k, *n, 0.95).unwrap(), clopper_pearson(*k, *n, 0.95).unwrap());
            for (ours, theirs) in [w.low, w.high, c.low, c.high].into_iter().zip(expected) {
                assert!((ours - theirs).abs() < 1e-9, "{k} of {n}: {ours} against {theirs}");
            }
        }
    }

    #[test]
    fn nothing_tried_says_nothing() {
        assert_eq!(wilson(0, 0, 0.95), None);
        assert_eq!(clopper_pearson(2, 1, 0.95), None);
        assert_eq!(rule_of_three(0), None);
    }

    #[test]
    fn the_rule_of_three_is_near_the_exact_one_sided_bound() {
        // 1 - 0.05^(1/n), the exact bound.
        assert!((rule_of_three(20).unwrap() - 0.15).abs() < 1e-12);
        assert!(rule_of_three(20).unwrap() >= 1.0 - 0.05f64.powf(1.0 / 20.0));
        assert_eq!(rule_of_three(2), Some(1.0));
    }
}
