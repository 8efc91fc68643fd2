//! Forked children that die with their parent and are reaped.

use super::limits;
use crate::Failure;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By exit, with this status.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
}

impl Ended {
    pub(crate) fn of(status: i32) -> Self {
        if libc::WIFSIGNALED(status) {
            Ended::Signalled(libc::WTERMSIG(status))
        } else {
            Ended::Exited(libc::WEXITSTATUS(status))
        }
    }
}

/// A forked child. Dropping it kills and reaps it.
#[derive(Debug)]
pub(crate) struct Child {
    pid: libc::pid_t,
    ended: Option<Ended>,
}

impl Child {
    /// Forks; the child runs `body` and exits with what it returns. Call it while this process has one thread, and from
    /// a thread that outlives the child: the death signal follows the creating *thread*.
    pub(crate) fn fork(body: impl FnOnce() -> i32) -> Result<Child, Failure> {
        // SAFETY: getpid has no preconditions.
        let parent = unsafe { libc::getpid() };
        // SAFETY: the process has one thread here, so the child may use all of std; it leaves by _exit only.
        match unsafe { libc::fork() } {
            -1 => Err(Failure::os("fork")),
            0 => {
                limits::die_with_parent();
                // SAFETY: getppid and _exit have no preconditions.
                if unsafe { libc::getppid() } != parent {
                    // SAFETY: as above.
                    unsafe { libc::_exit(0) };
                }
                let status = catch_unwind(AssertUnwindSafe(body)).unwrap_or(101);
                // SAFETY: as above.
                unsafe { libc::_exit(status) }
            }
            pid => Ok(Child { pid, ended: None }),
        }
    }

    /// Takes over a child that was created in another way.
    pub(crate) fn adopt(pid: libc::pid_t) -> Child {
        Child { pid, ended: None }
    }

    pub(crate) fn pid(&self) -> libc::pid_t {
        self.pid
    }

    fn wait_with(&mut self, flags: i32) -> Result<Option<Ended>, Failure> {
        if self.ended.is_none() {
            let mut status = 0;
            loop {
                // SAFETY: `status` is live. __WALL also waits for clones that send no SIGCHLD.
                match unsafe { libc::waitpid(self.pid, &mut status, flags | libc::__WALL) } {
                    0 => return Ok(None),
                    -1 if std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR) => {}
                    -1 => return Err(Failure::os(format!("wait for child {}", self.pid))),
                    _ => break,
                }
            }
            self.ended = Some(Ended::of(status));
        }
        Ok(self.ended)
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> Result<Ended, Failure> {
        Ok(self.wait_with(0)?.unwrap_or(Ended::Exited(0)))
    }

    /// Its end, if it has ended.
    pub(crate) fn try_wait(&mut self) -> Result<Option<Ended>, Failure> {
        self.wait_with(libc::WNOHANG)
    }

    /// Waits, and fails unless it exited with status 0.
    pub(crate) fn succeed(&mut self, what: &str) -> Result<(), Failure> {
        match self.wait()? {
            Ended::Exited(0) => Ok(()),
            other => Err(Failure::Wrong(format!("{what} ended as {other:?}"))),
        }
    }

    /// Sends a signal, unless it was already reaped.
    pub(crate) fn signal(&self, signal: i32) {
        if self.ended.is_none() {
            // SAFETY: the pid is our own child and not yet reaped, so it cannot have been used again.
            unsafe { libc::kill(self.pid, signal) };
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.ended.is_none() {
            self.signal(libc::SIGKILL);
            let _ = self.wait();
        }
    }
}
