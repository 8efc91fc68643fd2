//! The child from the gate to its end.

use super::error::printable;
use super::user::Account;
use super::{Control, SpawnError};
use crate::model::{Exit, Reading};
use crate::sys::fork::{Failure, Forked, Step};
use crate::sys::page::{Baseline, SharedPage};
use crate::sys::wait::{Status, Usage};
use crate::sys::{pidfd, wait};
use nix::errno::Errno;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// A child that waits at its gate. Dropped without being opened, it goes away without having run anything.
#[derive(Debug)]
pub struct Gated {
    child: Child,
    gate: Option<UnixStream>,
    page: SharedPage,
    name: OsString,
    path: PathBuf,
    account: Option<Account>,
    pub(super) control: Option<Control>,
}

/// A child that is still to be reaped.
#[derive(Debug)]
struct Child {
    pid: libc::pid_t,
    pidfd: OwnedFd,
}

impl Gated {
    /// Takes charge of a forked child. On failure the child leaves by itself, its gate being closed, and is reaped.
    pub(super) fn new(
        forked: Forked,
        name: OsString,
        path: PathBuf,
        account: Option<Account>,
    ) -> Result<Self, (&'static str, io::Error)> {
        let Forked { pid, gate, page } = forked;
        match pidfd::open(pid.cast_unsigned()) {
            Ok(pidfd) => {
                let child = Child { pid, pidfd };
                Ok(Self { child, gate: Some(gate), page, name, path, account, control: None })
            }
            Err(error) => {
                drop(gate);
                let _ = wait::reap(pid);
                Err(("pidfd_open", error))
            }
        }
    }

    /// The child's id: the command's, once it runs.
    pub fn tgid(&self) -> u32 {
        self.child.pid.cast_unsigned()
    }

    /// The child's process descriptor.
    pub fn pidfd(&self) -> BorrowedFd<'_> {
        self.child.pidfd.as_fd()
    }

    /// Lets the child become the command, and waits until it has.
    pub fn open(mut self) -> Result<Running, SpawnError> {
        let kernel = |what| move |source| SpawnError::Kernel { what, source };
        let gate = self.gate.take().ok_or_else(|| kernel("gate")(io::Error::other("opened twice")))?;
        // If the child has left already the write fails, and what it wrote back before says why.
        let _ = (&gate).write_all(b"!");
        if let Some(failure) = Failure::read(&gate).map_err(kernel("reading from the gate"))? {
            return Err(self.failed(failure));
        }
        let Some(baseline) = self.page.read() else {
            let (status, _) = wait::reap(self.child.pid).map_err(kernel("wait4"))?;
            self.child.pid = 0;
            let signal = match status {
                Status::Killed { signal, .. } => signal,
                Status::Exited(_) => libc::SIGKILL, // it leaves by itself only when the gate is closed
            };
            return Err(SpawnError::EndedAtGate { program: printable(&self.name), signal });
        };
        let child = Child { pid: self.child.pid, pidfd: self.child.pidfd.try_clone().map_err(kernel("dup"))? };
        self.child.pid = 0; // reaped by `Running`
        Ok(Running { child, baseline, control: self.control.take() })
    }

    fn failed(&self, failure: Failure) -> SpawnError {
        let errno = Errno::from_raw(failure.errno);
        match (failure.step, &self.account) {
            (Step::Identity, Some(account)) => SpawnError::Identity { user: account.describe(), errno },
            (Step::Inherit, _) => SpawnError::Kernel { what: "dup2", source: errno.into() },
            (Step::Exec | Step::Identity, _) => {
                SpawnError::exec(&self.name, errno, errno == Errno::ENOENT && self.path.exists())
            }
        }
    }
}

impl Drop for Gated {
    fn drop(&mut self) {
        drop(self.gate.take());
        if self.child.pid > 0 {
            let _ = wait::reap(self.child.pid);
        }
    }
}

/// The command, running.
#[derive(Debug)]
pub struct Running {
    child: Child,
    pub(super) baseline: Baseline,
    control: Option<Control>,
}

impl Running {
    /// Its process id.
    pub fn tgid(&self) -> u32 {
        self.child.pid.cast_unsigned()
    }

    /// Its process descriptor: readable once it has ended.
    pub fn pidfd(&self) -> BorrowedFd<'_> {
        self.child.pidfd.as_fd()
    }

    /// When it was about to call `execve`, by `CLOCK_MONOTONIC`, in ns.
    pub fn exec_at_ns(&self) -> u64 {
        self.baseline.exec_at_ns
    }

    /// The control channel, if it is a workload.
    pub fn control(&mut self) -> Option<&mut Control> {
        self.control.as_mut()
    }

    /// Sends it a signal.
    pub fn send(&self, signal: i32) -> io::Result<()> {
        pidfd::send(self.pidfd(), signal)
    }

    /// How it ended, if it has, without reaping it. The kernel counts a leader's last context switch only once it has
    /// switched away for good, which may be a moment after this sees it ended: who needs exact counts waits for that
    /// between this and [`Running::reap`].
    pub fn peek_exit(&self) -> io::Result<Option<Exit>> {
        Ok(wait::peek(self.child.pid)?.map(exit))
    }

    /// Waits for its end, reaps it, and says what it and the descendants it waited for used from `execve` on.
    pub fn reap(self) -> io::Result<Reaped> {
        let (status, usage) = wait::reap(self.child.pid)?;
        Ok(Reaped::new(exit(status), usage, self.baseline))
    }
}

/// How the command ended, and `wait4`'s account of it less what osmeter's fork did before `execve`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reaped {
    /// How it ended.
    pub exit: Exit,
    /// On-CPU time in ns, user and system together: exact to the microsecond.
    pub cpu_ns: u64,
    /// `ru_utime` in ns: sampled at ticks.
    pub user_ns: u64,
    /// `ru_stime` in ns: sampled at ticks.
    pub system_ns: u64,
    /// `ru_nvcsw`.
    pub voluntary_switches: u64,
    /// `ru_nivcsw`.
    pub involuntary_switches: u64,
    /// `ru_minflt`.
    pub minor_faults: u64,
    /// `ru_majflt`.
    pub major_faults: u64,
    /// `ru_maxrss` in bytes, of the largest process: estimated where the fork of osmeter before `execve` was as large,
    /// because the kernel carries that peak over.
    pub peak_rss_bytes: Reading<u64>,
}

impl Reaped {
    fn new(exit: Exit, usage: Usage, before: Baseline) -> Self {
        let cpu = usage.user_ns + usage.system_ns;
        let peak = usage.peak_rss_bytes;
        Self {
            exit,
            cpu_ns: cpu.saturating_sub(before.cpu_ns),
            user_ns: usage.user_ns.saturating_sub(before.user_ns),
            system_ns: usage.system_ns.saturating_sub(before.system_ns),
            voluntary_switches: usage.voluntary_switches.saturating_sub(before.voluntary_switches),
            involuntary_switches: usage.involuntary_switches.saturating_sub(before.involuntary_switches),
            minor_faults: usage.minor_faults.saturating_sub(before.minor_faults),
            major_faults: usage.major_faults.saturating_sub(before.major_faults),
            peak_rss_bytes: if peak > before.peak_rss_bytes {
                Reading::Exact(peak)
            } else {
                Reading::Estimated { value: peak, estimated: "at most: osmeter's fork before exec was as large".into() }
            },
        }
    }
}

fn exit(status: Status) -> Exit {
    match status {
        Status::Exited(code) => Exit::Status(code),
        Status::Killed { signal, core } => Exit::Signal { signal, core },
    }
}

/// The exit status to pass on: the command's own, or 128+n for a signal, as a shell has it. None while it runs.
pub fn exit_code(exit: Exit) -> Option<i32> {
    match exit {
        Exit::Status(code) => Some(code),
        Exit::Signal { signal, .. } => Some(128 + signal),
        Exit::Running => None,
    }
}
