//! Where counts come from: the kernel, or a fake in a test.

use super::super::target::Start;
use crate::sys::perf::{self, Count};
use perf_event::Builder;
use perf_event::events::Event;
use std::fmt::Debug;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// Which side of the kernel's border is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Both.
    Both,
    /// User mode only.
    User,
    /// The kernel only.
    Kernel,
}

/// Opens and reads counters.
pub trait Source {
    /// A counter that is open.
    type Counter: Debug;

    /// Opens `event` on thread `tid`, inherited by what it starts, in the group of `leader`. It starts by itself at exec, or
    /// else when it is enabled.
    fn open(
        &self,
        event: &Event,
        mode: Mode,
        tid: u32,
        start: Start,
        leader: Option<&Self::Counter>,
    ) -> io::Result<Self::Counter>;

    /// Starts a counter that is not in a group, or leads one, and so the group.
    fn enable(&self, counter: &Self::Counter) -> io::Result<()>;

    /// Reads it, with its inherited copies.
    fn read(&self, counter: &Self::Counter) -> io::Result<Count>;
}

/// The kernel's.
#[derive(Debug, Clone, Copy)]
pub struct PerfEvents;

impl Source for PerfEvents {
    type Counter = OwnedFd;

    fn open(&self, event: &Event, mode: Mode, tid: u32, start: Start, leader: Option<&OwnedFd>) -> io::Result<OwnedFd> {
        let mut builder = Builder::new().kind(event.clone());
        builder.inherit(true).exclude_user(mode == Mode::Kernel).exclude_kernel(mode == Mode::User);
        // A member runs when its leader does.
        builder.enabled(leader.is_some());
        builder.enable_on_exec(leader.is_none() && start == Start::AtExec);
        perf::open(&builder, tid.cast_signed(), None, leader.map(AsFd::as_fd))
    }

    fn enable(&self, counter: &OwnedFd) -> io::Result<()> {
        perf::enable(counter.as_fd())
    }

    fn read(&self, counter: &OwnedFd) -> io::Result<Count> {
        perf::read(counter.as_fd())
    }
}
