//! How late a thread in user mode is when it wants to run at a given time.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::Child;
use crate::os::{clock, compute};
use crate::{Arguments, Failure, Outcome, Stage};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "timers",
    concept: "a user-mode thread runs when the kernel lets it: how late, by policy, under load, or by polling the clock",
    unit: "deadline",
    parameters: &[
        Parameter {
            name: "by",
            default: "sleep",
            kind: Kind::Choice(&["sleep", "timerfd", "poll"]),
            help: "how it waits: clock_nanosleep, read of a timerfd, or polling the clock without a call",
        },
        Parameter {
            name: "policy",
            default: "other",
            kind: Kind::Choice(&["other", "fifo"]),
            help: "SCHED_OTHER, or SCHED_FIFO (root or RLIMIT_RTPRIO)",
        },
        Parameter {
            name: "load",
            default: "idle",
            kind: Kind::Choice(&["idle", "spinner"]),
            help: "whether another process spins on the same CPU",
        },
        Parameter {
            name: "interval",
            default: "1ms",
            kind: Kind::Duration { min_ns: 20_000, max_ns: 1_000_000_000 },
            help: "time between deadlines",
        },
        Parameter { name: "n", default: "50", kind: Kind::Integer { min: 1, max: 1_000_000 }, help: "deadlines" },
        Parameter {
            name: "budget",
            default: "100us",
            kind: Kind::Duration { min_ns: 1, max_ns: 1_000_000_000 },
            help: "lateness above which a deadline counts as missed",
        },
        Parameter { name: "cpu", default: "one", kind: Kind::Cpus, help: "one CPU, for the spinner to compete on" },
    ],
    exercises: &["syscall:clock_nanosleep", "blocked:clock_nanosleep", "switches:voluntary"],
    needs: &[],
    run,
};

fn become_fifo() -> Result<(), Failure> {
    let parameter = libc::sched_param { sched_priority: 10 };
    // SAFETY: `parameter` is live. A FIFO thread here sleeps or polls for a bounded time, and the kernel's real-time
    // throttling leaves other tasks 5 % of the CPU.
    match unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &parameter) } {
        0 => Ok(()),
        _ => Err(Failure::unavailable("SCHED_FIFO is refused", "run as root, or raise RLIMIT_RTPRIO (ulimit -r)")),
    }
}

fn timerfd(first: u64, interval: u64) -> Result<i32, Failure> {
    let spec = |ns: u64| clock::timespec(std::time::Duration::from_nanos(ns));
    let setting = libc::itimerspec { it_interval: spec(interval), it_value: spec(first) };
    // SAFETY: `setting` is live; the descriptor is checked.
    unsafe {
        let fd = libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_CLOEXEC);
        let set = fd >= 0 && libc::timerfd_settime(fd, libc::TFD_TIMER_ABSTIME, &setting, std::ptr::null_mut()) == 0;
        if set { Ok(fd) } else { Err(Failure::os("set a timer")) }
    }
}

/// Sleeps until an absolute time.
fn sleep_until(deadline: u64) {
    let at = clock::timespec(std::time::Duration::from_nanos(deadline));
    // SAFETY: `at` is live; an absolute sleep needs no remainder.
    unsafe { libc::clock_nanosleep(libc::CLOCK_MONOTONIC, libc::TIMER_ABSTIME, &at, std::ptr::null_mut()) };
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (by, n, interval) = (arguments.word("by"), arguments.number("n"), arguments.number("interval"));
    ensure(n * interval <= 60_000_000_000, || "n x interval is over a minute; make one of them smaller".into())?;
    let mut spinner = None;
    if arguments.word("load") == "spinner" {
        spinner = Some(Child::fork(|| {
            loop {
                compute::walk(1, 1_000_000);
            }
        })?);
    }
    if arguments.word("policy") == "fifo" {
        become_fifo()?;
    }
    let mut late = Vec::with_capacity(n as usize);
    stage.begin();
    let start = clock::monotonic() + interval;
    let timer = if by == "timerfd" { timerfd(start, interval)? } else { -1 };
    let (mut deadline, mut ticks) = (start, 0u64);
    while ticks < n {
        match by {
            "sleep" => sleep_until(deadline),
            "timerfd" => {
                let mut expired = 0u64;
                // SAFETY: the descriptor is open and `expired` eight bytes long.
                unsafe { libc::read(timer, (&raw mut expired).cast(), 8) };
            }
            _ => while clock::monotonic() < deadline {},
        }
        let now = clock::monotonic();
        ensure(now >= deadline, || format!("woken {} ns early", deadline - now))?;
        late.push(now - deadline);
        // A deadline passed over while this one was late is missed, not asked for again.
        let passed = 1 + (now - deadline) / interval;
        ticks += passed;
        deadline += passed * interval;
    }
    stage.end();
    drop(spinner);
    let budget = arguments.number("budget");
    let seen = late.len() as u64;
    let missed = late.iter().filter(|l| **l > budget).count() as u64 + (ticks - seen);
    let outcome = stage
        .outcome(seen)
        .samples(late)
        .measure("missed", missed as f64)
        .measure("missed_share", missed as f64 / ticks as f64)
        .verified("no deadline was met early");
    Ok(match by {
        "sleep" => outcome.calls("clock_nanosleep", seen),
        "timerfd" => outcome.calls("read", seen),
        _ => outcome.expect("syscalls", crate::Relation::Exactly, 0.0),
    })
}
