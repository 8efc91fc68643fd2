//! The order of events of one measurement: gate, collectors, go, wait, read.

use crate::collect::bpf::{BpfLedger, Readings};
use crate::collect::profile::{self, Run};
use crate::host;
use crate::model::{Command, Ipc, Memory, NotMeasured, Profile, Reading};
use crate::subject::{Attached, Gated, Reaped, Running, Signals, WorkloadError};
use crate::sys::bpf::{BpfError, OpensAt};
use crate::sys::clock::{self, monotonic_ns};
use crate::sys::startup;
use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// How often finished threads are taken in at least, in ms.
const DRAIN_EVERY_MS: u16 = 50;
/// How long a leader that is seen ended may take to its last switch.
const LAST_SWITCH: Duration = Duration::from_millis(200);
/// The longest that a workload may prepare.
const PREPARE: Duration = Duration::from_secs(60);

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The command has ended.
    CommandEnds,
    /// It and all its descendants have.
    AllEnd,
}

/// One measured run.
pub struct Measured {
    /// What the ledger counted.
    pub readings: Readings,
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

/// Loads the ledger. An error here means that this tier cannot be had.
pub fn load(opens_at: OpensAt) -> Result<BpfLedger, BpfError> {
    BpfLedger::load(opens_at)
}

/// Measures a command or workload that waits at its gate.
pub fn measure(mut ledger: BpfLedger, gated: Gated, signals: &mut Signals, until: Until) -> Result<Measured> {
    ledger.arm_gated(gated.pidfd(), gated.tgid()).context("cannot measure the command")?;
    let started_at = clock::wall_time();
    let mut running = gated.open()?;
    let start_up_ns = Reading::Exact(running.exec_at_ns().saturating_sub(startup::inherited().at_ns));
    let report = workload_report(&mut ledger, &mut running)?;
    let interrupted = wait(&mut ledger, &running, signals, until)?;
    let ended_at = monotonic_ns();
    await_last_switch(&mut ledger, running.tgid())?;
    let reaped = running.reap().context("cannot reap the command")?;
    let readings = ledger.finish().context("cannot read the ledger")?;
    Ok(Measured {
        readings,
        reaped: Some(reaped),
        report,
        partial: interrupted,
        started_at,
        start_up_ns,
        tear_down_ns: monotonic_ns() - ended_at,
    })
}

/// Measures a running process until it ends, the time is up, or a signal comes.
pub fn measure_running(
    mut ledger: BpfLedger,
    attached: &Attached,
    signals: &mut Signals,
    limit: Option<Duration>,
) -> Result<Measured> {
    let deadline = limit.map(|limit| Instant::now() + limit);
    let started_at = clock::wall_time();
    ledger.arm_running(attached.tgid()).context("cannot measure the process")?;
    let over = |d: Instant| Instant::now() >= d;
    while !deadline.is_some_and(over) && signals.take().is_empty() {
        let left = deadline.map_or(u128::MAX, |d| d.saturating_duration_since(Instant::now()).as_millis());
        let wait_ms = u16::try_from(left).unwrap_or(DRAIN_EVERY_MS).min(DRAIN_EVERY_MS);
        let ended = ready(Some(attached.pidfd()), signals.as_fd(), ledger.ready_fd(), wait_ms)?;
        ledger.drain().context("cannot read finished threads")?;
        if ended {
            await_last_switch(&mut ledger, attached.tgid())?;
            break;
        }
    }
    let ended_at = monotonic_ns();
    let readings = ledger.finish().context("cannot read the ledger")?;
    Ok(Measured {
        readings,
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
    let largest = measured.readings.processes.iter().filter_map(|p| Some((p.peak_rss_bytes.get()?, &p.comm))).max();
    let memory = Memory {
        largest_process_bytes: match (&largest, &measured.reaped) {
            (Some((bytes, _)), _) => Reading::Exact(*bytes),
            (None, Some(reaped)) => reaped.peak_rss_bytes.clone(),
            (None, None) => Reading::missing("known when a process has ended"),
        },
        largest_process: largest.map(|(_, comm)| comm.clone()),
        tree: Reading::missing("not sampled"),
    };
    let host = host::describe();
    let no_pmu = "no PMU on this machine";
    let not_measured = if host.has_pmu {
        Vec::new()
    } else {
        vec![NotMeasured {
            what: "cycles, instructions, branches, cache and TLB misses".into(),
            why: no_pmu.into(),
            remedy: Some("a host with a PMU, or a virtual machine that passes it on".into()),
        }]
    };
    let run = Run {
        command,
        started_at: measured.started_at,
        partial: measured.partial,
        host,
        refused: Vec::new(),
        reaped: measured.reaped,
        counters: Vec::new(),
        ipc: Ipc { total: Reading::missing(no_pmu), user: Reading::missing(no_pmu), kernel: Reading::missing(no_pmu) },
        memory,
        not_measured,
        own_cost: own_cost(measured.start_up_ns, measured.tear_down_ns),
    };
    profile::from_bpf(measured.readings, run)
}

/// The directory that the command ran in.
pub fn working_directory() -> String {
    std::env::current_dir().map_or_else(|_| "?".to_owned(), |path| path.to_string_lossy().into_owned())
}

fn own_cost(start_up_ns: Reading<u64>, tear_down_ns: u64) -> profile::OwnCost {
    let own = getrusage(UsageWho::RUSAGE_SELF).ok();
    let unsigned = |value: i64| value.max(0).cast_unsigned();
    let unknown = || Reading::missing("getrusage failed");
    profile::OwnCost {
        cpu_ns: own.as_ref().map_or_else(unknown, |u| {
            Reading::Exact(unsigned(u.user_time().num_nanoseconds()) + unsigned(u.system_time().num_nanoseconds()))
        }),
        peak_rss_bytes: own.as_ref().map_or_else(unknown, |u| Reading::Exact(unsigned(u.max_rss()) * 1024)),
        start_up_ns,
        tear_down_ns: Reading::Exact(tear_down_ns),
    }
}

/// Lets a workload prepare and work, and takes its report: it would block on a full channel otherwise.
fn workload_report(ledger: &mut BpfLedger, running: &mut Running) -> Result<Option<serde_json::Value>> {
    let Some(control) = running.control() else {
        return Ok(None);
    };
    control.wait_ready(PREPARE)?;
    control.go()?;
    loop {
        match control.outcome(Duration::from_millis(DRAIN_EVERY_MS.into())) {
            Ok(report) => return Ok(Some(report)),
            Err(WorkloadError::TimedOut { .. }) => ledger.drain().context("cannot read finished threads")?,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits for the end, taking in finished threads and passing signals on. Says why the run is cut short, if it is.
fn wait(ledger: &mut BpfLedger, running: &Running, signals: &mut Signals, until: Until) -> Result<Option<String>> {
    let mut interrupted = None;
    let mut command_ended = false;
    loop {
        let pidfd = (!command_ended).then(|| running.pidfd());
        command_ended |= ready(pidfd, signals.as_fd(), ledger.ready_fd(), DRAIN_EVERY_MS)?;
        ledger.drain().context("cannot read finished threads")?;
        if let Some(caught) = signals.forward(running).last() {
            interrupted = Some(format!("interrupted by signal {}", caught.signal));
        }
        let all_ended = || ledger.live_threads() <= 0;
        if command_ended && (until == Until::CommandEnds || interrupted.is_some() || all_ended()) {
            return Ok(interrupted);
        }
    }
}

/// Waits until something is to do, at most `wait_ms`. Says whether the process has ended.
fn ready(pidfd: Option<BorrowedFd<'_>>, signals: BorrowedFd<'_>, ring: BorrowedFd<'_>, wait_ms: u16) -> Result<bool> {
    let mut fds = vec![PollFd::new(signals, PollFlags::POLLIN), PollFd::new(ring, PollFlags::POLLIN)];
    fds.extend(pidfd.map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
    match poll(&mut fds, PollTimeout::from(wait_ms)) {
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
