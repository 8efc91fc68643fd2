//! What an address means: in two processes, before and after a write, and in two threads.
//!
//! Frames come from /proc/self/pagemap, which shows them to root (CAP_SYS_ADMIN) only; contents show the same to anyone.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::Child;
use crate::os::futex::Gate;
use crate::os::memory::{HugePages, Resident, page, shared_futexes, shared_words};
use crate::{Arguments, Failure, Outcome, Stage};
use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering;

pub(crate) static WORKLOAD: Workload = Workload {
    name: "identity",
    concept: "threads share one address space and one tgid; a process has its own, in which the same address is another place",
    unit: "comparison",
    parameters: &[Parameter {
        name: "with",
        default: "process",
        kind: Kind::Choice(&["process", "thread"]),
        help: "what is compared with the first task",
    }],
    exercises: &["faults:minor"],
    needs: &[],
    run,
};

/// The physical frame behind an address of this process; None for a plain user, to whom the kernel shows 0.
fn frame(at: *const u8) -> Option<u64> {
    let entry = at as u64 / page() as u64 * 8;
    let mut bytes = [0u8; 8];
    std::fs::File::open("/proc/self/pagemap").ok()?.read_exact_at(&mut bytes, entry).ok()?;
    let frame = u64::from_ne_bytes(bytes) & ((1 << 55) - 1);
    (frame != 0).then_some(frame)
}

fn value(at: usize) -> u64 {
    // SAFETY: `at` is the first word of the resident page, mapped in every task that calls this.
    unsafe { (at as *const u64).read_volatile() }
}

fn write(at: usize, value: u64) {
    // SAFETY: as above, and the page is writable.
    unsafe { (at as *mut u64).write_volatile(value) }
}

/// What the other task found: tgid, tid, value and frame before its write, value and frame after it.
fn look_and_write(at: usize, found: &[std::sync::atomic::AtomicU64]) {
    let frame_now = || frame(at as *const u8).unwrap_or(0);
    // SAFETY: neither call has preconditions.
    let (tgid, tid) = unsafe { (libc::getpid() as u64, libc::syscall(libc::SYS_gettid) as u64) };
    let before = (value(at), frame_now());
    write(at, 2222);
    for (word, v) in found.iter().zip([tgid, tid, before.0, before.1, value(at), frame_now()]) {
        word.store(v, Ordering::Release);
    }
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let with = arguments.word("with");
    let memory = Resident::new(page(), HugePages::No)?;
    let at = memory.as_ptr() as usize;
    let found = shared_words(6)?;
    let lines = shared_futexes(2)?;
    let (wrote, leave) = (&lines[0].word, &lines[1].word);
    write(at, 1111);
    let before = frame(at as *const u8);
    stage.begin();
    let other = move || {
        look_and_write(at, found);
        Gate(wrote).open();
        Gate(leave).pass(); // alive while the first looks, or its frame may be used again
    };
    let (mut child, mut thread) = (None, None);
    if with == "process" {
        child = Some(Child::fork(move || {
            other();
            0
        })?);
    } else {
        thread = Some(std::thread::spawn(other));
    }
    Gate(wrote).pass();
    let (now, after) = (value(at), frame(at as *const u8));
    Gate(leave).open();
    if let Some(child) = &mut child {
        child.succeed("the other process")?;
    }
    if let Some(thread) = thread {
        thread.join().map_err(|_| Failure::wrong("the other thread panicked"))?;
    }
    stage.end();
    let found: Vec<u64> = found.iter().map(|w| w.load(Ordering::Acquire)).collect();
    ensure(found[2] == 1111 && found[4] == 2222, || format!("the other task read {} and {}", found[2], found[4]))?;
    let yes = |b: bool| f64::from(u8::from(b));
    // SAFETY: getpid has no preconditions.
    let own = unsafe { libc::getpid() } as u64;
    let mut outcome = stage
        .outcome(1)
        .measure("same_tgid", yes(found[0] == own))
        .measure("same_tid", yes(found[1] == own))
        .measure("same_content_after_write", yes(now == found[4]))
        .verified("both tasks read the same address, before and after one of them wrote there");
    if let (Some(before), Some(after)) = (before, after) {
        outcome = outcome
            .measure("same_frame_before_write", yes(before == found[3]))
            .measure("same_frame_after_write", yes(after == found[5]));
    }
    Ok(outcome)
}
