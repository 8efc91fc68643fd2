//! `osmeter run`: profile a command.

use super::measure::{self, Until};
use crate::cli::{Run, WaitFor};
use crate::subject::{self, Signals, Spec, exit_code};
use crate::sys::bpf::OpensAt;
use anyhow::Result;

/// Runs the command and reports on it. The exit status is the command's.
pub fn run(args: &Run) -> Result<u8> {
    let mut signals = Signals::install()?;
    let gated = subject::spawn(&Spec::command(&args.command))?;
    let ledger = measure::load(OpensAt::Exec)?;
    let until = if args.wait == WaitFor::All { Until::AllEnd } else { Until::CommandEnds };
    let measured = measure::measure(ledger, gated, &mut signals, until)?;
    let r = &measured.readings;
    eprintln!("{}", serde_json::to_string_pretty(&r.total)?);
    eprintln!("unaccounted {:?}", r.total.unaccounted_ns());
    for c in &r.syscalls.calls {
        eprintln!("{:20} {:8} err {:6} int {} open {} el {:?} on {:?} bl {:?} p50 {:?} max {:?}", c.name, c.calls, c.errors, c.interrupted, c.open_at_end, c.elapsed_ns.get().unwrap(), c.on_cpu_ns.get().unwrap(), c.blocked_ns.get().unwrap(), c.elapsed.quantile(0.5, u64::MAX), c.elapsed_max_ns.get());
    }
    eprintln!("{:?}", r.syscalls.outside_calls);
    eprintln!("{:?}", r.blocked);
    for c in crate::collect::reconcile::checks(r, Some(&measured.reaped)) {
        eprintln!("{} {} {} vs {} [{}] tol {}", if c.agrees() { "ok " } else { "BAD" }, c.what, c.ours, c.theirs, c.source, c.tolerance);
    }
    eprintln!("{:?}", r.losses);
    eprintln!("threads {} processes {} teardown {} us", r.thread_count, r.process_count, measured.tear_down_ns / 1000);
    Ok(exit_code(measured.reaped.exit).and_then(|c| u8::try_from(c).ok()).unwrap_or(1))
}
