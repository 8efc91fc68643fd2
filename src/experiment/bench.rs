//! What runs an arm: the seam between the protocol and the machine. Tests put a bench of rigged arms here.

use crate::model::{Arm, Mechanism, Sample, Source};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};

/// Exit status of a workload that cannot run here (`EX_UNAVAILABLE` of sysexits.h).
const EXIT_UNAVAILABLE: i32 = 69;

/// A bare run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    /// The numbers.
    pub sample: Sample,
    /// What it verified of its own result.
    pub verification: String,
    /// Words that go with the numbers.
    pub notes: BTreeMap<String, String>,
}

/// Why an arm gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BenchError {
    /// This machine, or this user, cannot run it: what it needs, and how to get it.
    #[error("{0}")]
    Unavailable(String),
    /// It ran and broke.
    #[error("{0}")]
    Failed(String),
}

/// Runs arms.
pub trait Bench {
    /// Runs an arm in a fresh process with nothing attached.
    fn bare(&mut self, arm: &Arm) -> Result<Run, BenchError>;
    /// Runs it once more under the ledger.
    fn profiled(&mut self, arm: &Arm) -> Result<Mechanism, BenchError>;
}

/// Runs workloads by executing a binary that has the hidden `__workload` subcommand. It does not profile: whoever can
/// wraps it.
#[derive(Debug, Clone)]
pub struct OwnBinary {
    /// The binary.
    pub path: std::path::PathBuf,
}

/// The last lines of a run: a workload prints one line of JSON.
#[derive(serde::Deserialize)]
struct Reported {
    operations: u64,
    elapsed_ns: u64,
    cpu_ns: u64,
    #[serde(default)]
    measures: BTreeMap<String, f64>,
    #[serde(default)]
    notes: BTreeMap<String, String>,
    verified: bool,
    verification: String,
}

/// The words `name key=value…` with which a person would run the arm here. A claim says `cpu=two` for the first two CPUs that
/// this process may use, whichever these are.
pub fn arguments(arm: &Arm) -> Result<Vec<String>, BenchError> {
    let Source::Workload { name, parameters } = &arm.source else {
        return Err(BenchError::Unavailable(format!("something that runs '{}'", arm.name)));
    };
    let mut words = vec![name.clone()];
    for (key, value) in parameters {
        let two = key == "cpu" && value == "two";
        words.push(format!("{key}={}", if two { first_two_cpus()? } else { value.clone() }));
    }
    Ok(words)
}

fn first_two_cpus() -> Result<String, BenchError> {
    let allowed = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0)).ok();
    let is_set = |cpu: &usize| allowed.is_some_and(|set| set.is_set(*cpu).unwrap_or(false));
    let cpus: Vec<String> =
        (0..nix::sched::CpuSet::count()).filter(is_set).take(2).map(|cpu| cpu.to_string()).collect();
    match cpus.len() {
        2 => Ok(cpus.join(",")),
        _ => Err(BenchError::Unavailable("two CPUs that this process may use".into())),
    }
}

impl Bench for OwnBinary {
    fn bare(&mut self, arm: &Arm) -> Result<Run, BenchError> {
        let arguments = arguments(arm)?;
        // The environment is inherited; a control descriptor of somebody else's must not be.
        let output = Command::new(&self.path)
            .arg("__workload")
            .args(&arguments)
            .env_remove("OSMETER_CONTROL")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| BenchError::Failed(format!("cannot start {}: {error}", self.path.display())))?;
        let said = last_line(&String::from_utf8_lossy(&output.stderr));
        match output.status.code() {
            Some(0) => parse(&String::from_utf8_lossy(&output.stdout)),
            Some(status) if status == EXIT_UNAVAILABLE => Err(BenchError::Unavailable(said)),
            _ => Err(BenchError::Failed(format!("{} ({}): {said}", arguments.join(" "), output.status))),
        }
    }

    fn profiled(&mut self, _: &Arm) -> Result<Mechanism, BenchError> {
        Err(BenchError::Unavailable("no profiler is attached".into()))
    }
}

/// The last line said, without the prefix that names the workload.
fn last_line(text: &str) -> String {
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    let line = line.strip_prefix("osmeter: workload ").and_then(|rest| rest.split_once(": ")).map_or(line, |(_, r)| r);
    line.strip_prefix("not available here: ").unwrap_or(line).to_string()
}

fn parse(text: &str) -> Result<Run, BenchError> {
    let line = text.lines().rev().find(|line| line.starts_with('{')).unwrap_or_default();
    let reported: Reported = serde_json::from_str(line)
        .map_err(|error| BenchError::Failed(format!("its last line is no outcome ({error}): {line:?}")))?;
    if !reported.verified {
        return Err(BenchError::Failed("it did not verify its result".into()));
    }
    let Reported { operations, elapsed_ns, cpu_ns, measures, notes, verification, .. } = reported;
    Ok(Run { sample: Sample { operations, elapsed_ns, cpu_ns, measures }, verification, notes })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"operations":4,"elapsed_ns":10,"cpu_ns":9,"expected":[],"measures":{"lost":2.0},"verified":true,"verification":"sums"}"#;

    #[test]
    fn the_last_line_of_json_is_the_outcome() {
        let run = parse(&format!("chatter\n{LINE}\n")).unwrap();
        assert_eq!((run.sample.operations, run.sample.measures["lost"]), (4, 2.0));
    }

    #[test]
    fn a_result_that_was_not_verified_counts_as_failed() {
        let line = LINE.replace("true", "false");
        assert!(matches!(parse(&line), Err(BenchError::Failed(_))));
        assert!(matches!(parse("Segmentation fault"), Err(BenchError::Failed(_))));
    }

    #[test]
    fn what_is_needed_is_said_without_prefixes() {
        let said = "warning\nosmeter: workload files: not available here: no io_uring; use how=threads\n";
        assert_eq!(last_line(said), "no io_uring; use how=threads");
    }
}
