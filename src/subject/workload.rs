//! The control channel of a bundled workload.
//!
//! A workload runs as a process of its own, which executes osmeter again. Over one socket it says `ready` when it has
//! prepared, waits for one byte, works, and answers with one line of JSON. So the measured window can hold the work alone.
//! In place of either line it may say `failed: …` or `unavailable: …`. The other side is `osmeter_workloads::execute`.
//!
//! A workload dies with the thread that started it (`PR_SET_PDEATHSIG`): spawn it from one that lives as long as it does.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The number under which the workload finds its end of the channel.
pub(super) const CONTROL_FD: RawFd = 3;

/// What tells the workload that number.
pub(super) const CONTROL_VARIABLE: &str = "OSMETER_CONTROL";

/// The longest line a workload may answer with, in bytes.
const LONGEST_LINE: usize = 1 << 20;

/// The hidden subcommand that runs a workload.
const SUBCOMMAND: &str = "__workload";

/// The program and arguments that run a workload.
pub(super) fn command(name: &str, args: &[String]) -> (PathBuf, Vec<OsString>) {
    // The real path, so that the process bears osmeter's name and not `exe`. Replaced on disk, it has none any more.
    let path = std::env::current_exe().ok().filter(|p| p.exists()).unwrap_or_else(|| "/proc/self/exe".into());
    let argv = ["osmeter", SUBCOMMAND, name].into_iter().map(OsString::from).chain(args.iter().map(OsString::from));
    (path, argv.collect())
}

/// Why a workload did not do as agreed.
#[derive(Debug, thiserror::Error)]
pub enum WorkloadError {
    /// It failed, and says why.
    #[error("the workload failed: {0}")]
    Failed(String),
    /// It cannot run on this machine or for this user, and says why.
    #[error("the workload cannot run here: {0}")]
    Unavailable(String),
    /// It ended, or closed the channel, first.
    #[error("the workload ended before it {0}")]
    Ended(&'static str),
    /// It took too long.
    #[error("the workload {what} for {seconds} s; it is given up")]
    TimedOut {
        /// What it did meanwhile.
        what: &'static str,
        /// The limit.
        seconds: u64,
    },
    /// It said something else.
    #[error("the workload answered with something that is not its report: {0}")]
    Malformed(String),
    /// The channel failed.
    #[error("the workload's control channel failed: {0}")]
    Channel(#[from] io::Error),
}

/// osmeter's end of the channel.
#[derive(Debug)]
pub struct Control {
    pub(super) stream: UnixStream,
    unread: Vec<u8>,
}

impl Control {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self { stream, unread: Vec::new() }
    }

    /// Waits until it has prepared. What it says instead, if it refuses its parameters, is the error.
    pub fn wait_ready(&mut self, limit: Duration) -> Result<(), WorkloadError> {
        match self.line(limit)? {
            Line::Said(line) if line == "ready" => Ok(()),
            Line::Said(line) => Err(complaint(line)),
            Line::End => Err(WorkloadError::Ended("was ready")),
            Line::TooLate => Err(WorkloadError::TimedOut { what: "prepared", seconds: limit.as_secs() }),
        }
    }

    /// Lets it work.
    pub fn go(&mut self) -> Result<(), WorkloadError> {
        self.stream.write_all(b"g").map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => WorkloadError::Ended("was let go"),
            _ => error.into(),
        })
    }

    /// Waits for its report. After a time-out it may be asked again.
    pub fn outcome(&mut self, limit: Duration) -> Result<serde_json::Value, WorkloadError> {
        match self.line(limit)? {
            Line::Said(line) => serde_json::from_str(&line).map_err(|_| complaint(line)),
            Line::End => Err(WorkloadError::Ended("reported")),
            Line::TooLate => Err(WorkloadError::TimedOut { what: "worked", seconds: limit.as_secs() }),
        }
    }

    fn line(&mut self, limit: Duration) -> Result<Line, WorkloadError> {
        let deadline = Instant::now() + limit;
        let mut chunk = [0; 4096];
        loop {
            if let Some(end) = self.unread.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                return Ok(Line::Said(String::from_utf8_lossy(&line[..end]).into_owned()));
            }
            if self.unread.len() > LONGEST_LINE {
                return Err(WorkloadError::Malformed("a line without end".into()));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Line::TooLate);
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(&mut chunk) {
                Ok(0) => return Ok(Line::End),
                Ok(n) => self.unread.extend_from_slice(&chunk[..n]),
                Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Err(e) if e.kind() == io::ErrorKind::ConnectionReset => return Ok(Line::End),
                Err(e) => return Err(e.into()),
            }
        }
    }
}

fn complaint(line: String) -> WorkloadError {
    match line.split_once(": ") {
        Some(("failed", why)) => WorkloadError::Failed(why.into()),
        Some(("unavailable", why)) => WorkloadError::Unavailable(why.into()),
        _ => WorkloadError::Malformed(line),
    }
}

enum Line {
    Said(String),
    End,
    TooLate,
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
