//! Signals sent to osmeter while a command runs.
//!
//! A terminal sends Ctrl-C and Ctrl-\ to the whole foreground process group, so the command gets its own; osmeter only has
//! to survive them and report. What another process sends to osmeter's id is meant for the command, as far as the sender
//! knows, and is handed on. Ctrl-Z is left alone: it stops both, and `fg` continues both.

use super::Running;
use crate::sys::signals::Catcher;
use nix::libc::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

pub use crate::sys::signals::Caught;

/// Catches signals while it lives. Install it before [`super::spawn`]: the child gets none of it.
#[derive(Debug)]
pub struct Signals(Catcher);

impl Signals {
    /// Starts catching the signals that would end osmeter.
    pub fn install() -> io::Result<Self> {
        Catcher::install(&[SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2]).map(Self)
    }

    /// What arrived since the last call. Poll [`AsFd::as_fd`] for reading to know when.
    pub fn take(&mut self) -> Vec<Caught> {
        self.0.take()
    }

    /// As [`Signals::take`], and hands on to the command what was sent to osmeter alone.
    pub fn forward(&mut self, to: &Running) -> Vec<Caught> {
        let caught = self.take();
        for signal in &caught {
            if meant_for_the_command(*signal, to.tgid()) {
                // It may just have ended: then there is nothing to tell it.
                let _ = to.send(signal.signal);
            }
        }
        caught
    }
}

/// Not what the kernel sent (a terminal, to the whole group), nor what the command sent itself (`kill 0`).
fn meant_for_the_command(caught: Caught, tgid: u32) -> bool {
    caught.sender.is_some_and(|sender| sender != tgid)
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_from_the_terminal_or_from_the_command_is_not_handed_on() {
        let from = |sender| meant_for_the_command(Caught { signal: SIGINT, sender }, 42);
        assert!(!from(None));
        assert!(!from(Some(42)));
        assert!(from(Some(43)));
    }
}
