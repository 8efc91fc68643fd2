//! The claims, one a file, in the order of the notes.
//!
//! A claim names workloads, measures and counters, and fixes its thresholds here, before any run. Words are this project's
//! own, in English and in Korean.

mod select;
mod shape;
#[cfg(test)]
mod tests;

pub use select::{SelectError, select};

use crate::model::Claim;

macro_rules! registry {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*
        /// Every claim, in the order of the notes.
        static ALL: &[fn() -> Claim] = &[$($name::claim),*];
    };
}

registry![
    p1, p2, p3, p4, p5, p6, p7, t1, t2, t3, t4, t5, t6, t7, t8, s1, s2, s3, a1, a2, a3, a4, u1, u2, u3, u4, u5, u6, u7,
    u8, u9, u10, k1, k2, k3, k4, k5, k6, k7, k8, k9
];

/// Every claim, in the order of the notes.
pub fn all() -> Vec<Claim> {
    ALL.iter().map(|claim| claim()).collect()
}
