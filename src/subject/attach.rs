//! A process that already runs.

use super::AttachError;
use crate::sys::pidfd;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A running process, held by a descriptor so that its id cannot come to mean another one.
#[derive(Debug)]
pub struct Attached {
    tgid: u32,
    pidfd: OwnedFd,
}

impl Attached {
    /// Finds the process `tgid`.
    pub fn to(tgid: u32) -> Result<Self, AttachError> {
        if tgid == std::process::id() {
            return Err(AttachError::Itself(tgid));
        }
        let pidfd = match pidfd::open(tgid) {
            Ok(pidfd) => pidfd,
            Err(source) => {
                return Err(match leader_of(tgid) {
                    Some(leader) if leader != tgid => AttachError::IsThread { tid: tgid, tgid: leader },
                    _ if source.raw_os_error() == Some(libc::ESRCH) || tgid == 0 => AttachError::NoSuchProcess(tgid),
                    _ => AttachError::Kernel { tgid, source },
                });
            }
        };
        if field(tgid, "State:").is_some_and(|state| state.starts_with(['Z', 'X'])) {
            return Err(AttachError::Zombie(tgid));
        }
        // What ptrace's read access would allow, whatever capabilities this file has: a setcap'd osmeter is not to show
        // everybody's processes to everybody. The kernel asks for that access to read this link.
        if std::fs::read_link(format!("/proc/{tgid}/ns/pid"))
            .is_err_and(|e| e.kind() == io::ErrorKind::PermissionDenied)
        {
            return Err(AttachError::NotYours(tgid));
        }
        Ok(Self { tgid, pidfd })
    }

    /// Its process id.
    pub fn tgid(&self) -> u32 {
        self.tgid
    }

    /// Its process descriptor: readable once it has ended.
    pub fn pidfd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }

    /// Its command line, from /proc. Empty for a kernel thread.
    pub fn argv(&self) -> Vec<String> {
        let bytes = std::fs::read(format!("/proc/{}/cmdline", self.tgid)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        text.trim_end_matches('\0')
            .split('\0')
            .filter(|a| !text.is_empty() || !a.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

fn leader_of(tid: u32) -> Option<u32> {
    field(tid, "Tgid:")?.parse().ok()
}

fn field(tid: u32, name: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_process_is_found_and_its_end_is_seen() {
        let mut child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let attached = Attached::to(child.id()).unwrap();
        assert_eq!(attached.tgid(), child.id());
        child.kill().unwrap();
        // Not reaped yet: a zombie.
        nix::sys::wait::waitid(
            nix::sys::wait::Id::Pid(nix::unistd::Pid::from_raw(child.id().cast_signed())),
            nix::sys::wait::WaitPidFlag::WEXITED | nix::sys::wait::WaitPidFlag::WNOWAIT,
        )
        .unwrap();
        assert!(matches!(Attached::to(child.id()), Err(AttachError::Zombie(_))));
        child.wait().unwrap();
        assert!(matches!(Attached::to(child.id()), Err(AttachError::NoSuchProcess(_))));
    }

    #[test]
    fn a_thread_is_named_with_its_process() {
        let (tell, told) = std::sync::mpsc::channel();
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            tell.send(nix::unistd::gettid().as_raw().cast_unsigned()).unwrap();
            let _ = wait.recv();
        });
        let tid = told.recv().unwrap();
        let error = Attached::to(tid).unwrap_err();
        assert!(matches!(error, AttachError::IsThread { tgid, .. } if tgid == std::process::id()), "{error}");
        drop(done);
        thread.join().unwrap();
    }

    #[test]
    fn osmeter_and_impossible_ids_are_refused() {
        assert!(matches!(Attached::to(std::process::id()), Err(AttachError::Itself(_))));
        assert!(matches!(Attached::to(0), Err(AttachError::NoSuchProcess(0))));
        assert!(matches!(Attached::to(u32::MAX), Err(AttachError::NoSuchProcess(_))));
    }
}
