//! `osmeter run --elevate`: root measures, the user's command stays the user's.
//!
//! Two osmeters. The outer one is the user's: it starts the command behind its gate, so that ids, groups, environment,
//! directory and terminal are the user's own, waits for it and writes the report. The inner one runs under sudo, arms its
//! collectors on the gated child and sends back a profile. They talk in lines of JSON over the inner one's stdin and stdout:
//!
//! ```text
//! outer:            opened                       about             │ stop, if interrupted
//! inner:  armed              …until it ends  ended       profile
//! ```
//!
//! The command is reaped only after `ended`: until then its last context switch may still be counted.

use super::instrument::{Instrument, Opens, Until};
use super::measure::{self, Measured};
use super::present;
use crate::cli::{MeasureFor, Run, WaitFor};
use crate::model::{Command, Profile, Reading};
use crate::subject::{self, Attached, Gated, Reaped, Signals, Spec, exit_code};
use crate::sys::clock::{self, monotonic_ns};
use crate::sys::startup;
use anyhow::{Context, Result, anyhow, bail};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// How often signals and records are looked after at least, in ms.
const EVERY_MS: u16 = 50;

/// From the outer to the inner.
#[derive(Debug, Serialize, Deserialize)]
enum ToInner {
    /// The gate is open.
    Opened,
    /// Do not wait for what still runs.
    Stop,
    /// The command is reaped; this is what the profile needs to know.
    About(Box<About>),
}

/// From the inner to the outer.
#[derive(Debug, Serialize, Deserialize)]
enum ToOuter {
    /// Open the gate.
    Armed,
    /// It cannot be measured, and why.
    Refused(String),
    /// Everything waited for has ended.
    Ended,
    /// The result.
    Profile(Box<Profile>),
}

/// What only the outer one knows.
#[derive(Debug, Serialize, Deserialize)]
struct About {
    command: Command,
    reaped: Reaped,
    started_at: String,
    start_up_ns: Reading<u64>,
    exec_at_ns: u64,
    partial: Option<String>,
}

/// One end of the conversation.
struct Line<R: Read, W: Write> {
    from: BufReader<R>,
    to: W,
}

impl<R: Read + AsFd, W: Write> Line<R, W> {
    fn new(from: R, to: W) -> Self {
        Self { from: BufReader::new(from), to }
    }

    fn say(&mut self, message: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        self.to.write_all(&line)?;
        Ok(self.to.flush()?)
    }

    /// The next message; None at the end.
    fn hear<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        let mut line = String::new();
        match self.from.read_line(&mut line)? {
            0 => Ok(None),
            _ => Ok(Some(serde_json::from_str(&line)?)),
        }
    }

    fn has_buffered(&self) -> bool {
        !self.from.buffer().is_empty()
    }
}

/// Runs the command as its user and has it measured by root.
pub fn run(args: &Run) -> Result<u8> {
    let mut signals = Signals::install()?;
    let gated = subject::spawn(&Spec::command(args.command.clone()))?;
    let (mut helper, mut line) = sudo(args, &gated)?;
    match line.hear()? {
        Some(ToOuter::Armed) => {}
        Some(ToOuter::Refused(why)) => bail!("{why}; the command was not run"),
        _ => bail!("sudo did not start osmeter; the command was not run"),
    }
    let started_at = clock::wall_time();
    let tgid = gated.tgid();
    let running = gated.open()?;
    line.say(&ToInner::Opened)?;
    let start_up_ns = Reading::Exact(running.exec_at_ns().saturating_sub(startup::inherited().at_ns));
    let exec_at_ns = running.exec_at_ns();
    let mut partial = None;
    let measured = loop {
        if let Some(caught) = signals.forward(&running).last() {
            partial = Some(format!("interrupted by signal {}", caught.signal));
            let _ = line.say(&ToInner::Stop);
        }
        if line.has_buffered() || readable(&[signals.as_fd(), line.from.get_ref().as_fd()])?[1] {
            break matches!(line.hear()?, Some(ToOuter::Ended));
        }
    };
    // Also when the inner one has failed: the command's exit status is passed on in any case.
    let reaped = running.reap().context("cannot reap the command")?;
    let exit = reaped.exit;
    let code = exit_code(exit).and_then(|c| u8::try_from(c).ok()).unwrap_or(1);
    let command = Command { tgid, exit, ..measure::typed(&args.command) };
    let about = About { command, reaped, started_at, start_up_ns, exec_at_ns, partial };
    let profile = if measured { result(&mut line, about) } else { Err(anyhow!("the measuring osmeter ended early")) };
    drop(line);
    let _ = helper.wait();
    match profile {
        Ok(profile) => present::after_command(&profile, &args.output),
        Err(error) => eprintln!("osmeter: no report: {error:#}"),
    }
    Ok(code)
}

fn result(line: &mut Line<ChildStdout, ChildStdin>, about: About) -> Result<Profile> {
    line.say(&ToInner::About(Box::new(about)))?;
    match line.hear()? {
        Some(ToOuter::Profile(profile)) => Ok(*profile),
        Some(ToOuter::Refused(why)) => bail!(why),
        _ => bail!("the measuring osmeter ended early"),
    }
}

/// Starts the inner osmeter. sudo asks for a password on the terminal by itself.
fn sudo(args: &Run, gated: &Gated) -> Result<(Child, Line<ChildStdout, ChildStdin>)> {
    let osmeter = std::env::current_exe().context("cannot find osmeter's own file")?;
    let mut arguments: Vec<OsString> = vec!["--".into(), osmeter.into(), "__measure".into()];
    arguments.push(gated.tgid().to_string().into());
    if args.wait == WaitFor::All {
        arguments.extend(["--wait".into(), "all".into()]);
    }
    if let Some(tier) = args.measure.tier {
        arguments.extend(["--tier".into(), tier.name().into()]);
    }
    let started =
        std::process::Command::new("sudo").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut helper = started.context("--elevate needs sudo, which cannot be run; the command was not run")?;
    let (Some(stdin), Some(stdout)) = (helper.stdin.take(), helper.stdout.take()) else { bail!("no pipe to sudo") };
    Ok((helper, Line::new(stdout, stdin)))
}

/// The hidden subcommand: measures a child that another osmeter holds at its gate.
pub fn inner(args: &MeasureFor) -> Result<u8> {
    // Ctrl-C reaches this process too, and is the command's to answer: caught, and left.
    let _signals = Signals::install()?;
    let mut line = Line::new(std::io::stdin(), std::io::stdout());
    match measure_for(args, &mut line) {
        Ok(()) => Ok(0),
        Err(error) => {
            let _ = line.say(&ToOuter::Refused(format!("{error:#}")));
            Ok(1)
        }
    }
}

fn measure_for<R: Read + AsFd, W: Write>(args: &MeasureFor, line: &mut Line<R, W>) -> Result<()> {
    let until = if args.wait == WaitFor::All { Until::AllEnd } else { Until::CommandEnds };
    let child = Attached::to(args.tgid)?;
    let mut instrument = Instrument::choose(args.measure.tier, Opens::AtExec)?;
    instrument.check(until)?;
    instrument.arm_gated(child.pidfd(), child.tgid())?;
    line.say(&ToOuter::Armed)?;
    let Some(ToInner::Opened) = line.hear()? else { return Ok(()) }; // it could not be started, or its osmeter died
    instrument.started(child.tgid());
    let (mut ended, mut stop) = (false, false);
    while !(ended && (stop || until == Until::CommandEnds || instrument.live_threads().is_none_or(|n| n <= 0))) {
        let mut fds = vec![line.from.get_ref().as_fd(), child.pidfd()];
        fds.extend(instrument.ready_fd());
        if ended {
            fds.remove(1); // it stays readable
        }
        let ready = readable(&fds)?;
        ended |= !ended && ready[1];
        if ready[0] || line.has_buffered() {
            match line.hear()? {
                Some(ToInner::Stop) => stop = true,
                _ => return Ok(()), // nobody is left to report to
            }
        }
        instrument.drain()?;
    }
    let ended_at = monotonic_ns();
    measure::await_last_switch(&mut instrument, child.tgid())?;
    line.say(&ToOuter::Ended)?;
    let about = loop {
        match line.hear()? {
            Some(ToInner::About(about)) => break *about,
            Some(ToInner::Stop | ToInner::Opened) => {}
            None => return Ok(()),
        }
    };
    let measured = Measured {
        readings: instrument.finish()?,
        elapsed_ns: ended_at.saturating_sub(about.exec_at_ns),
        reaped: Some(about.reaped),
        report: None,
        partial: about.partial,
        started_at: about.started_at,
        start_up_ns: about.start_up_ns,
        tear_down_ns: monotonic_ns() - ended_at,
    };
    line.say(&ToOuter::Profile(Box::new(measure::profile(measured, about.command))))
}

/// Which of the descriptors can be read, or have ended, within [`EVERY_MS`].
fn readable(fds: &[std::os::fd::BorrowedFd<'_>]) -> Result<Vec<bool>> {
    let mut polled: Vec<PollFd<'_>> = fds.iter().map(|fd| PollFd::new(*fd, PollFlags::POLLIN)).collect();
    match poll(&mut polled, PollTimeout::from(EVERY_MS)) {
        Ok(_) => Ok(polled.iter().map(|fd| fd.revents().is_some_and(|r| !r.is_empty())).collect()),
        Err(nix::errno::Errno::EINTR) => Ok(vec![false; fds.len()]),
        Err(error) => Err(error).context("poll"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Measure, TierName};
    use crate::model::{Exit, Tier};
    use std::os::unix::net::UnixStream;
    use std::thread::JoinHandle;

    type End = Line<UnixStream, UnixStream>;

    fn ends() -> (End, End) {
        let (a, b) = UnixStream::pair().unwrap();
        let end = |stream: UnixStream| Line::new(stream.try_clone().unwrap(), stream);
        (end(a), end(b))
    }

    /// The inner half in a thread, without sudo and in the tier that needs no rights.
    fn helper(tgid: u32) -> (End, JoinHandle<Result<()>>) {
        let (outer, mut inner) = ends();
        let args = MeasureFor { measure: Measure { tier: Some(TierName::Basic) }, wait: WaitFor::Command, tgid };
        (outer, std::thread::spawn(move || measure_for(&args, &mut inner)))
    }

    #[test]
    fn the_two_halves_agree_on_a_run() {
        let argv: Vec<OsString> = ["sh", "-c", "exit 9"].into_iter().map(Into::into).collect();
        let gated = subject::spawn(&Spec::command(argv.clone())).unwrap();
        let (mut line, inner) = helper(gated.tgid());
        assert!(matches!(line.hear().unwrap(), Some(ToOuter::Armed)));
        let running = gated.open().unwrap();
        line.say(&ToInner::Opened).unwrap();
        assert!(matches!(line.hear().unwrap(), Some(ToOuter::Ended)));
        let exec_at_ns = running.exec_at_ns();
        let reaped = running.reap().unwrap();
        let cpu_ns = reaped.cpu_ns;
        let about = About {
            command: Command { exit: reaped.exit, ..measure::typed(&argv) },
            reaped,
            started_at: "then".into(),
            start_up_ns: Reading::Exact(1),
            exec_at_ns,
            partial: None,
        };
        line.say(&ToInner::About(Box::new(about))).unwrap();
        let Some(ToOuter::Profile(profile)) = line.hear().unwrap() else { panic!("no profile") };
        assert_eq!((profile.tier, profile.command.exit), (Tier::Basic, Exit::Status(9)));
        assert_eq!(profile.command.argv, ["sh", "-c", "exit 9"]);
        assert!(profile.total.on_cpu_ns.get() >= Some(cpu_ns) && profile.window.elapsed_ns > 0);
        inner.join().unwrap().unwrap();
    }

    #[test]
    fn the_inner_half_leaves_when_the_outer_is_gone() {
        let gated = subject::spawn(&Spec::command(["sleep", "600"])).unwrap();
        let (mut line, inner) = helper(gated.tgid());
        assert!(matches!(line.hear().unwrap(), Some(ToOuter::Armed)));
        let running = gated.open().unwrap();
        line.say(&ToInner::Opened).unwrap();
        drop(line);
        inner.join().unwrap().unwrap();
        running.send(libc::SIGKILL).unwrap();
        running.reap().unwrap();
    }

    #[test]
    fn a_child_that_is_gone_is_refused_in_words() {
        let gated = subject::spawn(&Spec::command(["true"])).unwrap();
        let tgid = gated.tgid();
        drop(gated);
        let (_line, inner) = helper(tgid);
        let error = inner.join().unwrap().unwrap_err();
        assert!(error.to_string().contains(&tgid.to_string()), "{error}");
    }
}
