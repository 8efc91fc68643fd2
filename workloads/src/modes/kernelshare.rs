//! One thread that spends a known share of its CPU time in the kernel.
//!
//! The truth is its own CPU clock, read at the end of every phase of pure user work or of one expensive system call.
//! Unlike `getrusage`'s split, which is sampled at ticks, it is good on a run of 3 ms.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::clock;
use crate::{Arguments, Failure, Outcome, Relation, Stage};
use std::fs::File;
use std::hint::black_box;
use std::io::Read;

pub(crate) static WORKLOAD: Workload = Workload {
    name: "kernelshare",
    concept: "CPU time is spent in user mode or in kernel mode; here the split is known beforehand",
    unit: "phase",
    parameters: &[
        Parameter {
            name: "length",
            default: "30ms",
            kind: Kind::Duration { min_ns: 1_000_000, max_ns: 60_000_000_000 },
            help: "CPU time in all",
        },
        Parameter {
            name: "share",
            default: "50",
            kind: Kind::Integer { min: 1, max: 99 },
            help: "percent of it in the kernel",
        },
        Parameter {
            name: "call",
            // A read of 64 kB takes a microsecond, and what hooks cost then falls into the user time of the one who looks.
            default: "getrandom",
            kind: Kind::Choice(&["read", "getrandom"]),
            help: "the expensive call: getrandom, or read of /dev/zero",
        },
        Parameter {
            name: "piece",
            default: "64k",
            kind: Kind::Bytes { min: 4096, max: 1 << 20 },
            help: "bytes for each call",
        },
    ],
    exercises: &["kernel_share", "syscall:read", "syscall:getrandom", "syscall:clock_gettime"],
    needs: &[],
    run,
};

/// Phases in a run, at most: long against the clock reads between them, many enough to meet the share closely.
const PHASES: u64 = 40;
/// No phase is meant to be shorter; a clock read costs well under 1 us, so it blurs each by under 0.5 %.
const SHORTEST_NS: u64 = 100_000;

struct Work {
    zero: File,
    buffer: Vec<u8>,
    by_getrandom: bool,
    calls: u64,
    state: u64,
}

impl Work {
    fn user(&mut self, steps: u64) {
        let mut x = self.state;
        for _ in 0..steps {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
        }
        self.state = black_box(x);
    }

    fn kernel(&mut self, calls: u64) -> Result<(), Failure> {
        for _ in 0..calls {
            if self.by_getrandom {
                let (at, len) = (self.buffer.as_mut_ptr(), self.buffer.len());
                // SAFETY: the buffer is live and `len` long. A call may return less; it costs what it costs.
                unsafe { libc::syscall(libc::SYS_getrandom, at, len, 0) };
            } else {
                self.zero.read(&mut self.buffer).map_err(Failure::of("read /dev/zero"))?;
            }
        }
        self.calls += calls;
        Ok(())
    }
}

/// CPU time of one user step and of one call, in ns, from a short trial.
fn calibrate(work: &mut Work) -> Result<(f64, f64), Failure> {
    work.user(20_000);
    work.kernel(4)?;
    let start = clock::thread_cpu();
    work.user(200_000);
    let between = clock::thread_cpu();
    work.kernel(20)?;
    let end = clock::thread_cpu();
    Ok((((between - start) as f64 / 200_000.0).max(0.01), ((end - between) as f64 / 20.0).max(1.0)))
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let length = arguments.number("length");
    let share = arguments.number("share") as f64 / 100.0;
    let mut work = Work {
        zero: File::open("/dev/zero").map_err(Failure::of("open /dev/zero"))?,
        buffer: vec![1; arguments.size("piece")],
        by_getrandom: arguments.word("call") == "getrandom",
        calls: 0,
        state: 0x9e37_79b9_7f4a_7c15,
    };
    let (step, call) = calibrate(&mut work)?;
    work.calls = 0;
    let phase = (length / PHASES).max(SHORTEST_NS) as f64;
    let (mut user, mut kernel, mut phases) = (0u64, 0u64, 0u64);
    stage.begin();
    let mut last = clock::thread_cpu();
    while user + kernel < length {
        let left = (length - user - kernel) as f64;
        // What is still owed to the kernel, and to the user; the larger debt is paid first.
        let (owed_kernel, owed_user) =
            (share * length as f64 - kernel as f64, (1.0 - share) * length as f64 - user as f64);
        let span = phase.min(left);
        let in_kernel = owed_kernel / share > owed_user / (1.0 - share);
        if in_kernel {
            work.kernel((span.min(owed_kernel) / call).round().max(1.0) as u64)?;
        } else {
            work.user((span.min(owed_user.max(step * 100.0)) / step).round().max(100.0) as u64);
        }
        let now = clock::thread_cpu();
        *(if in_kernel { &mut kernel } else { &mut user }) += now - last;
        last = now;
        phases += 1;
    }
    stage.end();
    report(stage, &work, (user, kernel, phases), share)
}

fn report(stage: &Stage, work: &Work, split: (u64, u64, u64), meant: f64) -> Result<Outcome, Failure> {
    let (user, kernel, phases) = split;
    // The clock reads are kernel time inside user phases. Their cost is measured, not assumed, and taken off.
    let reads = 200;
    let start = clock::thread_cpu();
    (0..reads).for_each(|_| {
        black_box(clock::thread_cpu());
    });
    let per_read = (clock::thread_cpu() - start) / (reads + 1);
    let reading = per_read * phases;
    let total = user + kernel;
    let truth = (kernel as f64 + (reading as f64 * user as f64 / total as f64)) / total as f64;
    ensure((truth - meant).abs() < 0.1, || format!("{truth:.3} of the CPU time was kernel, far from {meant:.2}"))?;
    let name = if work.by_getrandom { "getrandom" } else { "read" };
    Ok(stage
        .outcome(phases)
        .measure("kernel_share", truth)
        .measure("kernel_ns", truth * total as f64)
        .measure("user_ns", (1.0 - truth) * total as f64)
        .measure("clock_reads_ns", reading as f64)
        .calls(name, work.calls)
        .calls("clock_gettime", phases + 1)
        .expect("kernel_share", Relation::AtLeast, truth - 0.01)
        .expect("kernel_share", Relation::AtMost, truth + 0.01)
        .verified(format!("own CPU clock at the end of {phases} phases")))
}
