//! Calls, errors and their names against strace, call by call, on programs that do the same every time.

mod common;

use common::{Questions, Run, assert_accounted, assert_sound, fixture, program, root, run, strace};
use osmeter::model::{Abi, Profile};
use std::collections::BTreeMap;

/// The calls that never return. `strace -c` counts a call when it returns, so it never lists them.
const NEVER_RETURN: [&str; 2] = ["exit", "exit_group"];

fn counted(profile: &Profile, abi: Abi) -> strace::Counts {
    let of_table = profile.calls().iter().filter(|c| c.abi == abi && !NEVER_RETURN.contains(&c.name.as_str()));
    of_table.map(|c| (c.name.clone(), (c.calls, c.errors + c.interrupted))).collect()
}

fn without(mut counts: strace::Counts, names: &[&str]) -> strace::Counts {
    counts.retain(|name, _| !names.contains(&name.as_str()));
    counts
}

/// Profiles the command, and compares with strace all calls but `undetermined` ones, each of which the test explains.
#[track_caller]
fn assert_equals_strace(argv: &[&str], undetermined: &[&str]) -> Run {
    let ours = run(argv);
    let theirs = strace::count(argv);
    assert!(theirs.native.len() + theirs.compat32.len() > 3, "strace counted too little to compare: {theirs:?}");
    for (abi, theirs) in [(Abi::Native, theirs.native), (Abi::Compat32, theirs.compat32)] {
        assert_eq!(without(counted(&ours.profile, abi), undetermined), without(theirs, undetermined), "{abi:?}");
    }
    assert_sound(&ours.profile);
    assert_accounted(&ours.profile);
    ours
}

#[test]
fn a_static_program_makes_the_calls_that_strace_counts() {
    if !root("calls of a static program") || !program("calls of a static program", "strace") {
        return;
    }
    let run = assert_equals_strace(&[&fixture::get("mix")], &[]);
    assert_eq!(run.call("exit_group").calls, 4, "the program and its three children");
    assert_eq!(run.call("exit_group").open_at_end, 4);
    assert_eq!((run.call("getppid").calls, run.call("getuid").calls), (1_000, 30));
}

#[test]
fn errors_are_counted_by_name() {
    if !root("errors by name") {
        return;
    }
    let run = run(&[&fixture::get("mix")]);
    let errnos = |name: &str| run.call(name).errnos.clone();
    let these = |pairs: &[(&str, u64)]| pairs.iter().map(|(n, c)| ((*n).to_owned(), *c)).collect::<BTreeMap<_, _>>();
    assert_eq!(errnos("openat"), these(&[("ENOENT", 7), ("ENOTDIR", 5)]));
    assert_eq!(errnos("read"), these(&[("EBADF", 11), ("EAGAIN", 9), ("EFAULT", 3)]));
    assert_eq!(errnos("connect"), these(&[("EBADF", 2)]));
    assert_eq!(errnos("kill"), these(&[("ESRCH", 13)]));
    assert_eq!(errnos("wait4"), these(&[("ECHILD", 4)]));
    assert_eq!(errnos("lseek"), these(&[("EINVAL", 6)]));
    for call in run.profile.calls() {
        assert_eq!(call.errors, call.errnos.values().sum::<u64>(), "{}", call.name);
    }
}

#[test]
fn dd_with_blocks_of_one_byte_makes_the_calls_that_strace_counts() {
    if !root("calls of dd") || !program("calls of dd", "strace") {
        return;
    }
    let argv = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=5000"];
    let run = assert_equals_strace(&argv, &[]);
    // One more of each is dd's own: its report, the libraries' headers.
    assert!(run.call("read").calls >= 5_000 && run.call("write").calls >= 5_000);
}

#[test]
fn a_forking_shell_loop_makes_the_calls_that_strace_counts() {
    if !root("calls of a shell loop") || !program("calls of a shell loop", "strace") {
        return;
    }
    // SIGCHLD may come before or during the shell's wait4, in which case it asks once more: a race in any run. So the
    // number of wait4 and of rt_sigreturn is not compared; that of all others is.
    let script = "i=0; while [ $i -lt 20 ]; do /bin/true; (exit 3); i=$((i+1)); done";
    let run = assert_equals_strace(&["sh", "-c", script], &["wait4", "rt_sigreturn"]);
    assert_eq!(run.profile.process_count.get(), Some(41));
    assert_eq!(run.call("exit_group").calls, 41);
    assert_eq!(run.call("execve").calls, 21);
}

#[test]
fn a_program_of_fifty_threads_makes_the_calls_that_strace_counts() {
    if !root("calls of fifty threads") || !program("calls of fifty threads", "strace") {
        return;
    }
    // pthread_join waits in futex only for a thread that has not ended yet.
    let run = assert_equals_strace(&[&fixture::get("threads50")], &["futex"]);
    assert_eq!((run.call("getppid").calls, run.call("exit").calls), (5_000, 50));
    assert_eq!((run.profile.thread_count.get(), run.profile.process_count.get()), (Some(51), Some(1)));
    assert_eq!(run.profile.threads.len(), 51);
}

#[test]
fn the_calls_of_a_32_bit_program_are_named_by_its_own_table() {
    if !root("a 32-bit program") || !program("a 32-bit program", "strace") {
        return;
    }
    let built = match fixture::build("calls32", fixture::Build::Bits32) {
        Ok(built) => built,
        Err(why) => return common::skip("a 32-bit program", &format!("cc -m32: {why}")),
    };
    let run = assert_equals_strace(&[built.to_str().unwrap()], &[]);
    let compat = |name: &str| run.profile.calls().iter().find(|c| c.abi == Abi::Compat32 && c.name == name);
    assert_eq!(compat("getppid").map(|c| c.calls), Some(21));
    assert_eq!(compat("read").map(|c| c.errnos["EBADF"]), Some(9));
    assert_eq!(compat("close").map(|c| c.errnos["EBADF"]), Some(4));
    let native: Vec<&str> =
        run.profile.calls().iter().filter(|c| c.abi == Abi::Native).map(|c| c.name.as_str()).collect();
    assert_eq!(native, ["execve"], "the call that started it was osmeter's");
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_program_that_uses_both_tables_has_both_and_unknown_numbers_are_named_by_number() {
    if !root("both tables in one program") {
        return;
    }
    let run = run(&[&fixture::get("int80")]);
    let count = |abi, name: &str| run.profile.calls().iter().find(|c| c.abi == abi && c.name == name).map(|c| c.calls);
    assert_eq!(count(Abi::Compat32, "getppid"), Some(17));
    assert_eq!(count(Abi::Compat32, "close"), Some(6));
    assert_eq!(count(Abi::Compat32, "syscall_4444"), Some(3));
    assert_eq!(count(Abi::Native, "getppid"), Some(19));
    assert_eq!(count(Abi::Native, "syscall_5555"), Some(5));
    assert_eq!(count(Abi::Native, "syscall_600"), Some(2));
    assert_eq!(count(Abi::Native, "semget"), None);
    assert_eq!(run.profile.calls().iter().find(|c| c.name == "syscall_5555").unwrap().errnos["ENOSYS"], 5);
    assert_sound(&run.profile);
}

#[test]
fn bundled_workloads_make_exactly_the_calls_they_say() {
    if !root("calls of the bundled workloads") {
        return;
    }
    for kind in ["getppid", "invalid", "read", "write", "openclose", "access", "futex_wake", "vdso", "function"] {
        let run = common::workload("syscalls", &[&format!("kind={kind}"), "n=3000"]);
        let osmeter::model::Subject::Workload { report: Some(report), .. } = &run.profile.command.subject else {
            panic!("{kind}: no report of the workload")
        };
        let mut compared = 0;
        for expected in report["expected"].as_array().unwrap() {
            let counter = expected["counter"].as_str().unwrap();
            let value = expected["value"].as_f64().unwrap() as u64;
            let ours = match counter.strip_prefix("syscall:") {
                Some(name) => run.profile.call(name).map_or(0, |c| c.calls),
                None if counter == "syscalls" => run.profile.total.syscalls.get().unwrap(),
                None => continue,
            };
            assert_eq!(ours, value, "{kind}: {counter}");
            compared += 1;
        }
        assert!(compared > 0, "{kind}: the workload expects nothing");
        assert_sound(&run.profile);
    }
}
