//! The order of events of one measurement: gate, collectors, go, wait, read.

use crate::collect::bpf::{BpfLedger, Readings};
use crate::subject::{Gated, Reaped, Running, Signals};
use crate::sys::bpf::OpensAt;
use crate::sys::clock::monotonic_ns;
use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// How often finished threads are taken in at least, in ms.
const DRAIN_EVERY_MS: u16 = 50;
/// How long a leader that is seen ended may take to its last switch.
const LAST_SWITCH: Duration = Duration::from_millis(200);

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The command has ended.
    CommandEnds,
    /// It and all its descendants have.
    AllEnd,
}

/// One measured run of a command.
pub struct Measured {
    /// What the ledger counted.
    pub readings: Readings,
    /// How the command ended.
    pub reaped: Reaped,
    /// Signals that came to osmeter meanwhile, if any: the run may be cut short.
    pub interrupted: bool,
    /// From the end of the command to all numbers being there, in ns.
    pub tear_down_ns: u64,
    /// When the command was about to be executed, by the monotonic clock.
    pub exec_at_ns: u64,
}

/// Loads the ledger. An error here means that this tier cannot be had.
pub fn load(opens_at: OpensAt) -> Result<BpfLedger, crate::sys::bpf::BpfError> {
    BpfLedger::load(opens_at)
}

/// Measures a command that waits at its gate.
pub fn measure(mut ledger: BpfLedger, gated: Gated, signals: &mut Signals, until: Until) -> Result<Measured> {
    ledger.arm_gated(gated.pidfd(), gated.tgid()).context("cannot measure the command")?;
    let running = gated.open()?;
    let interrupted = wait(&mut ledger, &running, signals, until)?;
    let ended_at = monotonic_ns();
    await_last_switch(&mut ledger, running.tgid())?;
    let exec_at_ns = running.exec_at_ns();
    let reaped = running.reap().context("cannot reap the command")?;
    let readings = ledger.finish().context("cannot read the ledger")?;
    Ok(Measured { readings, reaped, interrupted, tear_down_ns: monotonic_ns() - ended_at, exec_at_ns })
}

/// Waits for the end, taking in finished threads and passing signals on. Says whether osmeter was asked to stop.
fn wait(ledger: &mut BpfLedger, running: &Running, signals: &mut Signals, until: Until) -> Result<bool> {
    let mut interrupted = false;
    let mut command_ended = false;
    loop {
        let pidfd = (!command_ended).then(|| running.pidfd());
        if ready(pidfd, signals.as_fd(), ledger.ready_fd())? {
            command_ended = true;
        }
        ledger.drain().context("cannot read finished threads")?;
        interrupted |= !signals.forward(running).is_empty();
        if command_ended && (until == Until::CommandEnds || interrupted || ledger.live_threads() <= 1) {
            return Ok(interrupted);
        }
    }
}

/// Waits until something is to do, at most [`DRAIN_EVERY_MS`]. Says whether the process has ended.
fn ready(pidfd: Option<BorrowedFd<'_>>, signals: BorrowedFd<'_>, ring: BorrowedFd<'_>) -> Result<bool> {
    let mut fds = vec![PollFd::new(signals, PollFlags::POLLIN), PollFd::new(ring, PollFlags::POLLIN)];
    fds.extend(pidfd.map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
    match poll(&mut fds, PollTimeout::from(DRAIN_EVERY_MS)) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => {}
        Err(error) => return Err(error).context("poll"),
    }
    Ok(pidfd.is_some() && fds.last().and_then(PollFd::revents).is_some_and(|r| !r.is_empty()))
}

/// The kernel counts a leader's last switch once it has happened, which may be a moment after it is seen ended.
fn await_last_switch(ledger: &mut BpfLedger, tgid: u32) -> Result<()> {
    let deadline = Instant::now() + LAST_SWITCH;
    loop {
        ledger.drain().context("cannot read finished threads")?;
        if ledger.has_ended(tgid) || Instant::now() > deadline {
            return Ok(());
        }
        std::thread::yield_now();
    }
}
