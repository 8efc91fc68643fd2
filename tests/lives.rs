//! Lives of threads and processes that are easy to get wrong: execs, daemons, stops, crashes, storms.

mod common;

use common::{OSMETER, Questions, Run, assert_accounted, assert_sound, fixture, root, run, run_with, scratch};
use osmeter::model::{Ended, Exit};
use std::process::Command;

fn live(name: &str, argument: &str) -> Run {
    run(&[&fixture::get("lives"), name, argument])
}

#[test]
fn an_exec_from_a_thread_that_does_not_lead_goes_on_as_the_same_process() {
    if !root("exec from a thread") {
        return;
    }
    let run = live("exec_from_thread", "");
    assert_eq!(run.output.status.code(), Some(0));
    assert_sound(&run.profile);
    assert_accounted(&run.profile);
    assert_eq!(run.profile.process_count.get(), Some(1));
    assert_eq!(run.call("getppid").calls, 77);
    assert_eq!(run.call("execve").calls, 2);
    assert!(run.profile.processes.iter().all(|p| p.tgid == run.profile.command.tgid), "{:?}", run.profile.processes);
    let calls: u64 = run.profile.threads.iter().map(|t| t.ledger.syscalls.get().unwrap()).sum();
    assert_eq!(Some(calls), run.profile.total.syscalls.get());
}

#[test]
fn a_parent_is_blocked_in_vfork_until_its_child_executes() {
    if !root("vfork") {
        return;
    }
    let run = live("vfork", "");
    assert_eq!(run.output.status.code(), Some(0));
    assert_sound(&run.profile);
    assert_accounted(&run.profile);
    assert_eq!((run.call("vfork").calls, run.call("execve").calls), (1, 2));
    assert_eq!(run.profile.process_count.get(), Some(2));
    assert_eq!(run.profile.blocked_for("vfork").1, 1);
}

#[test]
fn a_daemon_is_measured_until_the_command_ends_and_to_its_own_end_if_asked() {
    if !root("a daemon") {
        return;
    }
    // So long that it surely outlives the command, which does not wait for it.
    let run = live("daemon", "1500");
    assert_sound(&run.profile);
    assert_eq!(run.profile.process_count.get(), Some(3));
    assert!(run.profile.call("getppid").is_none(), "the daemon sleeps while the command ends");
    assert_eq!(run.profile.threads.iter().filter(|t| t.ended == Ended::Alive).count(), 1);
    assert_accounted(&run.profile);

    let run = run_with(&["--wait", "all"], &[&fixture::get("lives"), "daemon", "100"]);
    assert_sound(&run.profile);
    assert_accounted(&run.profile);
    assert_eq!(run.profile.process_count.get(), Some(3));
    assert_eq!(run.call("getppid").calls, 55);
    assert!(run.profile.threads.iter().all(|t| t.ended == Ended::Exited));
}

#[test]
fn a_thread_bears_its_last_name_and_strange_bytes_stay_out_of_reports() {
    if !root("strange names") {
        return;
    }
    let run = live("rename", "");
    assert_sound(&run.profile);
    assert_eq!(run.profile.threads_named("renamed thread").len(), 1);
    let leader = run.profile.threads.iter().find(|t| t.tid == t.tgid).unwrap();
    assert_eq!(leader.comm, "=1\u{1b}[31m\"\u{fffd}\n<b>,");

    let folder = scratch();
    for format in ["table", "markdown", "csv"] {
        let file = folder.path().join(format);
        let mut command = Command::new(OSMETER);
        command.args(["run", "--format", format, "-o"]).arg(&file).arg("--").arg(fixture::get("lives")).arg("rename");
        assert!(command.output().unwrap().status.success());
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains('\u{1b}'), "{format}: an escape sequence of the command's: {text:?}");
        if format == "markdown" {
            assert!(!text.contains("<b>"), "markup of the command's: {text}");
        }
        if format == "csv" {
            let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
            for record in reader.records() {
                for field in &record.unwrap() {
                    assert!(!field.starts_with(['=', '+', '@']), "a formula: {field:?}");
                }
            }
        }
    }
}

#[test]
fn a_process_that_changes_its_user_is_measured_to_its_end() {
    if !root("setuid") {
        return;
    }
    let run = live("setuid", "");
    assert_eq!(run.output.status.code(), Some(0));
    assert_sound(&run.profile);
    assert_accounted(&run.profile);
    assert_eq!((run.call("setuid").calls, run.call("getppid").calls), (1, 33));
}

#[test]
fn a_stopped_process_is_blocked_for_the_reason_stopped() {
    if !root("a stopped process") {
        return;
    }
    let run = live("stop", "150");
    assert_eq!(run.output.status.code(), Some(0));
    assert_sound(&run.profile);
    assert_accounted(&run.profile);
    let rows = run.profile.blocked.value().unwrap();
    let stopped: u64 = rows.iter().filter(|b| b.reason().contains("stopped")).map(|b| b.blocked_ns).sum();
    // The parent slept 150 ms between seeing the stop and ending it.
    assert!(stopped >= 150_000_000, "{stopped} ns stopped: {rows:?}");
    assert_eq!(run.call("getppid").calls, 5);
}

#[test]
fn a_crash_with_and_without_a_core_is_passed_on_and_accounted() {
    if !root("a crash") {
        return;
    }
    for with_core in ["0", "1"] {
        let folder = scratch();
        let file = folder.path().join("profile.json");
        let mut command = Command::new(OSMETER);
        command.args(["run", "--format", "json", "-o"]).arg(&file).arg("--");
        command.arg(fixture::get("lives")).args(["crash", with_core]).current_dir(folder.path());
        let status = command.output().unwrap().status;
        assert_eq!(status.code(), Some(128 + 11), "core: {with_core}");
        let profile = common::read(&file).expect("a report");
        let Exit::Signal { signal: 11, core } = profile.command.exit else { panic!("{:?}", profile.command.exit) };
        assert!(!core || with_core == "1", "a core although its limit is 0");
        assert_sound(&profile);
        assert_accounted(&profile);
    }
}

#[test]
fn a_broken_off_call_is_interrupted_and_no_error() {
    if !root("interrupted calls") {
        return;
    }
    let run = live("interrupted", "");
    assert_eq!(run.output.status.code(), Some(0));
    assert_sound(&run.profile);
    let read = run.call("read");
    // Broken off by the signal, and begun again: two entries of which one is no error.
    assert_eq!((read.calls, read.errors, read.interrupted), (2, 0, 1), "{read:?}");
    let sleep = run.profile.call("clock_nanosleep").or(run.profile.call("nanosleep")).unwrap();
    assert_eq!((sleep.errors, sleep.interrupted), (0, 1), "{sleep:?}");
}

/// How many processes the storm makes: a hundred thousand where `OSMETER_TEST_STORM` asks for them.
fn storm_size() -> u64 {
    std::env::var("OSMETER_TEST_STORM").ok().and_then(|n| n.parse().ok()).unwrap_or(5_000)
}

#[test]
fn totals_are_right_in_a_storm_of_short_processes_and_memory_is_bounded() {
    if !root("a storm of short processes") {
        return;
    }
    let n = storm_size();
    let run = live("storm", &n.to_string());
    assert_eq!(run.output.status.code(), Some(0));
    let profile = &run.profile;
    assert_eq!((profile.process_count.get(), profile.thread_count.get()), (Some(n + 1), Some(n + 1)));
    let fork = profile.call("clone").or(profile.call("fork")).or(profile.call("clone3")).unwrap();
    assert_eq!((fork.calls, run.call("wait4").calls, run.call("exit_group").calls), (n, n, n + 1));
    let programs: u64 = profile.programs.iter().map(|p| p.processes).sum();
    assert_eq!(programs, n + 1);
    // Threads that were not kept one by one are said to be, and are in every total all the same.
    let kept = profile.threads.len() as u64;
    assert_eq!(kept + profile.losses.threads_summed_only + profile.losses.thread_records, n + 1);
    assert_eq!(profile.checks.iter().filter(|c| !c.agrees()).collect::<Vec<_>>(), Vec::<&osmeter::model::Check>::new());
    assert_eq!(profile.losses.threads_untracked, 0);
    assert_accounted(profile);
    let peak = profile.cost.own_peak_rss_bytes.get().unwrap();
    println!("{n} processes: {kept} kept, osmeter's peak RSS {} MiB", peak >> 20);
    assert!(peak < 200 << 20, "{peak} bytes for {n} processes");
}

#[test]
fn totals_are_right_with_ten_thousand_live_threads_and_memory_is_bounded() {
    if !root("ten thousand live threads") {
        return;
    }
    let limit = |path: &str| std::fs::read_to_string(path).ok().and_then(|t| t.trim().parse::<u64>().ok()).unwrap_or(0);
    if limit("/proc/sys/kernel/pid_max") < 15_000 || limit("/proc/sys/kernel/threads-max") < 15_000 {
        return common::skip("ten thousand live threads", "the machine allows fewer");
    }
    let run = run(&[&fixture::get("pool"), "10000"]);
    assert_eq!(run.output.status.code(), Some(0), "{:?}", run.output);
    let profile = &run.profile;
    assert_eq!(profile.thread_count.get(), Some(10_001));
    assert_eq!(run.call("exit").calls, 10_000);
    assert_eq!(profile.checks.iter().filter(|c| !c.agrees()).collect::<Vec<_>>(), Vec::<&osmeter::model::Check>::new());
    assert_eq!(profile.losses.threads_untracked, 0);
    assert_eq!(
        profile.threads.len() as u64 + profile.losses.threads_summed_only + profile.losses.thread_records,
        10_001
    );
    assert_accounted(profile);
    let peak = profile.cost.own_peak_rss_bytes.get().unwrap();
    println!("10,000 threads: osmeter's peak RSS {} MiB", peak >> 20);
    assert!(peak < 200 << 20, "{peak} bytes");
}

#[test]
fn osmeter_measures_osmeter() {
    if !root("osmeter under osmeter") {
        return;
    }
    let folder = scratch();
    let inner = folder.path().join("inner.json");
    let inner_name = inner.to_str().unwrap();
    let mix = fixture::get("mix");
    let run = run(&[OSMETER, "run", "--format", "json", "-o", inner_name, "--", &mix]);
    assert_eq!(run.output.status.code(), Some(0), "{:?}", run.output);
    let inner = common::read(&inner).expect("the inner report");
    for profile in [&inner, &run.profile] {
        assert_eq!(profile.doubts(), Vec::<String>::new());
        assert_eq!(profile.call("getuid").map(|c| c.calls), Some(30));
    }
    assert_eq!(inner.process_count.get(), Some(4));
    assert!(run.profile.process_count.get() >= Some(5));
}
