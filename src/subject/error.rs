//! Why a subject could not be had, in words a person can act on, and the exit status a shell gives for it.

use nix::errno::Errno;
use nix::sys::signal::Signal;
use std::ffi::OsStr;
use std::io;

/// Why the command did not run.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// It was not found or could not be executed.
    #[error("cannot run '{program}': {}{}", errno.desc(), if *.interpreter { " (the interpreter named in its first line, or its dynamic loader)" } else { "" })]
    Exec {
        /// Its name as typed, safe to print.
        program: String,
        /// The errno.
        errno: Errno,
        /// The file itself is there: what is missing is its interpreter.
        interpreter: bool,
    },
    /// No such user.
    #[error("no user '{0}': give a name from the user database, or '#' and a number that is in it")]
    NoSuchUser(String),
    /// The ids could not be taken on.
    #[error("cannot run as {user}: {}; only root may change to another user", errno.desc())]
    Identity {
        /// The user.
        user: String,
        /// The errno.
        errno: Errno,
    },
    /// The child ended before it ran the command.
    #[error("'{program}' was ended by {} before it started", signal_name(*signal))]
    EndedAtGate {
        /// The command's name.
        program: String,
        /// The signal.
        signal: i32,
    },
    /// A kernel resource was refused.
    #[error("cannot start a process: {what}: {source}")]
    Kernel {
        /// The call.
        what: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
}

impl SpawnError {
    /// 127 where a shell says 'not found', 126 where it says 'cannot execute', 128+n for a signal, 125 where osmeter itself
    /// failed.
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::Exec { errno: Errno::ENOENT, .. } => 127,
            Self::Exec { .. } => 126,
            Self::EndedAtGate { signal, .. } => 128 + signal,
            Self::NoSuchUser(_) | Self::Identity { .. } | Self::Kernel { .. } => 125,
        }
    }

    pub(super) fn exec(program: &OsStr, errno: Errno, interpreter: bool) -> Self {
        Self::Exec { program: printable(program), errno, interpreter }
    }
}

/// Why a running process could not be attached to.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// There is none.
    #[error("no process {0}: it has ended, or its id is another one in this PID namespace (`ps -e` lists them)")]
    NoSuchProcess(u32),
    /// The number is a thread's.
    #[error("{tid} is a thread of process {tgid}: attach to that (`-p {tgid}`)")]
    IsThread {
        /// The number given.
        tid: u32,
        /// The process it belongs to.
        tgid: u32,
    },
    /// It has ended and waits to be reaped by its parent.
    #[error("process {0} has ended already and waits for its parent to reap it")]
    Zombie(u32),
    /// It is another user's, or holds privileges.
    #[error("process {0} is not yours to look into (another user's, or one with privileges): attach as root")]
    NotYours(u32),
    /// osmeter cannot measure itself.
    #[error("{0} is osmeter itself")]
    Itself(u32),
    /// Something else.
    #[error("cannot attach to process {tgid}: {source}")]
    Kernel {
        /// The number given.
        tgid: u32,
        /// What the kernel said.
        source: io::Error,
    },
}

/// A name that may be anything, made safe for one line of a terminal.
pub(super) fn printable(name: &OsStr) -> String {
    let mut safe = String::new();
    for c in name.to_string_lossy().chars() {
        if c.is_control() { safe.extend(c.escape_default()) } else { safe.push(c) }
    }
    safe
}

fn signal_name(signal: i32) -> String {
    Signal::try_from(signal).map_or_else(|_| format!("signal {signal}"), |s| s.as_str().to_owned())
}
