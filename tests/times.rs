//! Where the time went, against the kernel's own account of the same run and against clocks that osmeter has no part in.

mod common;

use common::{
    OSMETER, Questions, Run, assert_accounted, assert_close, assert_sound, fixture, root, run, scratch, workload,
};
use osmeter::model::{Exit, Profile, Subject};
use std::path::Path;
use std::process::Command;

fn switches(profile: &Profile) -> (u64, u64) {
    let total = &profile.total;
    (total.voluntary_switches.get().unwrap(), total.involuntary_switches.get().unwrap())
}

/// Of the same run: what a waiting parent that is itself inside the measured tree got from wait4.
#[track_caller]
fn assert_equals_wait4(run: &Run) {
    let tgid = u32::try_from(run.printed("tgid")).unwrap();
    // All that ran below the waiter: everything but the waiter itself.
    let waiter = run.profile.processes.iter().find(|p| p.tgid == run.profile.command.tgid).expect("the waiter's row");
    assert!(run.profile.processes.iter().any(|p| p.tgid == tgid), "the command's row");
    let of = |rest: u64, waiters: Option<u64>| rest - waiters.unwrap();
    let (voluntary, involuntary) = switches(&run.profile);
    let voluntary = of(voluntary, waiter.ledger.voluntary_switches.get());
    let involuntary = of(involuntary, waiter.ledger.involuntary_switches.get());
    let on_cpu = of(run.profile.total.on_cpu_ns.get().unwrap(), waiter.ledger.on_cpu_ns.get());
    // wait4 may return before the last switch of the process it reports on, and a shell's wait4 before that of its own
    // children: one involuntary-looking switch each, on either side of the count. The ledger also holds what the child
    // did before execve: some switches and microseconds, once.
    let processes = run.profile.process_count.get().unwrap();
    let (theirs_v, theirs_i) = (run.printed("nvcsw"), run.printed("nivcsw"));
    let off = |ours: u64, theirs: u64| ours.abs_diff(theirs);
    assert!(
        off(voluntary, theirs_v) + off(involuntary, theirs_i) <= processes + 1,
        "voluntary {voluntary} against {theirs_v}, involuntary {involuntary} against {theirs_i}"
    );
    assert_close("on-CPU time against wait4", on_cpu, run.printed("cpu_us") * 1_000, 0.01, 300_000 * processes);
}

#[test]
fn switches_and_cpu_time_of_a_ping_pong_are_what_wait4_says() {
    if !root("a pipe ping-pong") {
        return;
    }
    let run = run(&[fixture::get("waiter"), fixture::get("pingpong"), "5000".into()]);
    assert_sound(&run.profile);
    assert_accounted(&run.profile);
    assert_equals_wait4(&run);
    assert_eq!(run.call("read").calls, 10_000);
    assert!(run.profile.blocked_for("read (pipe)").1 > 0);
}

#[test]
fn switches_and_cpu_time_of_hogs_that_share_a_cpu_are_what_wait4_says() {
    if !root("hogs that share a CPU") {
        return;
    }
    let run = run(&[&fixture::get("waiter"), &fixture::get("hog"), "300", "0", "2"]);
    assert_sound(&run.profile);
    assert_accounted(&run.profile);
    assert_equals_wait4(&run);
    let preempted = run.profile.total.preempted_ns.get().unwrap();
    let hogs = run.profile.threads_named("hog");
    assert_eq!(hogs.len(), 2);
    let least: u64 = hogs.iter().map(|t| t.ledger.user_ns.get().unwrap()).min().unwrap();
    assert!(preempted > least / 2, "two threads on one CPU wait for each other: {preempted} ns preempted");
    assert!(run.profile.total.involuntary_switches.get().unwrap() > 0);
}

#[test]
fn switches_of_a_ping_pong_on_one_cpu_are_what_the_workload_counted() {
    if !root("switches of the workload pingpong") {
        return;
    }
    for (share, by) in [("thread", "futex"), ("process", "pipe"), ("vm", "pipe")] {
        let run = workload("pingpong", &[&format!("share={share}"), &format!("by={by}"), "n=2000"]);
        let Subject::Workload { report: Some(report), .. } = &run.profile.command.subject else { panic!("no report") };
        for expected in report["expected"].as_array().unwrap() {
            let (name, value) = (expected["counter"].as_str().unwrap(), expected["value"].as_f64().unwrap());
            let ours = match name {
                "switches:voluntary" => run.profile.total.voluntary_switches.get().unwrap() as f64,
                "switches:involuntary" => run.profile.total.involuntary_switches.get().unwrap() as f64,
                _ => continue,
            };
            let holds = match expected["relation"].as_str().unwrap() {
                "exactly" => ours == value,
                "at_least" => ours >= value,
                _ => ours <= value,
            };
            assert!(holds, "{share} by {by}: {name} is {ours}, the workload says {expected}");
        }
        let all = switches(&run.profile);
        assert!(all.0 + all.1 >= 4_000, "each of 4,000 hops is a switch: {all:?}");
        assert_accounted(&run.profile);
    }
}

#[test]
fn a_sleeper_is_blocked_for_as_long_as_it_sleeps() {
    if !root("a sleeper") {
        return;
    }
    let run = run(&["sleep", "0.3"]);
    assert_sound(&run.profile);
    assert_accounted(&run.profile);
    let (blocked, times) = run.profile.blocked_for("clock_nanosleep");
    assert_eq!(times, 1);
    // The kernel's timer is never early; how late it is, is the machine's matter.
    assert!(blocked >= 299_900_000, "{blocked} ns of 300 ms asleep");
    let call = run.call("clock_nanosleep");
    assert!(call.elapsed_ns.get().unwrap() >= 300_000_000);
    assert_eq!(call.blocked_ns.get(), Some(blocked));
}

/// A C project of that many files, each including its share of the C library's headers.
fn generate_project(folder: &Path, files: usize) {
    let names: Vec<String> = (0..files).map(|i| format!("f{i}")).collect();
    for name in &names {
        let body: String =
            (0..40).map(|i| format!("int {name}_{i}(int x){{for(int i=0;i<x;i++)x^=i*{i};return x;}}\n")).collect();
        std::fs::write(folder.join(format!("{name}.c")), format!("#include <stdio.h>\n#include <stdlib.h>\n{body}"))
            .unwrap();
    }
    let objects = names.iter().map(|n| format!("{n}.o")).collect::<Vec<_>>().join(" ");
    let makefile = format!("all: prog\nprog: main.o {objects}\n\tcc -o $@ $^\n%.o: %.c\n\tcc -O1 -c -o $@ $<\n");
    std::fs::write(folder.join("Makefile"), makefile).unwrap();
    std::fs::write(folder.join("main.c"), "int f0_0(int);int main(void){return f0_0(0);}\n").unwrap();
}

#[test]
fn every_nanosecond_of_a_parallel_make_has_its_row() {
    if !root("make -j") || !common::program("make -j", "make") {
        return;
    }
    let folder = scratch();
    generate_project(folder.path(), 12);
    let run = run(&["make", "-s", "-j4", "-C", folder.path().to_str().unwrap()]);
    assert!(run.output.status.success(), "{:?}", run.output);
    assert_sound(&run.profile);
    assert_accounted(&run.profile);
    assert!(run.profile.process_count.get().unwrap() >= 13 * 3, "make, and cc, cc1 and as for each file");
    assert!(run.profile.programs.iter().any(|p| p.comm == "cc1" && p.processes == 13), "{:?}", run.profile.programs);
    let sum: u64 = run.profile.programs.iter().map(|p| p.ledger.lifetime_ns.get().unwrap()).sum();
    assert_eq!(Some(sum), run.profile.total.lifetime_ns.get());
}

#[test]
fn every_nanosecond_of_a_thousand_threads_has_its_row() {
    if !root("a pool of 1,000 threads") {
        return;
    }
    let run = run(&[&fixture::get("pool"), "1000"]);
    assert!(run.output.status.success(), "{:?}", run.output);
    assert_sound(&run.profile);
    assert_accounted(&run.profile);
    assert_eq!(run.profile.thread_count.get(), Some(1_001));
    assert_eq!(run.profile.threads.len(), 1_001);
}

#[test]
fn every_nanosecond_of_a_process_killed_amid_its_calls_has_its_row() {
    if !root("a process killed amid its calls") {
        return;
    }
    let run = run(&[&fixture::get("pool"), "200", "die"]);
    assert_eq!(run.output.status.code(), Some(137));
    assert_eq!(run.profile.command.exit, Exit::Signal { signal: 9, core: false });
    assert_sound(&run.profile);
    assert_accounted(&run.profile);
    assert_eq!(run.profile.thread_count.get(), Some(201));
    // Each of them waited in read, which the signal broke off; a thread that was not there yet has made no such call.
    let read = run.call("read");
    assert!(read.calls <= 200 && read.calls == read.open_at_end + read.interrupted, "{read:?}");
    assert_eq!(run.call("kill").calls, 1);
}

/// The kernel's share of the on-CPU time, in percent.
fn kernel_share(profile: &Profile) -> f64 {
    let total = &profile.total;
    100.0 * total.kernel_ns.get().unwrap() as f64 / total.on_cpu_ns.get().unwrap() as f64
}

/// The kernel's share in percent as `perf stat` has it, which is getrusage's split, of the same workload without a gate.
fn perf_stat_share(parameters: &[&str]) -> Option<f64> {
    let mut command = Command::new("perf");
    command.args(["stat", "-x,", "-e", "user_time,system_time", OSMETER, "__workload", "kernelshare"]).args(parameters);
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let of = |name: &str| text.lines().find(|l| l.contains(name))?.split(',').next()?.parse::<f64>().ok();
    let (user, system) = (of("user_time")?, of("system_time")?);
    Some(100.0 * system / (user + system))
}

#[test]
fn the_kernel_share_of_a_short_run_is_what_its_own_clock_says() {
    if !root("the kernel share") {
        return;
    }
    println!("{:>8} {:>7} {:>9} {:>9} {:>10}", "length", "meant", "true", "osmeter", "perf stat");
    for length in ["3ms", "30ms", "300ms"] {
        for share in [10, 50, 90] {
            let parameters = [&*format!("length={length}"), &*format!("share={share}"), "call=getrandom"];
            let run = workload("kernelshare", &parameters);
            let Subject::Workload { report: Some(report), .. } = &run.profile.command.subject else {
                panic!("no report")
            };
            let truth = 100.0 * report["measures"]["kernel_share"].as_f64().unwrap();
            let ours = kernel_share(&run.profile);
            let theirs = perf_stat_share(&parameters).map_or("-".to_owned(), |share| format!("{share:.1} %"));
            println!("{length:>8} {share:>5} % {truth:>7.1} % {ours:>7.1} % {theirs:>10}");
            assert!((ours - truth).abs() < 3.0, "{length}, {share} %: truly {truth:.2} %, read as {ours:.2} %");
            assert_accounted(&run.profile);
        }
    }
}

#[test]
fn the_time_in_one_expensive_call_is_what_the_threads_own_clock_says() {
    if !root("one expensive call") {
        return;
    }
    let program = fixture::get("expensive");
    for calls in ["3", "30"] {
        let run = run(&[&program, calls]);
        let truth = run.printed("in_calls_ns");
        let call = run.call("getrandom");
        println!(
            "{calls} calls: own clock {truth} ns, osmeter {} ns; getrusage: user {} us, system {} us",
            call.on_cpu_ns.get().unwrap(),
            run.printed("ru_utime_us"),
            run.printed("ru_stime_us"),
        );
        if let Ok(perf) =
            Command::new("perf").args(["stat", "-x,", "-e", "task-clock:u,task-clock:k", &program, calls]).output()
        {
            print!("perf stat: {}", String::from_utf8_lossy(&perf.stderr));
        }
        assert_close("on-CPU time of getrandom", call.on_cpu_ns.get().unwrap(), truth, 0.03, 0);
        assert_accounted(&run.profile);
    }
}
