//! How many values an interval of a wanted width needs.

use super::count;

/// The number of values likely needed for an interval of width `wanted`, when `n` values gave one of width `width`: a width
/// shrinks with the square root of n. At least `n`. None if a width is not above zero.
pub fn values_for_width(n: usize, width: f64, wanted: f64) -> Option<usize> {
    let usable = width.is_finite() && wanted.is_finite() && width >= 0.0 && wanted > 0.0 && n > 0;
    if !usable {
        return None;
    }
    let needed = (count(n) * (width / wanted).powi(2)).ceil();
    // Beyond this the answer is 'not on this machine' anyway; the cast below stays exact.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let needed = needed.min(1e9) as usize;
    Some(needed.max(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_width_needs_four_times_the_values() {
        assert_eq!(values_for_width(20, 0.10, 0.05), Some(80));
        assert_eq!(values_for_width(20, 0.01, 0.05), Some(20));
    }

    #[test]
    fn no_width_can_be_wanted_that_is_zero() {
        assert_eq!(values_for_width(20, 0.1, 0.0), None);
        assert_eq!(values_for_width(0, 0.1, 0.1), None);
    }
}
