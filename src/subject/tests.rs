//! What the command can see of osmeter, and what osmeter sees of the command. Each test starts real processes.

use super::*;
use crate::model::{Exit, Reading};
use std::io::Write;
use std::process::Command;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

fn sh(script: &str) -> Spec {
    Spec::command(["/bin/sh", "-c", script])
}

fn run(spec: &Spec) -> Reaped {
    spawn(spec).unwrap().open().unwrap().reap().unwrap()
}

/// What the script prints when osmeter runs it.
fn output(script: &str) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    let script = format!("{{ {script}\n}} > '{}'", file.path().display());
    assert_eq!(run(&sh(&script)).exit, Exit::Status(0), "{script}");
    std::fs::read_to_string(file.path()).unwrap()
}

/// Runs the named test of this file again in a fresh process that a shell prepared.
fn again(test: &str, prepare: &str, says: &str) -> String {
    let exe = std::env::current_exe().unwrap();
    let out = Command::new("/bin/sh")
        .args(["-c", &format!("{prepare}; exec \"$0\" --exact subject::tests::{test} --nocapture")])
        .arg(exe)
        .env("OSMETER_TEST_INNER", says)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && text.contains("1 passed"), "{prepare}: {text}");
    text
}

fn inner() -> Option<String> {
    std::env::var("OSMETER_TEST_INNER").ok()
}

#[test]
fn exit_status_is_the_commands_or_128_and_the_signal() {
    let code = |script| exit_code(run(&sh(script)).exit);
    assert_eq!(code("exit 0"), Some(0));
    assert_eq!(code("exit 42"), Some(42));
    assert_eq!(code("kill -TERM $$"), Some(143));
    assert_eq!(code("kill -KILL $$"), Some(137));
}

#[test]
fn a_command_that_cannot_be_started_is_127_or_126_and_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str, mode| {
        use std::os::unix::fs::PermissionsExt;
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    };
    let fails = |argv: &Path| {
        let error = match spawn(&Spec::command([argv])) {
            Ok(gated) => gated.open().unwrap_err(),
            Err(error) => error,
        };
        (error.exit_code(), error.to_string())
    };
    assert_eq!(
        fails(Path::new("no-such-program-here")),
        (127, "cannot run 'no-such-program-here': No such file or directory".into())
    );
    assert_eq!(fails(Path::new("/no/such")).0, 127);
    assert_eq!(fails(Path::new("")).0, 127);
    let (code, line) = fails(&file("data", "text", 0o644));
    assert!(code == 126 && line.ends_with("Permission denied"), "{code} {line}");
    assert_eq!(fails(directory.path()).0, 126);
    let (code, line) = fails(&file("script", "#!/no/such/interpreter\n", 0o755));
    assert!(code == 127 && line.contains("interpreter"), "{code} {line}");
    let (_, line) = fails(Path::new("a\x1b[31m\nb"));
    assert!(!line.contains(['\x1b', '\n']), "{line:?}");
}

#[test]
fn a_script_without_an_interpreter_line_is_run_by_the_shell() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("script");
    std::fs::write(&script, "exit $(($1 + $#))\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let argv: [OsString; 3] = [script.into(), "40".into(), "x".into()];
    assert_eq!(run(&Spec::command(argv)).exit, Exit::Status(42));
}

#[test]
fn the_command_sees_the_descriptors_it_would_see_without_osmeter() {
    // In a process of its own: other tests open and close descriptors meanwhile. 0 is closed, which Rust's runtime fills
    // with /dev/null; 9 is open.
    const LIST: [&str; 3] = ["ls", "-m", "/proc/self/fd"];
    const PREPARE: &str = "exec 0<&- 9</dev/null";
    if inner().is_some() {
        let _signals = Signals::install().unwrap();
        println!(); // ends the harness's own line
        assert_eq!(run(&Spec::command(LIST)).exit, Exit::Status(0));
        return;
    }
    let plain = Command::new("/bin/sh").args(["-c", &format!("{PREPARE}; exec {}", LIST.join(" "))]).output().unwrap();
    let plain = String::from_utf8(plain.stdout).unwrap();
    assert!(plain.contains('9'), "{plain}");
    let text = again("the_command_sees_the_descriptors_it_would_see_without_osmeter", PREPARE, "list");
    assert!(text.lines().any(|line| line == plain.trim_end()), "{plain} is not in {text}");
}

#[test]
fn the_command_inherits_sigpipe_and_the_mask_as_osmeter_did() {
    const ALL: &str = "grep -E '^(SigBlk|SigIgn|SigCgt)' /proc/self/status";
    let Some(expected) = inner() else {
        for prepare in ["trap '' PIPE HUP", "trap '' INT", ":"] {
            // What a plain child of that shell has.
            let plain = Command::new("/bin/sh").args(["-c", &format!("{prepare}; exec {ALL}")]).output().unwrap();
            let plain = String::from_utf8(plain.stdout).unwrap();
            assert!(plain.contains("SigIgn"), "{plain}");
            again("the_command_inherits_sigpipe_and_the_mask_as_osmeter_did", prepare, &plain);
        }
        return;
    };
    let _signals = Signals::install().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let script = format!("exec {ALL} > '{}'", file.path().display());
    assert_eq!(run(&sh(&script)).exit, Exit::Status(0));
    assert_eq!(std::fs::read_to_string(file.path()).unwrap(), expected);
}

#[test]
fn a_gate_that_is_never_opened_runs_nothing_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mark = directory.path().join("ran");
    let gated = spawn(&sh(&format!("touch '{}'", mark.display()))).unwrap();
    let tgid = gated.tgid();
    assert_eq!(std::fs::read_link(format!("/proc/{tgid}/exe")).unwrap(), std::env::current_exe().unwrap());
    drop(gated);
    assert!(!mark.exists());
    assert!(!Path::new(&format!("/proc/{tgid}")).exists(), "not reaped");
}

#[test]
fn a_child_that_is_killed_at_its_gate_is_reported_as_such() {
    let gated = spawn(&sh("exit 0")).unwrap();
    crate::sys::pidfd::send(gated.pidfd(), libc::SIGTERM).unwrap();
    let error = gated.open().unwrap_err();
    assert_eq!(
        (error.exit_code(), error.to_string()),
        (143, "'/bin/sh' was ended by SIGTERM before it started".into())
    );
}

#[test]
fn what_happened_before_exec_is_not_the_commands() {
    // /bin/true alone makes no voluntary switch; waiting at the gate makes at least one.
    let gated = spawn(&Spec::command(["true"])).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    let running = gated.open().unwrap();
    let before = running.baseline;
    assert!(before.voluntary_switches >= 1, "{before:?}");
    assert!(before.minor_faults >= 1 && before.cpu_ns > 0 && before.exec_at_ns > 0, "{before:?}");
    let reaped = running.reap().unwrap();
    // A page of the executable that is not in memory blocks the command; osmeter's own wait must not show.
    assert!(reaped.voluntary_switches <= reaped.major_faults + 1, "{reaped:?}");
    assert!(reaped.cpu_ns > 0 && reaped.minor_faults > 0, "{reaped:?}");
}

#[test]
fn usage_holds_the_descendants_that_were_waited_for() {
    let alone = run(&sh("exit 0"));
    let five = run(&sh("for i in 1 2 3 4 5; do /bin/true; done"));
    assert!(five.minor_faults > alone.minor_faults && five.cpu_ns > alone.cpu_ns);
    assert!(five.voluntary_switches >= 1, "the shell waits for its children: {five:?}");
}

#[test]
fn a_peak_that_the_fork_may_have_left_is_not_called_exact() {
    // 256 MB is more than this test's own fork; a shell alone may be less.
    let large = run(&sh("head -c 256000000 /dev/zero | tail -c 256000000 | wc -c > /dev/null"));
    assert!(matches!(large.peak_rss_bytes, Reading::Exact(bytes) if bytes > 200_000_000), "{large:?}");
}

#[test]
fn the_end_can_be_seen_before_it_is_reaped() {
    let running = spawn(&sh("read x < /dev/null; kill -USR1 $$")).unwrap().open().unwrap();
    nix::poll::poll(
        &mut [nix::poll::PollFd::new(running.pidfd(), nix::poll::PollFlags::POLLIN)],
        nix::poll::PollTimeout::NONE,
    )
    .unwrap();
    let seen = running.peek_exit().unwrap();
    assert_eq!(seen, Some(Exit::Signal { signal: libc::SIGUSR1, core: false }));
    assert_eq!(running.reap().unwrap().exit, seen.unwrap());
}

#[test]
fn signals_to_osmeter_reach_the_command_and_osmeter_survives() {
    if inner().is_none() {
        again("signals_to_osmeter_reach_the_command_and_osmeter_survives", ":", "signals");
        return;
    }
    let mut signals = Signals::install().unwrap();
    // The command does to osmeter what a supervisor would: from a process that is not the command itself.
    let script = "trap 'exit 7' TERM; (kill -TERM $PPID); i=0; while [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done";
    let script = script.replace("$PPID", &std::process::id().to_string());
    let running = spawn(&sh(&script)).unwrap().open().unwrap();
    let deadline = std::time::Instant::now() + PATIENCE;
    let mut caught = Vec::new();
    while running.peek_exit().unwrap().is_none() && std::time::Instant::now() < deadline {
        caught.extend(signals.forward(&running));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(caught.iter().map(|c| c.signal).collect::<Vec<_>>(), [libc::SIGTERM]);
    assert_eq!(running.reap().unwrap().exit, Exit::Status(7));
}

#[test]
fn environment_and_directory_are_osmeters_own() {
    let plain = Command::new("/bin/sh").args(["-c", "env | grep -v ^_= | sort; pwd"]).output().unwrap();
    assert_eq!(output("env | grep -v ^_= | sort; pwd"), String::from_utf8(plain.stdout).unwrap());
}

#[test]
fn another_user_gets_its_ids_groups_and_environment_and_no_capability() {
    if !nix::unistd::geteuid().is_root() {
        // Only root can: anybody else is told so.
        let refused = Spec { user: Some(UserName("root".into())), ..sh("exit 0") };
        let error = spawn(&refused).unwrap().open().unwrap_err();
        assert!(matches!(error, SpawnError::Identity { .. }), "{error}");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("out");
    std::fs::write(&file, "").unwrap();
    nix::unistd::chown(&file, Some(65534.into()), None).unwrap();
    let reachable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(directory.path(), reachable).unwrap();
    let script = format!(
        "{{ id -u; id -g; id -G; grep -E '^(Uid|Gid|Groups|Cap(Inh|Prm|Eff|Amb))' /proc/self/status; \
         echo \"$HOME $USER $LOGNAME $SHELL\"; }} > '{}'",
        file.display()
    );
    let spec = Spec { user: Some(UserName("nobody".into())), ..sh(&script) };
    assert_eq!(run(&spec).exit, Exit::Status(0));
    let seen = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = seen.lines().collect();
    assert_eq!(&lines[..4], ["65534", "65534", "65534", "Uid:\t65534\t65534\t65534\t65534"], "{seen}");
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert!(seen.contains(&format!("{set}:\t0000000000000000")), "{seen}");
    }
    let nobody = nix::unistd::User::from_name("nobody").unwrap().unwrap();
    let expected = format!("{} nobody nobody {}", nobody.dir.display(), nobody.shell.display());
    assert_eq!(lines.last(), Some(&expected.as_str()));
}

/// A stand-in for a workload: a shell script that speaks on descriptor 3.
fn workload(script: &str) -> Running {
    let argv: Vec<OsString> = ["/bin/sh", "-c", script].into_iter().map(Into::into).collect();
    start_with_control(Path::new("/bin/sh"), &argv, None).unwrap().open().unwrap()
}

#[test]
fn a_workload_is_ready_then_works_then_reports() {
    let mut running = workload("echo ready >&3; head -c 1 <&3 >/dev/null; echo \"{\\\"fd\\\": $OSMETER_CONTROL}\" >&3");
    let control = running.control().unwrap();
    control.wait_ready(PATIENCE).unwrap();
    control.go().unwrap();
    assert_eq!(control.outcome(PATIENCE).unwrap(), serde_json::json!({"fd": 3}));
    assert_eq!(running.reap().unwrap().exit, Exit::Status(0));
}

#[test]
fn a_workload_that_breaks_the_agreement_is_an_error_with_its_reason() {
    let mut refuses = workload("echo 'failed: no such parameter: n' >&3");
    let error = refuses.control().unwrap().wait_ready(PATIENCE).unwrap_err();
    assert_eq!(error.to_string(), "the workload failed: no such parameter: n");
    refuses.reap().unwrap();

    let mut dies = workload("echo ready >&3; exit 3");
    let control = dies.control().unwrap();
    control.wait_ready(PATIENCE).unwrap();
    let _ = control.go();
    assert!(matches!(control.outcome(PATIENCE), Err(WorkloadError::Ended(_))));
    assert_eq!(dies.reap().unwrap().exit, Exit::Status(3));

    let mut slow = workload("read x <&3; echo ready >&3; read x <&3; echo nonsense >&3");
    let control = slow.control().unwrap();
    assert!(matches!(control.wait_ready(Duration::from_millis(10)), Err(WorkloadError::TimedOut { .. })));
    control.stream.write_all(b"\n").unwrap();
    control.wait_ready(PATIENCE).unwrap();
    control.stream.write_all(b"\n").unwrap();
    assert!(matches!(control.outcome(PATIENCE), Err(WorkloadError::Malformed(line)) if line == "nonsense"));
    slow.reap().unwrap();
}
