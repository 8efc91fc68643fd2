//! A parent that stops its child, reads a variable of it, and sees where it fails: debugging from outside.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::{Child, Ended};
use crate::os::limits;
use crate::os::memory::{HugePages, Resident};
use crate::{Arguments, Failure, Outcome, Relation, Stage};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "debug",
    concept: "a faulty process can be stopped, read and watched by another, which its error does not reach",
    unit: "variable read",
    parameters: &[Parameter {
        name: "n",
        default: "5k",
        kind: Kind::Integer { min: 1, max: 1_000_000 },
        help: "how often the variable is read",
    }],
    exercises: &["syscall:ptrace", "syscall:wait4", "switches:voluntary"],
    needs: &[],
    run,
};

const SECRET: u64 = 0x0123_4567_89ab_cdef;

fn ptrace(request: libc::c_uint, pid: i32, address: usize, data: usize) -> i64 {
    // SAFETY: each caller passes what its request takes; the child is ours and stopped.
    unsafe { libc::ptrace(request, pid, address as *mut libc::c_void, data as *mut libc::c_void) }
}

/// Waits for a stop and returns its signal, or the end.
fn stop(pid: i32) -> Result<Result<i32, Ended>, Failure> {
    let mut status = 0;
    // SAFETY: `status` is live and the pid our own child.
    if unsafe { libc::waitpid(pid, &mut status, libc::__WALL) } == -1 {
        return Err(Failure::os("wait for the traced child"));
    }
    Ok(if libc::WIFSTOPPED(status) { Ok(libc::WSTOPSIG(status)) } else { Err(Ended::of(status)) })
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let n = arguments.number("n");
    let variable = Resident::new(4096, HugePages::No)?;
    let at = variable.as_ptr() as usize;
    let child = Child::fork(move || {
        super::crash::default_on_segv();
        ptrace(libc::PTRACE_TRACEME, 0, 0, 0);
        // SAFETY: the first word of a live page; raise and the fault are what the experiment means.
        unsafe {
            (at as *mut u64).write_volatile(SECRET);
            libc::raise(libc::SIGSTOP);
        }
        // Only now: a plain user may not read a process that is not dumpable, its own child either.
        limits::crash_without_core();
        super::crash::fault();
        0
    })?;
    let pid = child.pid();
    match stop(pid)? {
        Ok(libc::SIGSTOP) => {}
        other => {
            return Err(Failure::unavailable(format!("ptrace is refused here ({other:?})"), "allow it in seccomp"));
        }
    }
    let mut good = 0;
    stage.begin();
    for _ in 0..n {
        good += u64::from(ptrace(libc::PTRACE_PEEKDATA, pid, at, 0) as u64 == SECRET);
    }
    stage.end();
    ensure(good == n, || format!("{good} of {n} reads gave the variable's value"))?;
    ensure(variable.intact(), || "this process's own page changed".into())?;
    ptrace(libc::PTRACE_CONT, pid, 0, 0);
    let fault = stop(pid)?;
    ensure(fault == Ok(libc::SIGSEGV), || format!("the child stopped by {fault:?}, not at its fault"))?;
    ptrace(libc::PTRACE_CONT, pid, 0, libc::SIGSEGV as usize);
    let end = stop(pid)?;
    ensure(end == Err(Ended::Signalled(libc::SIGSEGV)), || format!("the child ended as {end:?}"))?;
    // Reaped above, so that nothing is left to kill.
    std::mem::forget(child);
    Ok(stage
        .outcome(n)
        .measure("fault_seen", 1.0)
        .expect("syscall:ptrace", Relation::Exactly, n as f64)
        .verified("every read gave the child's value; its fault was seen, and ended only it"))
}
