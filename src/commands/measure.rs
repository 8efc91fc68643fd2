//! The order of events of one measurement: gate, collectors, go, wait, read.

use super::instrument::{Finished, Instrument, Until};
use crate::collect::run::{OwnCost, Run};
use crate::model::{Command, Exit, Ipc, Memory, Profile, Reading, Subject};
use crate::subject::{Attached, Gated, Reaped, Running, Signals, WorkloadError, exit_code};
use crate::sys::clock::{self, monotonic_ns};
use crate::sys::startup;
use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::ffi::OsString;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// How often finished threads are taken in at least, in ms.
const DRAIN_EVERY_MS: u16 = 50;
/// How long a leader that is seen ended may take to its last switch.
const LAST_SWITCH: Duration = Duration::from_millis(200);
/// The longest that a workload may prepare.
const PREPARE: Duration = Duration::from_secs(60);

/// One measured run.
pub struct Measured {
    /// What the collectors read.
    pub readings: Finished,
    /// How long the window was open, in ns, by osmeter's own clock.
    pub elapsed_ns: u64,
    /// How the command ended, and wait4's account of it; None if it was not osmeter's to reap.
    pub reaped: Option<Reaped>,
    /// What a workload says of itself.
    pub report: Option<serde_json::Value>,
    /// Why the run is cut short, if it is.
    pub partial: Option<String>,
    /// When the window opened, by the wall clock.
    pub started_at: String,
    /// From osmeter's start to the command's, in ns.
    pub start_up_ns: Reading<u64>,
    /// From the end of the command to all numbers being there, in ns.
    pub tear_down_ns: u64,
}

/// Measures a command or workload that waits at its gate.
pub fn measure(mut instrument: Instrument, gated: Gated, signals: &mut Signals, until: Until) -> Result<Measured> {
    instrument.arm_gated(gated.pidfd(), gated.tgid())?;
    let started_at = clock::wall_time();
    let mut running = gated.open()?;
    instrument.started(running.tgid());
    let start_up_ns = Reading::Exact(running.exec_at_ns().saturating_sub(startup::inherited().at_ns));
    let (report, interrupted) = match observe(&mut instrument, &mut running, signals, until) {
        Ok(seen) => seen,
        Err(error) => return Err(unmeasured(running, signals, error)),
    };
    let ended_at = monotonic_ns();
    let elapsed_ns = ended_at.saturating_sub(running.exec_at_ns());
    if let Err(error) = await_last_switch(&mut instrument, running.tgid()) {
        return Err(unmeasured(running, signals, error));
    }
    let reaped = running.reap().context("cannot reap the command")?;
    let readings = instrument.finish().map_err(|error| error.context(Unmeasured::after(reaped.exit)))?;
    Ok(Measured {
        readings,
        elapsed_ns,
        reaped: Some(reaped),
        report,
        partial: interrupted,
        started_at,
        start_up_ns,
        tear_down_ns: monotonic_ns() - ended_at,
    })
}

/// From the open gate to the end: a workload's report, and why the run is cut short.
fn observe(
    instrument: &mut Instrument,
    running: &mut Running,
    signals: &mut Signals,
    until: Until,
) -> Result<(Option<serde_json::Value>, Option<String>)> {
    let report = workload_report(instrument, running)?;
    Ok((report, wait(instrument, running, signals, until)?))
}

/// The command has run, and there is no report on it. Its exit status is passed on all the same.
#[derive(Debug, thiserror::Error)]
#[error("no report")]
pub struct Unmeasured {
    /// The exit status to pass on.
    pub code: u8,
}

impl Unmeasured {
    fn after(exit: Exit) -> Self {
        Self { code: exit_code(exit).and_then(|code| u8::try_from(code).ok()).unwrap_or(1) }
    }
}

/// Measuring has failed: the command goes on to its end. A workload, which has no other use, is ended.
fn unmeasured(mut running: Running, signals: &mut Signals, error: anyhow::Error) -> anyhow::Error {
    if running.control().is_some() {
        let _ = running.send(libc::SIGKILL);
        let _ = running.reap();
        return error;
    }
    while let Ok(false) = ready(Some(running.pidfd()), signals.as_fd(), None, DRAIN_EVERY_MS) {
        signals.forward(&running);
    }
    match running.reap() {
        Ok(reaped) => error.context(Unmeasured::after(reaped.exit)),
        Err(_) => error,
    }
}

/// Measures a running process until it ends, the time is up, or a signal comes.
pub fn measure_running(
    mut instrument: Instrument,
    attached: &Attached,
    signals: &mut Signals,
    limit: Option<Duration>,
) -> Result<Measured> {
    let deadline = limit.map(|limit| Instant::now() + limit);
    let started_at = clock::wall_time();
    instrument.arm_running(attached.tgid())?;
    let armed_at = monotonic_ns();
    let over = |d: Instant| Instant::now() >= d;
    while !deadline.is_some_and(over) && signals.take().is_empty() {
        let left = deadline.map_or(u128::MAX, |d| d.saturating_duration_since(Instant::now()).as_millis());
        let wait_ms = u16::try_from(left).unwrap_or(DRAIN_EVERY_MS).min(DRAIN_EVERY_MS);
        let ended = ready(Some(attached.pidfd()), signals.as_fd(), instrument.ready_fd(), wait_ms)?;
        instrument.drain()?;
        if ended {
            await_last_switch(&mut instrument, attached.tgid())?;
            break;
        }
    }
    let ended_at = monotonic_ns();
    let elapsed_ns = ended_at - armed_at;
    let readings = instrument.finish()?;
    Ok(Measured {
        readings,
        elapsed_ns,
        reaped: None,
        report: None,
        partial: None,
        started_at,
        start_up_ns: Reading::missing("the process was there before"),
        tear_down_ns: monotonic_ns() - ended_at,
    })
}

/// The profile of a measured run.
pub fn profile(measured: Measured, command: Command) -> Profile {
    let largest = measured.readings.largest_process();
    let memory = Memory {
        largest_process_bytes: match (&largest, &measured.reaped) {
            (Some((bytes, _)), _) => Reading::Exact(*bytes),
            (None, Some(reaped)) => reaped.peak_rss_bytes.clone(),
            (None, None) => Reading::missing("known when a process has ended"),
        },
        largest_process: largest.map(|(_, comm)| comm),
        tree: Reading::missing("not sampled"),
    };
    let not_counted = || Reading::missing("not counted");
    let own_cost = own_cost(measured.start_up_ns, measured.tear_down_ns);
    measured.readings.profile(measured.elapsed_ns, |host, refused| Run {
        command,
        started_at: measured.started_at,
        partial: measured.partial,
        host,
        refused,
        reaped: measured.reaped,
        counters: Vec::new(),
        ipc: Ipc { total: not_counted(), user: not_counted(), kernel: not_counted() },
        memory,
        not_measured: Vec::new(),
        own_cost,
    })
}

/// A command as typed, of which nothing else is known yet.
pub fn typed(argv: &[OsString]) -> Command {
    Command {
        argv: argv.iter().map(|a| a.to_string_lossy().into_owned()).collect(),
        cwd: working_directory(),
        tgid: 0,
        subject: Subject::Command,
        exit: Exit::Running,
    }
}

/// The directory that the command ran in.
pub fn working_directory() -> String {
    std::env::current_dir().map_or_else(|_| "?".to_owned(), |path| path.to_string_lossy().into_owned())
}

fn own_cost(start_up_ns: Reading<u64>, tear_down_ns: u64) -> OwnCost {
    let own = getrusage(UsageWho::RUSAGE_SELF).ok();
    let unsigned = |value: i64| value.max(0).cast_unsigned();
    let unknown = || Reading::missing("getrusage failed");
    OwnCost {
        cpu_ns: own.as_ref().map_or_else(unknown, |u| {
            Reading::Exact(unsigned(u.user_time().num_nanoseconds()) + unsigned(u.system_time().num_nanoseconds()))
        }),
        peak_rss_bytes: own.as_ref().map_or_else(unknown, |u| Reading::Exact(unsigned(u.max_rss()) * 1024)),
        start_up_ns,
        tear_down_ns: Reading::Exact(tear_down_ns),
    }
}

/// Lets a workload prepare and work, and takes its report: it would block on a full channel otherwise.
fn workload_report(instrument: &mut Instrument, running: &mut Running) -> Result<Option<serde_json::Value>> {
    let Some(control) = running.control() else {
        return Ok(None);
    };
    control.wait_ready(PREPARE)?;
    control.go()?;
    loop {
        match control.outcome(Duration::from_millis(DRAIN_EVERY_MS.into())) {
            Ok(report) => return Ok(Some(report)),
            Err(WorkloadError::TimedOut { .. }) => instrument.drain()?,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits for the end, taking in finished threads and passing signals on. Says why the run is cut short, if it is.
fn wait(instrument: &mut Instrument, running: &Running, signals: &mut Signals, until: Until) -> Result<Option<String>> {
    let mut interrupted = None;
    let mut command_ended = false;
    loop {
        let pidfd = (!command_ended).then(|| running.pidfd());
        command_ended |= ready(pidfd, signals.as_fd(), instrument.ready_fd(), DRAIN_EVERY_MS)?;
        instrument.drain()?;
        if let Some(caught) = signals.forward(running).last() {
            interrupted = Some(format!("interrupted by signal {}", caught.signal));
        }
        let all_ended = || instrument.live_threads().is_none_or(|n| n <= 0);
        if command_ended && (until == Until::CommandEnds || interrupted.is_some() || all_ended()) {
            return Ok(interrupted);
        }
    }
}

/// Waits until something is to do, at most `wait_ms`. Says whether the process has ended.
fn ready(
    pidfd: Option<BorrowedFd<'_>>,
    signals: BorrowedFd<'_>,
    ring: Option<BorrowedFd<'_>>,
    wait_ms: u16,
) -> Result<bool> {
    let mut fds = vec![PollFd::new(signals, PollFlags::POLLIN)];
    fds.extend(ring.into_iter().chain(pidfd).map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
    match poll(&mut fds, PollTimeout::from(wait_ms)) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => {}
        Err(error) => return Err(error).context("poll"),
    }
    Ok(pidfd.is_some() && fds.last().and_then(PollFd::revents).is_some_and(|r| !r.is_empty()))
}

/// The kernel counts a leader's last switch once it has happened, which may be a moment after it is seen ended.
pub(super) fn await_last_switch(instrument: &mut Instrument, tgid: u32) -> Result<()> {
    let deadline = Instant::now() + LAST_SWITCH;
    loop {
        instrument.drain()?;
        if instrument.has_ended(tgid) || Instant::now() > deadline {
            return Ok(());
        }
        std::thread::yield_now();
    }
}
