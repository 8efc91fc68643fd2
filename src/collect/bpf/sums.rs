//! The kernel side's sums as a ledger.

use crate::model::{Ledger, Reading};
use crate::sys::bpf::raw;

/// Adds one set of sums to another. Wrapping: a thread's part after an exec starts with a negative kernel time that the
/// call's own exit makes good.
pub fn add(to: &mut raw::sums, more: &raw::sums) {
    let raw::sums {
        lifetime,
        user,
        kernel,
        queue,
        preempted,
        blocked,
        voluntary,
        involuntary,
        wakeups,
        calls,
        nvcsw,
        nivcsw,
        minor_faults,
        major_faults,
        migrations,
        exec_runtime,
        run_delay,
        uncharged,
    } = more;
    for (sum, part) in [
        (&mut to.lifetime, lifetime),
        (&mut to.user, user),
        (&mut to.kernel, kernel),
        (&mut to.queue, queue),
        (&mut to.preempted, preempted),
        (&mut to.blocked, blocked),
        (&mut to.voluntary, voluntary),
        (&mut to.involuntary, involuntary),
        (&mut to.wakeups, wakeups),
        (&mut to.calls, calls),
        (&mut to.nvcsw, nvcsw),
        (&mut to.nivcsw, nivcsw),
        (&mut to.minor_faults, minor_faults),
        (&mut to.major_faults, major_faults),
        (&mut to.migrations, migrations),
        (&mut to.exec_runtime, exec_runtime),
        (&mut to.run_delay, run_delay),
        (&mut to.uncharged, uncharged),
    ] {
        *sum = sum.wrapping_add(*part);
    }
}

/// The ledger of these sums. With threads lost to measurement every row is a lower bound.
pub fn ledger(sums: &raw::sums, lost_threads: u64) -> Ledger {
    let reading = |value: u64| match lost_threads {
        0 => Reading::Exact(value),
        lost => Reading::Partial { value, lost },
    };
    // A part that ended inside the execve which began it can be negative by the credit given to the part before.
    let kernel = sums.kernel.cast_signed().max(0).cast_unsigned();
    Ledger {
        lifetime_ns: reading(sums.lifetime),
        on_cpu_ns: reading(sums.user + kernel),
        user_ns: reading(sums.user),
        kernel_ns: reading(kernel),
        off_cpu_voluntary_ns: reading(sums.queue + sums.blocked),
        run_queue_ns: reading(sums.queue),
        preempted_ns: reading(sums.preempted),
        blocked_ns: reading(sums.blocked),
        voluntary_switches: reading(sums.voluntary),
        involuntary_switches: reading(sums.involuntary),
        migrations: reading(sums.migrations),
        wakeups: reading(sums.wakeups),
        minor_faults: reading(sums.minor_faults),
        major_faults: reading(sums.major_faults),
        syscalls: reading(sums.calls),
    }
}
