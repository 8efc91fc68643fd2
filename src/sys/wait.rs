//! `wait4(2)` and `waitid(2)` on a child.

use std::io;

/// How a child ended, as the kernel says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It returned this status.
    Exited(i32),
    /// A signal ended it.
    Killed {
        /// Its number.
        signal: i32,
        /// A core was dumped.
        core: bool,
    },
}

/// What a child and the descendants it waited for used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// `ru_utime`, in ns. Sampled at ticks: only the sum with `system_ns` is exact.
    pub user_ns: u64,
    /// `ru_stime`, in ns.
    pub system_ns: u64,
    /// `ru_nvcsw`.
    pub voluntary_switches: u64,
    /// `ru_nivcsw`.
    pub involuntary_switches: u64,
    /// `ru_minflt`.
    pub minor_faults: u64,
    /// `ru_majflt`.
    pub major_faults: u64,
    /// `ru_maxrss`, in bytes: of the largest one among them.
    pub peak_rss_bytes: u64,
}

/// Waits for the child to end and reaps it.
pub fn reap(pid: libc::pid_t) -> io::Result<(Status, Usage)> {
    let mut status = 0;
    // SAFETY: a zeroed `rusage` is a valid value of this C structure.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: both out-pointers are live and exclusively borrowed.
        if unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) } == pid {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    let status = if libc::WIFSIGNALED(status) {
        Status::Killed { signal: libc::WTERMSIG(status), core: libc::WCOREDUMP(status) }
    } else {
        Status::Exited(libc::WEXITSTATUS(status))
    };
    let usage = Usage {
        user_ns: timeval_ns(usage.ru_utime),
        system_ns: timeval_ns(usage.ru_stime),
        voluntary_switches: usage.ru_nvcsw.cast_unsigned(),
        involuntary_switches: usage.ru_nivcsw.cast_unsigned(),
        minor_faults: usage.ru_minflt.cast_unsigned(),
        major_faults: usage.ru_majflt.cast_unsigned(),
        peak_rss_bytes: usage.ru_maxrss.cast_unsigned() * 1024, // Linux counts it in KiB
    };
    Ok((status, usage))
}

/// How the child ended, if it has, leaving it to be reaped later.
pub fn peek(pid: libc::pid_t) -> io::Result<Option<Status>> {
    // SAFETY: a zeroed `siginfo_t` is a valid value of this C structure.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let flags = libc::WEXITED | libc::WNOWAIT | libc::WNOHANG;
    // SAFETY: the out-pointer is live and exclusively borrowed.
    if unsafe { libc::waitid(libc::P_PID, pid.cast_unsigned(), &raw mut info, flags) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `waitid` succeeded, so the structure is zero (nothing to report) or filled in for SIGCHLD; `si_pid` and
    // `si_status` are then the active members.
    let (ended, value) = unsafe { (info.si_pid() != 0, info.si_status()) };
    Ok(ended.then_some(match info.si_code {
        libc::CLD_EXITED => Status::Exited(value),
        code => Status::Killed { signal: value, core: code == libc::CLD_DUMPED },
    }))
}

/// A `timeval` in ns.
pub(super) fn timeval_ns(time: libc::timeval) -> u64 {
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_usec.cast_unsigned() * 1000
}
