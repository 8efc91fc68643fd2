//! Many tests at once: Holm's adjustment (no false verdict among all, at the level given) and Benjamini and Hochberg's
//! (few false ones among those found). Both return adjusted p-values in the order given.

use super::count;

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    order
}

/// Holm's step-down adjustment of p-values.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![0.0; p.len()];
    let mut largest = 0.0f64;
    for (position, i) in ascending(p).into_iter().enumerate() {
        largest = largest.max(p[i] * count(p.len() - position)).min(1.0);
        adjusted[i] = largest;
    }
    adjusted
}

/// Benjamini and Hochberg's adjustment of p-values.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![0.0; p.len()];
    let mut smallest = 1.0f64;
    for (position, i) in ascending(p).into_iter().enumerate().rev() {
        smallest = smallest.min(p[i] * count(p.len()) / count(position + 1));
        adjusted[i] = smallest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    // The 25 p-values of Benjamini and Hochberg's worked example as scipy's documentation of false_discovery_control has them.
    const P: [f64; 25] = [
        0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269, 0.275, 0.34, 0.341,
        0.384, 0.569, 0.594, 0.696, 0.762, 0.94, 0.942, 0.975, 0.986,
    ];

    // scipy.stats.false_discovery_control(P), scipy 1.17.1.
    #[test]
    fn false_discoveries_are_controlled_as_scipy_does() {
        let expected = [
            0.025,
            0.1,
            0.21,
            0.21,
            0.21,
            0.25,
            0.2642857142857143,
            0.49107142857142866,
            0.49107142857142866,
            0.49107142857142866,
            0.49107142857142866,
            0.49107142857142866,
            0.49107142857142866,
            0.49107142857142866,
            0.5328125,
            0.5328125,
            0.5647058823529413,
            0.781578947368421,
            0.781578947368421,
            0.87,
            0.9071428571428571,
            0.986,
            0.986,
            0.986,
            0.986,
        ];
        for (ours, theirs) in benjamini_hochberg(&P).into_iter().zip(expected) {
            assert!((ours - theirs).abs() < 1e-12, "{ours} against {theirs}");
        }
    }

    // statsmodels.stats.multitest.multipletests(P, method='holm')[1], statsmodels 0.15.0.
    #[test]
    fn holm_is_as_statsmodels_does_it() {
        let mut expected = vec![0.025, 0.192, 0.897, 0.902, 0.902];
        expected.resize(25, 1.0);
        for (ours, theirs) in holm(&P).into_iter().zip(expected) {
            assert!((ours - theirs).abs() < 1e-12, "{ours} against {theirs}");
        }
    }

    #[test]
    fn the_order_given_is_kept_and_one_test_is_left_alone() {
        assert_eq!(holm(&[0.04, 0.01]), [0.04, 0.02]);
        assert_eq!(holm(&[0.04]), [0.04]);
        assert_eq!(benjamini_hochberg(&[0.04]), [0.04]);
        assert!(holm(&[]).is_empty());
    }
}
