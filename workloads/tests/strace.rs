//! What each workload says of its own system calls, against strace: the calls between the marks, of all its tasks.

use osmeter_workloads::{MARK_SYSCALL, Outcome};
use std::collections::BTreeMap;
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_osmeter-workload");

/// The calls that began between the marks, in the order that strace saw them, and the tasks created.
#[derive(Debug, Default)]
struct Window {
    calls: BTreeMap<String, u64>,
    threads: u64,
    processes: u64,
}

/// Reads `strace -f` output: a call is `PID name(…`, and `PID <... name resumed>` is the rest of one counted before.
fn parse(text: &str) -> Window {
    let mark = format!("syscall_{MARK_SYSCALL:#x}(");
    let mut window = Window::default();
    let mut open = false;
    for line in text.lines() {
        let Some((_, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if let Some(rest) = call.strip_prefix(&mark) {
            open = rest.starts_with("0x1,");
            continue;
        }
        let Some((name, rest)) = call.split_once('(') else { continue };
        if !open || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        *window.calls.entry(name.to_string()).or_default() += 1;
        if matches!(name, "clone" | "clone3" | "fork" | "vfork") {
            *(if rest.contains("CLONE_THREAD") { &mut window.threads } else { &mut window.processes }) += 1;
        }
    }
    window
}

/// None where strace is missing or may not trace.
fn trace(arguments: &[&str]) -> Option<(Outcome, Window)> {
    let file = std::env::temp_dir().join(format!("osmeter-strace-{}-{}", std::process::id(), arguments.join("-")));
    let output = Command::new("strace").args(["-f", "-qq", "-o"]).arg(&file).arg(PROGRAM).args(arguments).output();
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let _ = std::fs::remove_file(&file);
    let output = output.ok()?;
    if text.is_empty() {
        return None;
    }
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some((serde_json::from_slice(&output.stdout).expect("an outcome"), parse(&text)))
}

fn agrees(arguments: &[&str]) {
    let Some((outcome, window)) = trace(arguments) else {
        let required =
            ["CI", "OSMETER_REQUIRE_ALL"].iter().any(|v| matches!(std::env::var(v).as_deref(), Ok("true" | "1")));
        assert!(!required, "strace is required");
        println!("skipped: {arguments:?}: strace is not installed or may not trace");
        return;
    };
    for expected in &outcome.expected {
        let counted = match expected.counter.as_str() {
            "syscalls" => window.calls.values().sum(),
            "tasks:threads" => window.threads,
            "tasks:processes" => window.processes,
            name => match name.strip_prefix("syscall:") {
                Some(name) => window.calls.get(name).copied().unwrap_or(0),
                None => continue, // time and switches, which strace changes
            },
        };
        let holds = expected.relation.holds(counted as f64, expected.value);
        assert!(holds, "{arguments:?}: {expected:?}, but strace counted {counted}: {:?}", window.calls);
    }
}

macro_rules! counted {
    ($($test:ident: $($arguments:literal),+;)*) => {
        $(#[test]
        fn $test() {
            for arguments in [$($arguments),+] {
                agrees(&arguments.split(' ').collect::<Vec<_>>());
            }
        })*
    };
}

counted! {
    system_calls: "syscalls n=40", "syscalls kind=invalid n=40", "syscalls kind=read n=40 size=100",
        "syscalls kind=write n=40", "syscalls kind=getrandom n=40", "syscalls kind=openclose n=40",
        "syscalls kind=access n=40", "syscalls kind=futex_wake n=40", "syscalls kind=vdso n=40",
        "syscalls kind=function n=40";
    round_trips: "pingpong n=30", "pingpong share=process by=pipe n=30", "pingpong share=thread by=eventfd n=30",
        "pingpong share=files by=socket n=30", "ring n=10 tasks=4";
    blocking: "block n=2 time=2ms kind=nanosleep", "block n=2 time=2ms kind=clock_nanosleep",
        "block n=2 time=2ms kind=futex", "block n=2 time=2ms kind=poll", "block n=2 time=2ms kind=select",
        "block n=2 time=2ms kind=epoll_wait", "block n=2 time=2ms kind=rt_sigtimedwait",
        "block n=2 time=2ms kind=timerfd", "block n=2 time=2ms kind=recv", "block n=2 time=2ms kind=accept",
        "block n=2 time=2ms kind=pipe", "block n=2 time=2ms kind=eventfd", "block n=2 time=2ms kind=flock",
        "block n=2 time=2ms kind=wait4";
    creation: "create n=5", "create n=5 kind=fork", "create n=5 kind=vfork", "create n=5 kind=posix_spawn",
        "create n=5 kind=exec", "idle workers=3 rss=0", "idle workers=3 rss=0 kind=fork";
    kernel_time: "kernelshare length=5ms", "kernelshare length=5ms call=getrandom";
    user_mode: "coroutines n=1000", "cachekeep between=nothing n=10", "locks kind=shards n=1k", "timers by=poll n=3";
    crossings: "copy size=1M", "copy size=1M by=sendfile", "copy size=1M by=splice",
        "copy size=1M by=copy_file_range to=file";
    others: "fileio cache=cached n=20 size=1M", "timers n=5", "crashstorm n=3", "delays by=threads n=4 longest=1ms",
        "isolation kind=permitted", "serve model=thread n=6 connections=2", "serve model=process n=6 connections=2";
}
