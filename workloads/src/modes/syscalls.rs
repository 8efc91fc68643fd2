//! Exactly n system calls of one kind, or what looks like one and never enters the kernel.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::clock;
use crate::{Arguments, Failure, Outcome, Stage};
use std::hint::black_box;

pub(crate) static WORKLOAD: Workload = Workload {
    name: "syscalls",
    concept: "a request to the kernel crosses from user mode to kernel mode and back; a function call does not",
    unit: "call",
    parameters: &[
        Parameter {
            name: "kind",
            default: "getppid",
            kind: Kind::Choice(&[
                "getppid",
                "invalid",
                "read",
                "write",
                "getrandom",
                "openclose",
                "access",
                "futex_wake",
                "vdso",
                "function",
            ]),
            help: "which call; vdso and function are controls that stay in user mode; openclose makes two calls",
        },
        Parameter { name: "n", default: "200k", kind: Kind::Integer { min: 1, max: 1_000_000_000 }, help: "how many" },
        Parameter {
            name: "size",
            default: "1",
            kind: Kind::Bytes { min: 1, max: 16 << 20 },
            help: "bytes for each read (of /dev/zero), write (to /dev/null) and getrandom",
        },
    ],
    exercises: &["syscalls", "syscall:NAME", "kernel_share"],
    needs: &[],
    run,
};

/// A number that no table has, next to the marking one.
const INVALID: i64 = crate::MARK_SYSCALL - 1;

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (kind, n, size) = (arguments.word("kind"), arguments.number("n"), arguments.size("size"));
    let mut buffer = vec![0u8; size];
    let zero = open("/dev/zero", libc::O_RDONLY)?;
    let null = open("/dev/null", libc::O_WRONLY)?;
    let word = 0u32;
    let at = buffer.as_mut_ptr();
    let good = match kind {
        "getppid" => repeat(stage, n, || {
            // SAFETY: getppid has no preconditions.
            unsafe { libc::getppid() > 0 }
        }),
        "invalid" => repeat(stage, n, || {
            // SAFETY: a number without a call takes no pointer and does nothing.
            unsafe { libc::syscall(INVALID) == -1 }
        }),
        "read" => repeat(stage, n, || {
            // SAFETY: the descriptor is open and the buffer `size` long.
            unsafe { libc::read(zero, at.cast(), size) == size as isize }
        }),
        "write" => repeat(stage, n, || {
            // SAFETY: as above.
            unsafe { libc::write(null, at.cast(), size) == size as isize }
        }),
        "getrandom" => repeat(stage, n, || {
            // SAFETY: the buffer is `size` long.
            unsafe { libc::syscall(libc::SYS_getrandom, at, size, 0) > 0 }
        }),
        "openclose" => repeat(stage, n, || {
            // SAFETY: the path is a C string; the descriptor closed is the one just opened.
            unsafe { libc::close(libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY)) == 0 }
        }),
        "access" => repeat(stage, n, || {
            // SAFETY: the path is a C string.
            unsafe { libc::access(c"/".as_ptr(), libc::F_OK) == 0 }
        }),
        "futex_wake" => repeat(stage, n, || {
            // SAFETY: the word is live; nobody sleeps on it.
            unsafe { libc::syscall(libc::SYS_futex, &word, libc::FUTEX_WAKE, 1) == 0 }
        }),
        "vdso" => repeat(stage, n, || clock::monotonic() > 0),
        _ => repeat(stage, n, || plain(black_box(1)) == 2),
    };
    ensure(good == n, || format!("{good} of {n} calls of {kind} answered as they must"))?;
    let outcome = stage.outcome(n).verified(format!("all {n} calls answered as they must"));
    Ok(expect(outcome, kind, n))
}

fn open(path: &str, flags: i32) -> Result<i32, Failure> {
    let name = std::ffi::CString::new(path).expect("a path without NUL");
    // SAFETY: `name` is a live C string.
    match unsafe { libc::open(name.as_ptr(), flags | libc::O_CLOEXEC) } {
        -1 => Err(Failure::os(format!("open {path}"))),
        fd => Ok(fd),
    }
}

#[inline(never)]
fn plain(x: u64) -> u64 {
    black_box(x) + 1
}

/// Calls n times within the window and returns how many answered well. Generic, so that each kind has a loop of its own
/// with nothing in it but the call.
fn repeat(stage: &mut Stage, n: u64, mut call: impl FnMut() -> bool) -> u64 {
    call(); // the first one faults pages in
    let mut good = 0;
    stage.begin();
    for _ in 0..n {
        good += u64::from(call());
    }
    stage.end();
    good
}

fn expect(outcome: Outcome, kind: &str, n: u64) -> Outcome {
    match kind {
        "vdso" | "function" => outcome.expect("syscalls", crate::Relation::Exactly, 0.0),
        "openclose" => outcome.calls("openat", n).calls("close", n),
        // aarch64 has no access(); glibc asks faccessat there
        "access" if cfg!(target_arch = "x86_64") => outcome.calls("access", n),
        "access" => outcome.calls("faccessat", n),
        "futex_wake" => outcome.calls("futex", n),
        "invalid" => outcome.expect("syscalls", crate::Relation::Exactly, n as f64).measure("number", INVALID as f64),
        name => outcome.calls(name, n),
    }
}
