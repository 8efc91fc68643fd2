//! Every workload, every arm, at a small size, each in a fresh process as osmeter runs it.

use osmeter_workloads::{COMMON, EXIT_UNAVAILABLE, EXIT_USAGE, Kind, Outcome, Relation, Workload};
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_osmeter-workload");

/// Arguments that keep a run short.
fn small(name: &str) -> &'static [&'static str] {
    match name {
        "pingpong" => &["n=50"],
        "ring" => &["n=20", "tasks=4"],
        "cachekeep" => &["n=20", "sweep=1M"],
        "create" => &["n=10", "rss=1M"],
        "idle" => &["workers=3", "rss=1M"],
        "cpubound" => &["pieces=4", "steps=1k"],
        "python" => &["pieces=4", "steps=100"],
        "locks" => &["n=1k"],
        "preempt" => &["time=60ms"],
        "coroutines" => &["n=1k"],
        "crashstorm" => &["n=3"],
        "isolation" => &["size=64k"],
        "debug" => &["n=10"],
        "block" => &["n=2", "time=2ms"],
        "delays" => &["n=5", "longest=1ms"],
        "nonblocking" => &["n=3", "wait=100us"],
        "serve" => &["n=12", "connections=3", "workers=2"],
        "fileio" => &["n=20", "size=1M"],
        "syscalls" => &["n=100"],
        "kernelshare" => &["length=5ms"],
        "copy" => &["size=1M"],
        "timers" => &["n=5"],
        "polling" => &["n=200"],
        _ => &[],
    }
}

/// Arms that need what not every machine has, or that are refused by design; the word says which.
fn needs(arm: &str) -> Option<&'static str> {
    match arm {
        "python build=free_threaded" => Some("a free-threaded CPython"),
        "copy by=copy_file_range" => Some("another target, by design"),
        _ => None,
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().expect("the workload program starts")
}

/// Runs one arm; None where it is not available, which is an error where everything is required.
fn outcome(name: &str, extra: &[&str]) -> Option<Outcome> {
    let arm = [&[name], extra].concat().join(" ");
    let mut arguments = vec![name];
    let given = |other: &str| extra.iter().any(|e| e.split('=').next() == other.split('=').next());
    arguments.extend(small(name).iter().filter(|argument| !given(argument)));
    arguments.extend(extra);
    let output = run(&arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(EXIT_UNAVAILABLE) {
        let required =
            ["CI", "OSMETER_REQUIRE_ALL"].iter().any(|v| matches!(std::env::var(v).as_deref(), Ok("true" | "1")));
        assert!(!required || needs(&arm).is_some(), "{arm}: {said}");
        println!("skipped: {arm}: {}", said.trim());
        return None;
    }
    assert!(output.status.success(), "{arm}: {:?} {said}", output.status);
    let line = String::from_utf8(output.stdout).expect("the outcome is text");
    Some(serde_json::from_str(&line).unwrap_or_else(|e| panic!("{arm}: {e} in {line}")))
}

fn check(workload: &Workload, extra: &[&str]) {
    let Some(outcome) = outcome(workload.name, extra) else { return };
    let arm = format!("{} {}", workload.name, extra.join(" "));
    assert!(outcome.verified && !outcome.verification.is_empty(), "{arm} did not verify its result");
    assert!(outcome.operations > 0 && outcome.elapsed_ns > 0, "{arm} did nothing");
    assert!(outcome.measures.values().all(|v| v.is_finite()), "{arm}: {:?}", outcome.measures);
}

/// Every value of every choice, one at a time, the other parameters at their defaults.
fn check_all_arms(name: &str) {
    let workload = osmeter_workloads::find(name).expect("a bundled workload");
    check(workload, &[]);
    for parameter in workload.parameters {
        if let Kind::Choice(words) = parameter.kind {
            for word in words.iter().filter(|word| **word != parameter.default) {
                check(workload, &[&format!("{}={word}", parameter.name)]);
            }
        }
    }
}

macro_rules! arms {
    ($($name:ident),*) => {
        $(#[test]
        fn $name() {
            check_all_arms(stringify!($name));
        })*

        #[test]
        fn every_workload_has_its_test() {
            let tested = [$(stringify!($name)),*];
            for workload in osmeter_workloads::all() {
                assert!(tested.contains(&workload.name), "{} is not tested", workload.name);
            }
        }
    };
}

arms!(
    pingpong,
    ring,
    cachekeep,
    create,
    idle,
    cpubound,
    python,
    locks,
    preempt,
    coroutines,
    crash,
    crashstorm,
    exhaust,
    identity,
    isolation,
    debug,
    census,
    block,
    delays,
    nonblocking,
    serve,
    fileio,
    syscalls,
    kernelshare,
    copy,
    privileged,
    forbidden,
    requests,
    timers,
    polling
);

fn measured(name: &str, extra: &[&str], measure: &str) -> Option<f64> {
    let outcome = outcome(name, extra)?;
    Some(*outcome.measures.get(measure).unwrap_or_else(|| panic!("{name} does not measure {measure}")))
}

#[test]
fn a_failing_process_fails_alone_and_a_failing_thread_does_not() {
    for kind in ["segv", "abort", "exit", "kill"] {
        let kind = format!("kind={kind}");
        assert_eq!(measured("crash", &[&kind, "where=process"], "survivors"), Some(4.0), "{kind} in a process");
        assert_eq!(measured("crash", &[&kind, "where=thread"], "survivors"), Some(0.0), "{kind} in a thread");
    }
    for kind in ["return", "handled", "repaired"] {
        let kind = format!("kind={kind}");
        assert_eq!(measured("crash", &[&kind, "where=thread"], "survivors"), Some(4.0), "{kind}, a control");
    }
    assert_eq!(measured("crash", &["kind=robust_lock"], "survivors"), Some(4.0));
    for kind in ["plain_lock", "shared_write", "group"] {
        assert_eq!(measured("crash", &[&format!("kind={kind}")], "survivors"), Some(0.0), "{kind}");
    }
}

#[test]
fn privileged_instructions_all_fault_and_controls_all_run() {
    assert_eq!(measured("privileged", &[], "ran"), Some(0.0));
    assert_eq!(measured("privileged", &["list=controls"], "faulted"), Some(0.0));
    assert_eq!(measured("forbidden", &[], "allowed"), Some(0.0));
}

#[test]
fn waiting_in_sequence_keeps_the_order() {
    assert_eq!(measured("delays", &["by=sync"], "inversions"), Some(0.0));
    for by in ["threads", "async", "callbacks"] {
        assert_eq!(measured("delays", &[&format!("by={by}")], "inversions_in_sequence"), Some(0.0), "{by}");
    }
}

#[test]
fn the_kernel_share_is_near_the_one_asked_for() {
    for share in [10.0, 50.0, 90.0] {
        let truth =
            measured("kernelshare", &[&format!("share={share}"), "length=30ms"], "kernel_share").expect("a share");
        assert!((truth * 100.0 - share).abs() < 5.0, "{truth} for {share} %");
    }
}

#[test]
fn bad_arguments_are_refused_with_one_line() {
    for (arguments, word) in [
        (vec!["pingpnog"], "did you mean 'pingpong'"),
        (vec!["pingpong", "shaer=vm"], "did you mean 'share='"),
        (vec!["pingpong", "share=proces"], "did you mean 'process'"),
        (vec!["pingpong", "n=0"], "from 1 to"),
        (vec!["pingpong", "n"], "name=value"),
        (vec!["fileio", "dir=/no/such/folder"], "a folder that exists"),
    ] {
        let output = run(&arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(EXIT_USAGE), "{arguments:?}: {said}");
        assert!(said.contains(word) && said.lines().count() == 1, "{arguments:?}: {said}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn relations_hold_as_they_say() {
    assert!(Relation::Exactly.holds(2.0, 2.0) && !Relation::Exactly.holds(3.0, 2.0));
    assert!(Relation::AtLeast.holds(3.0, 2.0) && !Relation::AtLeast.holds(1.0, 2.0));
    assert!(Relation::AtMost.holds(1.0, 2.0) && !Relation::AtMost.holds(3.0, 2.0));
}

#[test]
fn every_workload_takes_the_common_parameters() {
    for workload in osmeter_workloads::all() {
        for common in COMMON {
            assert!(workload.parameter(common.name).is_some(), "{} has no {}", workload.name, common.name);
        }
        assert!(!workload.concept.is_empty() && !workload.unit.is_empty() && workload.concept.len() < 130);
    }
    assert_eq!(osmeter_workloads::twins().len(), 4);
}
