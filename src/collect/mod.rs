//! One file or folder per kernel source.

pub mod census;
