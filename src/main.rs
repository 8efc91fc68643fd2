//! osmeter: wiring only.

fn main() {}
