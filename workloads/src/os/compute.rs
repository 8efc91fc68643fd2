//! Work for the processor whose result can be checked without doing it again: a linear congruential sequence, whose
//! n-th element also follows from squaring the step.

use std::hint::black_box;

const A: u64 = 6_364_136_223_846_793_005;
const C: u64 = 1_442_695_040_888_963_407;

/// `steps` steps, one after the other; about 1 ns each.
#[inline(never)]
pub(crate) fn walk(seed: u64, steps: u64) -> u64 {
    let mut x = seed;
    for _ in 0..steps {
        // black_box keeps the compiler from finding the short cut below
        x = black_box(x).wrapping_mul(A).wrapping_add(C);
    }
    x
}

/// The same element in log(steps) multiplications.
pub(crate) fn jump(seed: u64, mut steps: u64) -> u64 {
    let (mut a, mut c) = (A, C);
    let (mut total_a, mut total_c) = (1u64, 0u64);
    while steps > 0 {
        if steps & 1 == 1 {
            total_a = total_a.wrapping_mul(a);
            total_c = total_c.wrapping_mul(a).wrapping_add(c);
        }
        c = c.wrapping_mul(a).wrapping_add(c);
        a = a.wrapping_mul(a);
        steps >>= 1;
    }
    seed.wrapping_mul(total_a).wrapping_add(total_c)
}

/// How many steps take about `ns` on this machine now.
pub(crate) fn steps_for(ns: u64) -> u64 {
    if ns == 0 {
        return 0;
    }
    walk(1, 100_000);
    let start = super::clock::thread_cpu();
    walk(1, 1_000_000);
    let per_step = (super::clock::thread_cpu() - start) as f64 / 1e6;
    (ns as f64 / per_step.max(0.05)).round().max(1.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_cut_ends_where_the_walk_does() {
        for steps in [0, 1, 2, 3, 17, 1000, 65_537] {
            assert_eq!(jump(42, steps), walk(42, steps), "{steps} steps");
        }
    }
}
