//! From raw counts to readings: multiplexing, and ratios of counters that ran together.

use crate::model::{Ipc, Reading};
use crate::sys::perf::Count;

/// A count with its times as a reading: exact if the counter ran all the time it was wanted, else scaled up.
pub(super) fn scaled(count: &Reading<Count>) -> Reading<u64> {
    let Count { value, enabled_ns, running_ns } = match count {
        Reading::Missing { missing, remedy } => {
            return Reading::Missing { missing: missing.clone(), remedy: remedy.clone() };
        }
        other => other.value().copied().unwrap_or_default(),
    };
    if running_ns == 0 && enabled_ns > 0 {
        return Reading::missing_until(
            "the PMU had no counter free for it",
            "sudo sysctl kernel.nmi_watchdog=0, or end what else counts",
        );
    }
    if running_ns >= enabled_ns {
        return Reading::Exact(value);
    }
    let whole = u128::from(value) * u128::from(enabled_ns) / u128::from(running_ns);
    Reading::Scaled { value: u64::try_from(whole).unwrap_or(u64::MAX), running: share(running_ns, enabled_ns) }
}

/// Instructions per cycle from `[cycles, instructions]` in user mode and in the kernel.
pub fn ipc(user: &[Reading<Count>; 2], kernel: &[Reading<Count>; 2]) -> Ipc {
    let (in_user, in_kernel) = (ratio(user), ratio(kernel));
    let total = match (in_user.is_missing(), in_kernel.is_missing()) {
        (true, _) => in_user.clone(),
        (false, true) => in_kernel.clone(),
        (false, false) => both(user, kernel),
    };
    Ipc { total, user: in_user, kernel: in_kernel }
}

/// The second count per first, if the two were on the PMU at the same times.
fn ratio(pair: &[Reading<Count>; 2]) -> Reading<f64> {
    let [cycles, instructions] = pair;
    for reading in pair {
        if let Reading::Missing { missing, remedy } = scaled(reading) {
            return Reading::Missing { missing, remedy };
        }
    }
    let (Some(cycles), Some(instructions)) = (cycles.value(), instructions.value()) else {
        return Reading::missing("not counted");
    };
    if (cycles.enabled_ns, cycles.running_ns) != (instructions.enabled_ns, instructions.running_ns) {
        return Reading::missing("cycles and instructions were not counted at the same times");
    }
    quotient(instructions.value, cycles.value, cycles.running_ns, cycles.enabled_ns)
}

/// User and kernel together: each pair ran together, and each is scaled by its own share before they are added.
fn both(user: &[Reading<Count>; 2], kernel: &[Reading<Count>; 2]) -> Reading<f64> {
    let sum = |i: usize| scaled(&user[i]).plus(&scaled(&kernel[i]));
    let (cycles, instructions) = (sum(0), sum(1));
    let value = match (cycles.get(), instructions.get()) {
        (Some(cycles), Some(instructions)) if cycles > 0 => float(instructions) / float(cycles),
        _ => return Reading::missing("no cycle was counted"),
    };
    match cycles {
        Reading::Scaled { running, .. } => Reading::Scaled { value, running },
        _ => Reading::Exact(value),
    }
}

fn quotient(instructions: u64, cycles: u64, running_ns: u64, enabled_ns: u64) -> Reading<f64> {
    if cycles == 0 {
        return Reading::missing("no cycle was counted");
    }
    let value = float(instructions) / float(cycles);
    match running_ns < enabled_ns {
        true => Reading::Scaled { value, running: share(running_ns, enabled_ns) },
        false => Reading::Exact(value),
    }
}

fn share(part: u64, whole: u64) -> f64 {
    float(part) / float(whole)
}

#[allow(clippy::cast_precision_loss)] // counts beyond 2^53 lose their last digits, of sixteen
fn float(n: u64) -> f64 {
    n as f64
}
