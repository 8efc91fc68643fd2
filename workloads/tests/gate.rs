//! The control descriptor: the gate, the outcome, the parent's disappearance; and that nothing is left of the killed.

use osmeter_workloads::Outcome;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_osmeter-workload");
/// A generous wait for what must come; no test depends on how soon.
const DEADLINE: Duration = Duration::from_secs(30);

/// Starts a workload with one end of a socket pair as its control descriptor.
fn start(arguments: &[&str]) -> (Child, BufReader<UnixStream>) {
    let (ours, theirs) = UnixStream::pair().expect("a socket pair");
    let fd = theirs.as_raw_fd();
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env("OSMETER_CONTROL", fd.to_string()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // SAFETY: fcntl is async-signal-safe; the descriptor stays open until the child has started.
    unsafe {
        command.pre_exec(move || match libc::fcntl(fd, libc::F_SETFD, 0) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        })
    };
    let child = command.spawn().expect("the workload program starts");
    drop(theirs);
    ours.set_read_timeout(Some(DEADLINE)).expect("a read timeout");
    (child, BufReader::new(ours))
}

fn line(control: &mut BufReader<UnixStream>) -> String {
    let mut line = String::new();
    control.read_line(&mut line).expect("a line on the control descriptor");
    line
}

fn is_asleep(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S'))
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < DEADLINE, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn it_waits_at_the_gate_and_then_reports_on_the_control_descriptor() {
    let (mut child, mut control) = start(&["syscalls", "n=10"]);
    assert_eq!(line(&mut control), "ready\n");
    until("it sleeps at the gate", || is_asleep(child.id()));
    assert_eq!(child.try_wait().expect("a status"), None, "it did not wait");
    control.get_mut().write_all(b"g").expect("the gate opens");
    let outcome: Outcome = serde_json::from_str(&line(&mut control)).expect("an outcome");
    assert_eq!(outcome.operations, 10);
    let output = child.wait_with_output().expect("its end");
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
}

#[test]
fn it_leaves_quietly_when_the_parent_is_gone() {
    for arguments in [&["syscalls", "n=10"][..], &["ring", "tasks=4"], &["serve", "model=prefork"]] {
        let (mut child, mut control) = start(arguments);
        assert_eq!(line(&mut control), "ready\n");
        let children = descendants(child.id());
        drop(control);
        child.wait().expect("its end");
        // First this: a child that is left would hold the output open.
        until("its children are gone", || children.iter().all(|pid| !exists(*pid)));
        let output = child.wait_with_output().expect("its output");
        assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
    }
}

#[test]
fn a_failure_is_told_on_the_control_descriptor() {
    let (mut child, mut control) = start(&["syscalls", "n=none"]);
    let said = line(&mut control);
    assert!(said.starts_with("failed: ") && said.contains("whole number"), "{said}");
    assert_eq!(child.wait().expect("its end").code(), Some(osmeter_workloads::EXIT_USAGE));
    let mut rest = String::new();
    control.read_to_string(&mut rest).expect("the end of the control descriptor");
    assert_eq!(rest, "");
}

fn exists(pid: u32) -> bool {
    // A zombie whose new parent has yet to reap it is gone for our purpose.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z') && !rest.starts_with('X'))
}

/// Every process below this one.
fn descendants(of: u32) -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        parents.extend(parent.map(|parent| (pid, parent)));
    }
    let mut found = vec![of];
    let mut at = 0;
    while at < found.len() {
        let above = found[at];
        found.extend(parents.iter().filter(|(_, parent)| *parent == above).map(|(pid, _)| *pid));
        at += 1;
    }
    found.split_off(1)
}

#[test]
fn a_killed_workload_leaves_no_child() {
    for arguments in [
        &["ring", "tasks=6", "share=process"][..],
        &["ring", "tasks=6", "share=vm"],
        &["cpubound", "split=processes", "workers=3"],
        &["crash", "where=process"],
        &["crash", "where=thread"],
        &["serve", "model=prefork", "workers=3"],
        &["timers", "load=spinner"],
        &["python", "split=processes"],
        &["block", "kind=flock"],
    ] {
        let (mut child, mut control) = start(arguments);
        let first = line(&mut control);
        if first.starts_with("unavailable: ") {
            println!("skipped: {arguments:?}: {first}");
            let required = ["CI", "OSMETER_REQUIRE_ALL"];
            let required = required.iter().any(|v| matches!(std::env::var(v).as_deref(), Ok("true" | "1")));
            assert!(!required, "{arguments:?}: {first}");
            continue;
        }
        assert_eq!(first, "ready\n", "{arguments:?}");
        let children = descendants(child.id());
        assert!(!children.is_empty(), "{arguments:?} has no children to leave");
        child.kill().expect("it can be killed");
        child.wait().expect("its end");
        until(&format!("the children of {arguments:?} are gone"), || children.iter().all(|pid| !exists(*pid)));
    }
}

#[test]
fn it_dies_with_its_parent() {
    let script = format!("{PROGRAM} ring tasks=4 n=10M limit=60s & echo $!; wait");
    let mut shell = Command::new("sh").args(["-c", &script]).stdout(Stdio::piped()).spawn().expect("a shell");
    let mut first = String::new();
    BufReader::new(shell.stdout.take().expect("its output")).read_line(&mut first).expect("the workload's pid");
    let workload: u32 = first.trim().parse().expect("a number");
    until("its tasks have begun", || descendants(workload).len() == 3);
    let mut all = descendants(workload);
    all.push(workload);
    shell.kill().expect("the shell can be killed");
    shell.wait().expect("its end");
    until("the workload and its tasks are gone", || all.iter().all(|pid| !exists(*pid)));
}

#[test]
fn it_is_ended_at_its_limit() {
    use std::os::unix::process::ExitStatusExt;
    let status = Command::new(PROGRAM).args(["block", "time=10s", "n=100", "limit=1s"]).status().expect("its end");
    assert_eq!(status.signal(), Some(libc::SIGALRM));
}
