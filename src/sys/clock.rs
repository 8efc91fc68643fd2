//! The clock that every time stamp is taken from.

/// `CLOCK_MONOTONIC` in ns: the clock that `bpf_ktime_get_ns` reads in the kernel.
pub fn monotonic_ns() -> u64 {
    let now =
        nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).expect("CLOCK_MONOTONIC exists on every Linux");
    now.tv_sec().unsigned_abs() * 1_000_000_000 + now.tv_nsec().unsigned_abs()
}
