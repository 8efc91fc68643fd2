//! What keeps a workload from harming the machine or outliving its parent.

use crate::Failure;
use std::os::fd::RawFd;
use std::time::Duration;

/// The type of a limit's number, which libraries disagree on.
#[cfg(target_env = "musl")]
type Resource = libc::c_int;
/// The type of a limit's number, which libraries disagree on.
#[cfg(not(target_env = "musl"))]
type Resource = libc::__rlimit_resource_t;

/// The most address space a workload may map. It bounds the damage of a mistake, not the work.
const ADDRESS_SPACE: u64 = 16 << 30;
/// The largest file a workload may write.
const FILE_SIZE: u64 = 2 << 30;

/// Limits for the workload itself: dies with the thread that started it, leaves no core file, ends in time.
pub(crate) fn arm(limit: Duration) -> Result<(), Failure> {
    die_with_parent();
    no_core();
    lower(libc::RLIMIT_AS, ADDRESS_SPACE);
    lower(libc::RLIMIT_FSIZE, FILE_SIZE);
    // A timer rather than RLIMIT_CPU: a workload that hangs uses no CPU time. SIGALRM's default action kills.
    // SAFETY: takes a number, touches no memory of ours.
    unsafe { libc::alarm(limit.as_secs().max(1) as libc::c_uint) };
    Ok(())
}

/// SIGKILL when the thread that created this process ends. It is not inherited by fork: each child asks again.
pub(crate) fn die_with_parent() {
    // SAFETY: PR_SET_PDEATHSIG takes a signal number and no pointer.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) };
}

/// No core file, by limit.
fn no_core() {
    lower(libc::RLIMIT_CORE, 0);
}

/// No core at all for a process about to crash. A limit of 0 does not stop a `core_pattern` that pipes to a program;
/// a process that is not dumpable starts none.
pub(crate) fn crash_without_core() {
    no_core();
    // SAFETY: PR_SET_DUMPABLE takes a number and no pointer.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
}

/// Lowers a soft limit; a limit already lower stays.
pub(crate) fn lower(resource: Resource, to: u64) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is live and of the right type; lowering the soft limit is always allowed.
    unsafe {
        if libc::getrlimit(resource, &mut limit) == 0 && limit.rlim_cur > to {
            limit.rlim_cur = to;
            libc::setrlimit(resource, &limit);
        }
    }
}

/// The descriptor does not survive exec.
pub(crate) fn close_on_exec(fd: RawFd) -> Result<(), Failure> {
    // SAFETY: F_SETFD on a descriptor number takes no pointer.
    if unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) } == -1 {
        return Err(Failure::os("use the control descriptor"));
    }
    Ok(())
}
