//! A child that takes all it can get, under a limit: where isolation of errors ends and limits must begin.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::{Child, Ended};
use crate::os::memory::shared_words;
use crate::os::{compute, limits};
use crate::{Arguments, Failure, Outcome, Stage};
use std::sync::atomic::Ordering;

pub(crate) static WORKLOAD: Workload = Workload {
    name: "exhaust",
    concept: "a faulty program can still use up what is common; the kernel's limits stop it, and only it",
    unit: "greedy child",
    parameters: &[Parameter {
        name: "kind",
        default: "memory",
        kind: Kind::Choice(&["memory", "descriptors", "processes", "cpu"]),
        help: "what the child takes until its limit (256 MiB, 256 descriptors, 32 processes, 1 s of CPU) stops it",
    }],
    exercises: &["tasks:processes", "faults:minor"],
    needs: &[],
    run,
};

const MEMORY: u64 = 256 << 20;
const PIECE: usize = 1 << 20;
const DESCRIPTORS: u64 = 256;
const PROCESSES: u64 = 32;

/// Takes memory until the kernel refuses; returns how many pieces it got, and the errno.
fn take_memory() -> (u64, i32) {
    limits::lower(libc::RLIMIT_AS, MEMORY);
    for pieces in 0..2 * MEMORY / PIECE as u64 {
        // SAFETY: a new mapping; written once, left to the end of this child.
        unsafe {
            let protection = libc::PROT_READ | libc::PROT_WRITE;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let at = libc::mmap(std::ptr::null_mut(), PIECE, protection, flags, -1, 0);
            if at == libc::MAP_FAILED {
                return (pieces, std::io::Error::last_os_error().raw_os_error().unwrap_or(0));
            }
            at.cast::<u8>().write_volatile(1);
        }
    }
    (u64::MAX, 0)
}

fn take_descriptors() -> (u64, i32) {
    limits::lower(libc::RLIMIT_NOFILE, DESCRIPTORS);
    for taken in 0..2 * DESCRIPTORS {
        // SAFETY: dup takes a number.
        if unsafe { libc::dup(2) } == -1 {
            return (taken, std::io::Error::last_os_error().raw_os_error().unwrap_or(0));
        }
    }
    (u64::MAX, 0)
}

/// Forks children that wait, until the kernel refuses one. The limit counts all processes of a user and does not hold
/// for root, so root becomes nobody first. At most twice the limit are ever made, and all die with this child.
fn take_processes() -> (u64, i32) {
    // SAFETY: geteuid has no preconditions.
    if unsafe { libc::geteuid() } == 0 && !super::isolation::become_nobody() {
        return (0, libc::ENOSYS);
    }
    limits::lower(libc::RLIMIT_NPROC, PROCESSES);
    let mut children = Vec::new();
    for taken in 0..2 * PROCESSES {
        // SAFETY: pause has no preconditions.
        match Child::fork(|| unsafe { libc::pause() }) {
            Ok(child) => children.push(child),
            Err(Failure::Os { source, .. }) => return (taken, source.raw_os_error().unwrap_or(0)),
            Err(_) => break,
        }
    }
    (u64::MAX, 0)
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let kind = arguments.word("kind");
    let said = shared_words(2)?;
    stage.begin();
    let mut child = Child::fork(move || {
        limits::crash_without_core();
        let (taken, errno) = match kind {
            "memory" => take_memory(),
            "descriptors" => take_descriptors(),
            "processes" => take_processes(),
            _ => {
                limits::lower(libc::RLIMIT_CPU, 1);
                loop {
                    compute::walk(1, 1_000_000);
                }
            }
        };
        said[0].store(taken, Ordering::Release);
        said[1].store(errno as u64, Ordering::Release);
        0
    })?;
    let ended = child.wait()?;
    stage.end();
    let (taken, errno) = (said[0].load(Ordering::Acquire), said[1].load(Ordering::Acquire) as i32);
    let stopped = match kind {
        "memory" => errno == libc::ENOMEM && ended == Ended::Exited(0),
        "processes" if errno == libc::ENOSYS => {
            return Err(Failure::unavailable("this root cannot become another user", "run it as a plain user"));
        }
        "processes" => errno == libc::EAGAIN && ended == Ended::Exited(0),
        "descriptors" => errno == libc::EMFILE && ended == Ended::Exited(0),
        _ => ended == Ended::Signalled(libc::SIGXCPU),
    };
    ensure(stopped, || format!("the limit did not stop the child: {ended:?}, errno {errno}"))?;
    // This process still gets what the child was refused.
    let still = std::fs::File::open("/dev/null").is_ok() && vec![1u8; PIECE].iter().all(|b| *b == 1);
    ensure(still, || "this process was refused too".into())?;
    Ok(stage
        .outcome(1)
        .measure("taken", taken as f64)
        .measure("stopped", 1.0)
        .note("ended", format!("{ended:?}"))
        .verified("the limit stopped the child and not its parent"))
}
