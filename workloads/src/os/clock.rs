//! Clocks in ns. The monotonic one is answered by the vDSO; the CPU clocks are real system calls.

use std::time::Duration;

fn read(id: libc::clockid_t) -> u64 {
    let mut ts = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `ts` is a live timespec; the clock ids used here exist on every Linux.
    unsafe { libc::clock_gettime(id, &mut ts) };
    ts.tv_sec as u64 * 1_000_000_000 + ts.tv_nsec as u64
}

/// CLOCK_MONOTONIC, no system call.
pub(crate) fn monotonic() -> u64 {
    read(libc::CLOCK_MONOTONIC)
}

/// CPU time of the calling thread, a system call.
pub(crate) fn thread_cpu() -> u64 {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// CPU time of the process, a system call.
pub(crate) fn process_cpu() -> u64 {
    read(libc::CLOCK_PROCESS_CPUTIME_ID)
}

fn usage(who: libc::c_int) -> libc::rusage {
    // SAFETY: rusage is plain integers, and zero is a value of each.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is live and of the right type.
    unsafe { libc::getrusage(who, &mut usage) };
    usage
}

/// CPU time of the children already reaped. User and system time are each wrong (sampled at ticks); their sum is not.
pub(crate) fn children_cpu() -> u64 {
    let usage = usage(libc::RUSAGE_CHILDREN);
    let us = |t: libc::timeval| t.tv_sec as u64 * 1_000_000 + t.tv_usec as u64;
    (us(usage.ru_utime) + us(usage.ru_stime)) * 1_000
}

/// Voluntary and involuntary switches of the calling thread so far, a system call.
pub(crate) fn thread_switches() -> (u64, u64) {
    let usage = usage(libc::RUSAGE_THREAD);
    (usage.ru_nvcsw as u64, usage.ru_nivcsw as u64)
}

/// One `clock_nanosleep`, relative, restarted after a signal.
pub(crate) fn sleep(time: Duration) {
    std::thread::sleep(time);
}

/// A timespec of that length.
pub(crate) fn timespec(time: Duration) -> libc::timespec {
    libc::timespec { tv_sec: time.as_secs() as libc::time_t, tv_nsec: time.subsec_nanos() as libc::c_long }
}
