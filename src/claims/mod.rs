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

registry![p1, p2, p4, p5, p6, p7, t2, t3, t4, t7,];

/// Every claim, in the order of the notes.
pub fn all() -> Vec<Claim> {
    ALL.iter().map(|claim| claim()).collect()
}
