//! Writing into another process: by plain stores, which cannot reach it, and by asking the kernel, which checks first.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::Child;
use crate::os::futex::Gate;
use crate::os::memory::{HugePages, Resident, shared_futexes};
use crate::{Arguments, Failure, Outcome, Stage};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "isolation",
    concept: "a program cannot spoil another's memory; only through the kernel, and only with permission",
    unit: "attempt",
    parameters: &[
        Parameter {
            name: "kind",
            default: "store",
            kind: Kind::Choice(&["store", "thread_store", "permitted", "denied"]),
            help: "store: a child writes all of its copy; thread_store: the control, a thread does; \
                   permitted, denied: process_vm_writev with and without the right to",
        },
        Parameter {
            name: "size",
            default: "16M",
            kind: Kind::Bytes { min: 4096, max: 1 << 30 },
            help: "memory that is written (store, thread_store)",
        },
    ],
    exercises: &["faults:minor", "syscall:process_vm_writev"],
    needs: &[],
    run,
};

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let size = arguments.size("size");
    match arguments.word("kind") {
        "store" => store(stage, size, false),
        "thread_store" => store(stage, size, true),
        "permitted" => permitted(stage),
        _ => denied(stage),
    }
}

fn overwrite(at: usize, size: usize) -> i32 {
    for offset in (0..size).step_by(8) {
        // SAFETY: inside a mapping of `size` bytes that lives on; the reader waits for the end.
        unsafe { ((at + offset) as *mut u64).write_volatile(u64::MAX) };
    }
    0
}

fn store(stage: &mut Stage, size: usize, as_thread: bool) -> Result<Outcome, Failure> {
    let memory = Resident::new(size, HugePages::Default)?;
    let at = memory.as_ptr() as usize;
    stage.begin();
    if as_thread {
        std::thread::spawn(move || overwrite(at, size)).join().map_err(|_| Failure::wrong("the writer panicked"))?;
    } else {
        Child::fork(move || overwrite(at, size))?.succeed("the writing child")?;
    }
    stage.end();
    let unchanged = memory.intact();
    ensure(unchanged != as_thread, || format!("the memory was {}changed", if unchanged { "un" } else { "" }))?;
    Ok(stage
        .outcome(1)
        .measure("unchanged", f64::from(u8::from(unchanged)))
        .verified(format!("every page was read again: {}", if unchanged { "unchanged" } else { "overwritten" })))
}

/// Writes 8 bytes into another process; the errno, or 0.
fn write_into(pid: i32, at: usize, value: u64) -> i32 {
    let local = libc::iovec { iov_base: (&raw const value).cast_mut().cast(), iov_len: 8 };
    let remote = libc::iovec { iov_base: at as *mut libc::c_void, iov_len: 8 };
    // SAFETY: `local` describes `value`, which is only read; the remote side is checked by the kernel.
    match unsafe { libc::process_vm_writev(pid, &local, 1, &remote, 1, 0) } {
        8 => 0,
        _ => std::io::Error::last_os_error().raw_os_error().unwrap_or(-1),
    }
}

/// A parent may write into its own child (ptrace access): the child sees the value.
fn permitted(stage: &mut Stage) -> Result<Outcome, Failure> {
    let memory = Resident::new(4096, HugePages::No)?;
    let at = memory.as_ptr() as usize;
    let lines = shared_futexes(2)?;
    let (ready, look) = (&lines[0].word, &lines[1].word);
    let mut child = Child::fork(move || {
        Gate(ready).open();
        Gate(look).pass();
        // SAFETY: the first word of a live page.
        i32::from(unsafe { (at as *const u64).read_volatile() } != 4711)
    })?;
    Gate(ready).pass();
    stage.begin();
    let errno = write_into(child.pid(), at, 4711);
    stage.end();
    Gate(look).open();
    if errno == libc::EPERM || errno == libc::ENOSYS {
        return Err(Failure::unavailable("process_vm_writev is not permitted here", "allow it in the seccomp profile"));
    }
    child.succeed("the child that was written into")?;
    ensure(memory.intact(), || "this process's own page changed".into())?;
    Ok(stage
        .outcome(1)
        .measure("written", 1.0)
        .calls("process_vm_writev", 1)
        .verified("the child read the value; this process's own page is unchanged"))
}

/// A child without privilege tries to write into this process (as root), or this plain user into process 1.
fn denied(stage: &mut Stage) -> Result<Outcome, Failure> {
    let memory = Resident::new(4096, HugePages::No)?;
    let at = memory.as_ptr() as usize;
    // SAFETY: neither call has preconditions.
    let (own, root) = unsafe { (libc::getpid(), libc::geteuid() == 0) };
    stage.begin();
    let mut child = Child::fork(move || {
        if root && !become_nobody() {
            return 255;
        }
        write_into(if root { own } else { 1 }, at, 4711)
    })?;
    let ended = child.wait()?;
    stage.end();
    ensure(memory.intact(), || "the memory was changed without permission".into())?;
    let errno = match ended {
        crate::os::child::Ended::Exited(255) => {
            return Err(Failure::unavailable("this root cannot become another user", "run it as a plain user"));
        }
        crate::os::child::Ended::Exited(errno) => errno,
        other => return Err(Failure::wrong(format!("the child ended as {other:?}"))),
    };
    ensure(errno == libc::EPERM || errno == libc::ESRCH, || format!("the write gave errno {errno}, not EPERM"))?;
    Ok(stage
        .outcome(1)
        .measure("written", 0.0)
        .calls("process_vm_writev", 1)
        .note("errno", std::io::Error::from_raw_os_error(errno).to_string())
        .verified("the request was refused and the memory is unchanged"))
}

/// Gives up root for good, in this process.
pub(crate) fn become_nobody() -> bool {
    const NOBODY: libc::uid_t = 65534;
    // SAFETY: the calls take numbers and an empty list. prctl asks for the death signal again, which a change of
    // credentials clears.
    unsafe {
        let parent = libc::getppid();
        let changed = libc::setgroups(0, std::ptr::null()) == 0
            && libc::setresgid(NOBODY, NOBODY, NOBODY) == 0
            && libc::setresuid(NOBODY, NOBODY, NOBODY) == 0;
        crate::os::limits::die_with_parent();
        changed && libc::getppid() == parent
    }
}
