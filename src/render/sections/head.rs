//! The first lines: the command, how it ended, the machine.

use super::super::grid::{Note, Report, Tone};
use super::super::text::command_line;
use super::super::units::{duration, three_digits};
use super::counters::figure;
use crate::model::{Exit, Host, Profile, Reading, Subject, Unit};
use nix::sys::signal::Signal;

/// A report with its head and no section yet.
pub(super) fn head(profile: &Profile) -> Report {
    let (exit, failed) = exit(profile.command.exit);
    let mut outcome = vec![exit, format!("{} elapsed", duration(profile.window.elapsed_ns))];
    outcome.extend(cpus_busy(profile));
    let mut warnings = Vec::new();
    if let Some(why) = &profile.window.partial {
        warnings.push(Note::new(Tone::Alarm, format!("This profile is partial: {why}")));
    }
    Report { command: title(profile), outcome, failed, machine: machine(profile), warnings, sections: Vec::new() }
}

fn title(profile: &Profile) -> String {
    let typed = command_line(&profile.command.argv);
    match &profile.command.subject {
        Subject::Command => typed,
        Subject::Attached { tgid } => format!("attached to {tgid}: {typed}"),
        Subject::Workload { name, parameters, .. } => {
            let mut title = format!("workload {name}");
            for (key, value) in parameters {
                title.push_str(&format!(" {key}={value}"));
            }
            title
        }
    }
}

fn exit(exit: Exit) -> (String, bool) {
    match exit {
        Exit::Status(status) => (format!("exit {status}"), status != 0),
        Exit::Signal { signal, core } => {
            let name = Signal::try_from(signal).map_or_else(|_| format!("signal {signal}"), |s| s.as_str().to_owned());
            (format!("killed by {name}{}", if core { ", core dumped" } else { "" }), true)
        }
        Exit::Running => ("still running".into(), false),
    }
}

#[allow(clippy::cast_precision_loss)]
fn cpus_busy(profile: &Profile) -> Option<String> {
    let on_cpu = profile.total.on_cpu_ns.get()?;
    let elapsed = profile.window.elapsed_ns;
    (elapsed > 0)
        .then(|| format!("{} CPUs busy of {}", three_digits(on_cpu as f64 / elapsed as f64), profile.host.cpus_allowed))
}

fn machine(profile: &Profile) -> Vec<String> {
    let mut machine = vec![hardware(&profile.host), format!("Linux {}", profile.host.kernel)];
    machine.push(format!("tier {}", profile.tier.name()));
    let number = |reading: &Reading<u64>, one: &str, many: &str| {
        reading.get().map(|n| format!("{} {}", figure(reading, Unit::Count), if n == 1 { one } else { many }))
    };
    let tasks: Vec<String> =
        [number(&profile.process_count, "process", "processes"), number(&profile.thread_count, "thread", "threads")]
            .into_iter()
            .flatten()
            .collect();
    if !tasks.is_empty() {
        machine.push(tasks.join(", "));
    }
    machine
}

fn hardware(host: &Host) -> String {
    let mut parts = vec![match &host.cpu_model {
        Some(model) => model.split_whitespace().collect::<Vec<_>>().join(" "),
        None => host.architecture.clone(),
    }];
    let plural = if host.cpus == 1 { "" } else { "s" };
    parts.push(if host.cpus_allowed == host.cpus {
        format!("{} CPU{plural}", host.cpus)
    } else {
        format!("{} of {} CPU{plural}", host.cpus_allowed, host.cpus)
    });
    if host.virtual_machine == Some(true) {
        parts.push("virtual".into());
    }
    parts.join(", ")
}
