//! Log-linear histograms of durations: 16 buckets an octave, so a bucket is at most 6.25 % wide.
//!
//! The kernel side counts into the same buckets (`collect/bpf/ledger.bpf.c`, `bucket()`); the two must not drift.

use serde::{Deserialize, Serialize};

/// Buckets per octave, as a power of two.
const SUB_BITS: u32 = 4;
const SUB: u64 = 1 << SUB_BITS;

/// A histogram of durations in nanoseconds. Only buckets that are not empty are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    /// Pairs of bucket lower bound in ns and count, ascending.
    buckets: Vec<(u64, u64)>,
}

impl Histogram {
    /// How many buckets the kernel side has: durations from 2^36 ns (69 s) on share the last one.
    pub const BUCKETS: usize = ((36 - SUB_BITS as usize) + 1) * SUB as usize;

    /// The bucket of a duration.
    pub fn bucket(ns: u64) -> usize {
        if ns < SUB {
            return usize::try_from(ns).unwrap_or(0);
        }
        let octave = 63 - ns.leading_zeros() - SUB_BITS;
        let index = u64::from(octave) * SUB + (ns >> octave);
        usize::try_from(index).map_or(Self::BUCKETS - 1, |i| i.min(Self::BUCKETS - 1))
    }

    /// The smallest duration that falls into a bucket, in ns.
    pub fn lower_bound(bucket: usize) -> u64 {
        let bucket = bucket as u64;
        if bucket < SUB {
            return bucket;
        }
        let octave = bucket / SUB - 1;
        (SUB + bucket % SUB) << octave
    }

    /// From counts by bucket, as the kernel side keeps them.
    pub fn from_counts(counts: &[u64]) -> Self {
        let buckets =
            counts.iter().enumerate().filter(|(_, n)| **n > 0).map(|(i, n)| (Self::lower_bound(i), *n)).collect();
        Self { buckets }
    }

    /// The buckets that are not empty: lower bound in ns and count, ascending.
    pub fn buckets(&self) -> &[(u64, u64)] {
        &self.buckets
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.buckets.iter().fold(0, |sum, (_, n)| sum.saturating_add(*n))
    }

    /// Adds another histogram's counts.
    pub fn merge(&mut self, other: &Self) {
        for (lower, count) in &other.buckets {
            match self.buckets.binary_search_by_key(lower, |(l, _)| *l) {
                Ok(i) => self.buckets[i].1 = self.buckets[i].1.saturating_add(*count),
                Err(i) => self.buckets.insert(i, (*lower, *count)),
            }
        }
    }

    /// The duration in ns below which the share `q` (0 to 1) of the counts lies: the middle of the bucket that holds it, so
    /// at most 3.2 % off. `max_ns`, the largest duration seen, bounds it and is the answer for 1. None without counts.
    pub fn quantile(&self, q: f64, max_ns: u64) -> Option<u64> {
        let total = self.count();
        if total == 0 {
            return None;
        }
        if q >= 1.0 {
            return Some(max_ns);
        }
        // Nearest rank: the smallest value with at least q of the counts at or below it.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let rank = ((q * total as f64).ceil() as u64).clamp(1, total);
        let mut seen = 0u64;
        for (lower, count) in &self.buckets {
            seen = seen.saturating_add(*count);
            if seen >= rank {
                let upper = Self::lower_bound(Self::bucket(*lower) + 1);
                return Some(lower.midpoint(upper - 1).min(max_ns.max(*lower)));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_duration_lies_in_its_bucket_and_the_bucket_is_narrow(ns in 0u64..(1 << 36)) {
            let b = Histogram::bucket(ns);
            let (low, high) = (Histogram::lower_bound(b), Histogram::lower_bound(b + 1));
            prop_assert!(low <= ns && ns < high, "{ns} not in [{low}, {high})");
            prop_assert!(high - low <= 1 || (high - low) * 16 <= low + 15);
        }
    }

    #[test]
    fn durations_beyond_the_range_share_the_last_bucket() {
        assert_eq!(Histogram::bucket(u64::MAX), Histogram::BUCKETS - 1);
        assert_eq!(Histogram::bucket((1 << 36) - 1), Histogram::BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_nearest_rank() {
        let mut counts = vec![0; Histogram::BUCKETS];
        counts[Histogram::bucket(5)] = 50;
        counts[Histogram::bucket(1_000)] = 49;
        counts[Histogram::bucket(1_000_000)] = 1;
        let h = Histogram::from_counts(&counts);
        assert_eq!(h.quantile(0.5, 1_000_000), Some(5));
        let p99 = h.quantile(0.99, 1_000_000).unwrap();
        assert!((960..1_040).contains(&p99), "{p99}");
        assert_eq!(h.quantile(1.0, 1_000_000), Some(1_000_000));
        assert_eq!(Histogram::default().quantile(0.5, 0), None);
    }

    #[test]
    fn merging_adds_counts_bucket_by_bucket() {
        let mut a = Histogram { buckets: vec![(1, 2), (9, 1)] };
        a.merge(&Histogram { buckets: vec![(1, 1), (5, 7)] });
        assert_eq!(a.buckets, vec![(1, 3), (5, 7), (9, 1)]);
    }
}
