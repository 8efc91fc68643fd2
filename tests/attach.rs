//! Processes that already run: what was open when osmeter came, what is open when it goes.

mod common;

use common::{Child, OSMETER, Questions, assert_accounted, fixture, root, scratch, signal, state_of, until};
use nix::sys::signal::Signal;
use osmeter::model::{Ended, Exit, Profile};
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};

/// Starts the fixture and waits until it is at work. It ends when its standard input is closed.
fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(fixture::get("attachee"));
    let mut child = Child::start(command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()));
    let mut line = String::new();
    BufReader::new(child.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    child
}

struct Attached {
    profile: Profile,
    status: ExitStatus,
}

/// Attaches, does `meanwhile` once osmeter has attached, and waits for the report.
fn attach(child: &Child, duration: Option<&str>, meanwhile: impl FnOnce(&mut Child)) -> Attached {
    let folder = scratch();
    let file = folder.path().join("profile.json");
    let mut command = Command::new(OSMETER);
    command.args(["attach", "--format", "json", "-o"]).arg(&file).args(["-p", &child.id().to_string()]);
    if let Some(duration) = duration {
        command.args(["--duration", duration]);
    }
    let mut osmeter = Child::start(command.stdin(Stdio::null()).stderr(Stdio::piped()));
    meanwhile(&mut osmeter);
    until("osmeter ends", || osmeter.ended());
    let status = osmeter.0.wait().unwrap();
    let profile = common::read(&file).unwrap_or_else(|| panic!("no report: {status:?}"));
    Attached { profile, status }
}

#[track_caller]
fn assert_window(profile: &Profile, threads: u64) {
    assert_accounted(profile);
    let disagreeing: Vec<_> = profile.checks.iter().filter(|c| !c.agrees()).collect();
    assert!(disagreeing.is_empty(), "{disagreeing:?}");
    assert_eq!(profile.thread_count.get(), Some(threads));
    // Every thread was there from the first to the last moment: each lived for the whole window.
    let expected = profile.window.elapsed_ns * threads;
    assert_eq!(profile.total.lifetime_ns.get(), Some(expected));
}

#[test]
fn a_sleeping_process_is_attached_to() {
    if !root("attach to a sleeper") {
        return;
    }
    let mut child = start(&["sleep"]);
    let seen = attach(&child, Some("300ms"), |_| {});
    assert!(seen.status.success());
    assert_window(&seen.profile, 2);
    let sleep = seen.profile.call("clock_nanosleep").expect("its call");
    assert!(sleep.calls > 1, "{sleep:?}");
    assert!(seen.profile.blocked_for("clock_nanosleep").0 > 0);
    assert!(!child.ended(), "osmeter leaves it running");
    assert_ne!(state_of(child.id()), Some('T'));
}

#[test]
fn a_process_on_a_cpu_is_counted_from_the_start_although_it_never_switches() {
    if !root("attach to a hog") {
        return;
    }
    let child = start(&["hog"]);
    let seen = attach(&child, Some("300ms"), |_| {});
    assert_window(&seen.profile, 2);
    let hog = seen.profile.threads.iter().find(|t| t.tid == t.tgid).expect("its leader");
    let ledger = &hog.ledger;
    let busy = ledger.user_ns.get().unwrap() + ledger.preempted_ns.get().unwrap() + ledger.run_queue_ns.get().unwrap();
    let share = busy as f64 / ledger.lifetime_ns.get().unwrap() as f64;
    assert!(share > 0.99, "a hog runs or waits for a CPU all the time: {ledger:?}");
    assert!(ledger.user_ns.get().unwrap() > 0);
}

#[test]
fn the_calls_of_a_process_on_a_cpu_are_counted_from_the_start() {
    if !root("attach to a caller") {
        return;
    }
    let child = start(&["calls"]);
    let seen = attach(&child, Some("300ms"), |_| {});
    assert_window(&seen.profile, 2);
    let calls = seen.profile.call("getppid").expect("its calls");
    let ledger = &seen.profile.threads.iter().find(|t| t.tid == t.tgid).expect("its leader").ledger;
    // It does nothing but call: were the calls only counted from its first switch on, one call would be as long as that.
    assert!(calls.calls > 1_000, "{calls:?}");
    assert!(calls.open_at_start <= 1 && calls.open_at_end <= 1, "{calls:?}");
    let kernel = ledger.kernel_ns.get().unwrap();
    assert!(kernel > 0 && kernel < ledger.on_cpu_ns.get().unwrap(), "{ledger:?}");
}

#[test]
fn all_threads_of_a_process_are_attached_to() {
    if !root("attach to threads") {
        return;
    }
    let child = start(&["threads", "20"]);
    let seen = attach(&child, Some("400ms"), |_| {});
    assert_window(&seen.profile, 22);
    assert_eq!(seen.profile.process_count.get(), Some(1));
    assert!(seen.profile.threads.iter().all(|t| t.ended == Ended::Alive && t.start_ns == 0));
    assert!(seen.profile.call("getppid").expect("calls").calls > 0);
}

#[test]
fn a_call_that_is_open_all_the_time_is_shown_as_open() {
    if !root("attach to a long call") {
        return;
    }
    let child = start(&["pipe"]);
    let seen = attach(&child, Some("200ms"), |_| {});
    assert_window(&seen.profile, 1);
    let read = seen.profile.call("read").expect("the call it is in");
    assert_eq!((read.calls, read.open_at_start, read.open_at_end), (1, 1, 1), "{read:?}");
    assert_eq!(read.elapsed_ns.get(), Some(seen.profile.window.elapsed_ns));
    assert!(read.elapsed_max_ns.is_missing(), "none has returned: {read:?}");
    assert_eq!(seen.profile.blocked_for("read (pipe)").0, seen.profile.window.elapsed_ns);
}

#[test]
fn a_call_that_was_open_at_the_start_and_returns_is_marked() {
    if !root("attach to a call that returns") {
        return;
    }
    let mut child = start(&["pipe"]);
    let mut input = child.0.stdin.take().unwrap();
    let seen = attach(&child, Some("700ms"), |osmeter| {
        wait_until_attached(osmeter);
        std::io::Write::write_all(&mut input, b"x").unwrap();
    });
    let read = seen.profile.call("read").expect("the call it is in");
    assert_eq!((read.calls, read.open_at_start, read.open_at_end), (2, 1, 1), "{read:?}");
}

/// osmeter holds its BPF links once the hooks are attached; the window opens right after the last one.
fn wait_until_attached(osmeter: &Child) {
    let folder = format!("/proc/{}/fdinfo", osmeter.id());
    let is_link = |path: std::path::PathBuf| std::fs::read_to_string(path).is_ok_and(|t| t.contains("link_id:"));
    until("osmeter attaches", || {
        std::fs::read_dir(&folder).is_ok_and(|all| all.flatten().filter(|e| is_link(e.path())).count() >= 9)
    });
    std::thread::sleep(std::time::Duration::from_millis(100));
}

#[test]
fn a_process_that_ends_during_attach_ends_it() {
    if !root("attach to a process that ends") {
        return;
    }
    let mut child = start(&["sleep"]);
    let input = child.0.stdin.take();
    let seen = attach(&child, None, |osmeter| {
        wait_until_attached(osmeter);
        drop(input);
    });
    assert!(seen.status.success());
    assert_accounted(&seen.profile);
    assert!(seen.profile.threads.iter().all(|t| t.ended == Ended::Exited), "{:?}", seen.profile.threads);
    assert_eq!(seen.profile.call("exit_group").map(|c| c.calls), Some(1));
    assert_ne!(seen.profile.command.exit, Exit::Status(0), "osmeter is not its parent and cannot know");
}

#[test]
fn ctrl_c_ends_attach_with_a_report_and_not_the_process() {
    if !root("attach and Ctrl-C") {
        return;
    }
    let mut child = start(&["sleep"]);
    let seen = attach(&child, None, |osmeter| {
        wait_until_attached(osmeter);
        signal(osmeter.id(), Signal::SIGINT);
    });
    assert_window(&seen.profile, 2);
    assert_eq!(seen.profile.command.exit, Exit::Running);
    assert!(!child.ended());
}

#[test]
fn a_process_that_is_not_there_gives_one_line() {
    if !root("attach to nothing") {
        return;
    }
    let output = Command::new(OSMETER).args(["attach", "-p", "2147480000", "--duration", "1s"]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("2147480000"), "{stderr}");
}

#[test]
fn in_a_pid_namespace_attach_says_that_it_finds_nobody_and_prints_no_zeros() {
    if !root("attach in a PID namespace") {
        return;
    }
    let script =
        format!("sleep 20 & {} attach -p $! --duration 100ms; echo $?; kill $!", env!("CARGO_BIN_EXE_osmeter"));
    let output =
        std::process::Command::new("unshare").args(["-pf", "--mount-proc", "sh", "-c", &script]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("PID namespace"), "{stderr}");
    assert!(!stderr.contains("Where the time went"), "{stderr}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "125");
}
