//! The command does not notice: its status, its surroundings, its terminal; and nothing of osmeter is left behind.

mod common;

use common::{Child, OSMETER, fixture, program, root, scratch, signal, state_of, until, until_some};
use nix::sys::signal::Signal;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};

fn osmeter_run(options: &[&str], argv: &[&str]) -> Command {
    let mut command = Command::new(OSMETER);
    command.arg("run").args(options).arg("--").args(argv);
    command
}

#[test]
fn the_exit_status_is_the_commands_own() {
    if !root("exit status") {
        return;
    }
    let status = |argv: &[&str]| osmeter_run(&["-o", "/dev/null"], argv).output().unwrap().status.code();
    for code in ["0", "1", "7", "125", "126", "127", "255"] {
        assert_eq!(status(&["sh", "-c", &format!("exit {code}")]), code.parse().ok(), "exit {code}");
    }
    for (name, number) in [("TERM", 15), ("KILL", 9), ("USR1", 10), ("HUP", 1), ("INT", 2), ("PIPE", 13)] {
        assert_eq!(status(&["sh", "-c", &format!("kill -{name} $$")]), Some(128 + number), "SIG{name}");
    }
}

#[test]
fn a_command_that_cannot_be_started_gives_one_line_and_no_report() {
    if !root("a command that cannot be started") {
        return;
    }
    let folder = scratch();
    let report = folder.path().join("report");
    for (argv, code) in
        [("/no/such/program", 127), ("no-such-program-in-path", 127), ("/etc/passwd", 126), ("/etc", 126)]
    {
        let output = osmeter_run(&["-o", report.to_str().unwrap()], &[argv]).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{argv}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{argv}: {stderr}");
        assert!(stderr.contains(argv), "{stderr}");
        assert!(!report.exists(), "{argv} left a report");
        assert_eq!(output.stdout, b"");
    }
}

/// Runs the fixture that prints its surroundings, with and without osmeter, and compares.
#[track_caller]
fn assert_same_surroundings(prepare: impl Fn(&mut Command)) {
    let program = fixture::get("state");
    let folder = scratch();
    let report = folder.path().join("report");
    let run = |command: &mut Command| {
        command.args(["one", "two words", ""]);
        prepare(command);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let without = run(&mut Command::new(&program));
    let with = run(&mut osmeter_run(&["-o", report.to_str().unwrap()], &[&program]));
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&with), lines(&without));
    assert!(without.lines().count() > 40, "the fixture printed too little: {without}");
}

#[test]
fn the_command_finds_the_surroundings_that_it_has_without_osmeter() {
    if !root("surroundings") {
        return;
    }
    assert_same_surroundings(|_| {});
    assert_same_surroundings(|command| {
        command.env_clear().env("ONLY", "this").env("EMPTY", "").current_dir("/usr").stdin(Stdio::piped());
        command.stderr(Stdio::null());
    });
}

#[test]
fn ignored_and_blocked_signals_are_what_they_were() {
    if !root("ignored signals") {
        return;
    }
    // The shell passes on what it ignores; the same trap stands before both.
    let folder = scratch();
    let report = folder.path().join("report");
    let program = fixture::get("state");
    let shell = |with: bool| {
        let before = if with { format!("{OSMETER} run -o {} -- ", report.display()) } else { String::new() };
        let script = format!(
            "trap '' INT QUIT USR2 PIPE CHLD TSTP; ulimit -n 512; umask 077; exec 7</dev/null 8>/dev/null; {before}{program}"
        );
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let (with, without) = (shell(true), shell(false));
    assert_eq!(with, without);
    assert!(without.contains("signal 2 ignored") && without.contains("descriptor 7 "), "{without}");
}

#[test]
fn standard_streams_pass_through_untouched() {
    if !root("standard streams") {
        return;
    }
    let bytes: Vec<u8> = (0..200_000u32).map(|i| (i * 7 % 251) as u8).collect();
    let mut child = osmeter_run(&["-o", "/dev/null"], &["sh", "-c", "cat; echo to stderr >&2"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let given = bytes.clone();
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut input, &given));
    let Output { stdout, stderr, .. } = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(stdout == bytes, "{} bytes of {}", stdout.len(), bytes.len());
    assert_eq!(stderr, b"to stderr\n");
}

/// Runs the script in a terminal of its own and returns what it showed. `tests/fixtures/terminal.py` plays the person.
fn in_terminal(scenario: &str, command: &[&str]) -> Option<String> {
    if !program(scenario, "python3") {
        return None;
    }
    let script = common::root_folder().join("tests/fixtures/terminal.py");
    let output = Command::new("python3").arg(script).arg(scenario).args(command).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{scenario}: {text}\n{}", String::from_utf8_lossy(&output.stderr));
    Some(text)
}

#[test]
fn ctrl_c_ends_the_command_and_still_gives_a_report() {
    if !root("Ctrl-C") {
        return;
    }
    let folder = scratch();
    let report = folder.path().join("profile.json");
    let argv = [
        OSMETER,
        "run",
        "--format",
        "json",
        "-o",
        report.to_str().unwrap(),
        "--",
        "sh",
        "-c",
        "echo started; exec sleep 1000",
    ];
    if let Some(text) = in_terminal("interrupt", &argv) {
        assert!(text.contains("exit 130"), "{text}");
        let profile = common::read(&report).expect("a report in spite of Ctrl-C");
        assert_eq!(profile.command.exit, osmeter::model::Exit::Signal { signal: 2, core: false });
        assert!(profile.total.lifetime_ns.get().unwrap() > 0);
    }
}

#[test]
fn a_command_that_survives_ctrl_c_goes_on_being_measured() {
    if !root("Ctrl-C survived") {
        return;
    }
    let folder = scratch();
    let report = folder.path().join("profile.json");
    let script = "trap 'echo caught; exit 3' INT; echo started; while :; do sleep 0.05; done";
    let argv = [OSMETER, "run", "--format", "json", "-o", report.to_str().unwrap(), "--", "sh", "-c", script];
    if let Some(text) = in_terminal("interrupt", &argv) {
        assert!(text.contains("caught") && text.contains("exit 3"), "{text}");
        assert_eq!(common::read(&report).unwrap().command.exit, osmeter::model::Exit::Status(3));
    }
}

#[test]
fn ctrl_z_stops_the_job_and_fg_goes_on_with_it() {
    if !root("Ctrl-Z") || !program("Ctrl-Z", "bash") {
        return;
    }
    let folder = scratch();
    let report = folder.path().join("profile.json");
    let line = format!(
        "{OSMETER} run --format json -o {} -- sh -c 'echo started; sleep 0.5; echo finished'",
        report.display()
    );
    if let Some(text) = in_terminal("suspend", &[&line]) {
        assert!(text.contains("Stopped") && text.contains("finished") && text.contains("status=0"), "{text}");
        let profile = common::read(&report).expect("a report");
        let stopped: u64 = profile
            .blocked
            .value()
            .unwrap()
            .iter()
            .filter(|b| b.reason().contains("stopped"))
            .map(|b| b.blocked_ns)
            .sum();
        assert!(stopped > 0, "the command was stopped with the job: {:?}", profile.blocked);
    }
}

/// Ids of all BPF programs in the kernel.
fn loaded_programs() -> Vec<u64> {
    let output = Command::new("bpftool").args(["-j", "prog", "show"]).output().unwrap();
    let all: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    all.as_array().unwrap().iter().filter_map(|p| p["id"].as_u64()).collect()
}

/// Ids of the BPF programs that a process holds.
fn programs_of_process(pid: u32) -> Vec<u64> {
    let Ok(entries) = std::fs::read_dir(format!("/proc/{pid}/fdinfo")) else { return Vec::new() };
    let id = |text: String| text.lines().find_map(|l| l.strip_prefix("prog_id:")?.trim().parse().ok());
    entries.flatten().filter_map(|e| id(std::fs::read_to_string(e.path()).ok()?)).collect()
}

#[test]
fn when_osmeter_is_killed_the_command_runs_on_and_nothing_stays_attached() {
    if !root("osmeter killed") || !program("osmeter killed", "bpftool") {
        return;
    }
    let folder = scratch();
    let report = folder.path().join("profile.json");
    let note = folder.path().join("note");
    let script =
        format!("echo $$ > {0}.pid; while [ ! -e {0}.go ]; do sleep 0.02; done; echo done > {0}", note.display());
    let mut command = osmeter_run(&["--format", "json", "-o", report.to_str().unwrap()], &["sh", "-c", &script]);
    let mut osmeter = Child::start(command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0));
    let pid_file = folder.path().join("note.pid");
    let pid: u32 = until_some("the command starts", || std::fs::read_to_string(&pid_file).ok()?.trim().parse().ok());
    let programs = programs_of_process(osmeter.id());
    assert!(programs.len() >= 9, "osmeter holds its programs: {programs:?}");
    signal(osmeter.id(), Signal::SIGKILL);
    until("osmeter ends", || osmeter.ended());
    assert!(matches!(state_of(pid), Some('S' | 'R' | 'D')), "the command is {:?}", state_of(pid));
    std::fs::write(folder.path().join("note.go"), "").unwrap();
    until("the command ends by itself", || note.exists());
    // The kernel frees programs once their last user is gone, a moment later.
    until("the programs are gone", || loaded_programs().iter().all(|id| !programs.contains(id)));
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.file_name()).collect();
    assert!(left.iter().all(|n| n.to_string_lossy().starts_with("note")), "left behind: {left:?}");
}

#[test]
fn when_osmeter_is_killed_at_its_gate_the_command_never_runs() {
    if !root("osmeter killed early") {
        return;
    }
    // Whenever the signal hits, the command has either run wholly or not at all, and nothing is left that waits.
    for delay_ms in [0, 5, 15, 30, 60] {
        let folder = scratch();
        let mark = folder.path().join("mark");
        let script = format!("echo $$ > {}", mark.display());
        let mut osmeter = Child::start(
            osmeter_run(&["-o", "/dev/null"], &["sh", "-c", &script]).stdin(Stdio::null()).process_group(0),
        );
        std::thread::sleep(std::time::Duration::from_millis(delay_ms));
        let group = osmeter.id();
        let _ = osmeter.0.kill();
        until("osmeter ends", || osmeter.ended());
        until("nobody of its group is left", || {
            nix::sys::signal::killpg(nix::unistd::Pid::from_raw(group.cast_signed()), None).is_err()
        });
    }
}

#[test]
fn a_report_file_is_whole_or_not_there() {
    if !root("report files") {
        return;
    }
    let folder = scratch();
    let report = folder.path().join("report.json");
    std::fs::write(&report, "what was there before").unwrap();
    let run = |to: &str| osmeter_run(&["--format", "json", "-o", to], &["true"]).output().unwrap();
    assert_eq!(run(report.to_str().unwrap()).status.code(), Some(0));
    assert!(common::read(&report).is_some());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");

    // Where it cannot be written that is known before the command has run: one line says so, and nothing is run or left.
    let witness = folder.path().join("witness");
    for (to, why) in [
        ("/no/such/folder/report.json", "No such file"),
        ("/proc/report.json", ""),
        (folder.path().to_str().unwrap(), "directory"),
    ] {
        let output = osmeter_run(&["-o", to], &["touch", witness.to_str().unwrap()]).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains("cannot write the report") && stderr.contains(why), "{to}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{to}: one line: {stderr}");
        assert_eq!(output.status.code(), Some(125), "{to}: osmeter's own failure");
        assert!(!witness.exists(), "{to}: the command was run for nothing");
    }
}

#[test]
fn a_full_disk_is_said_and_the_report_goes_to_stderr() {
    if !root("a full disk") {
        return;
    }
    let output = osmeter_run(&["-o", "/dev/full"], &["true"]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("No space left"), "{stderr}");
    assert!(stderr.contains("Where the time went"), "{stderr}");
    assert_eq!(output.status.code(), Some(0), "the exit status is the command's all the same");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    if !root("a closed pipe") {
        return;
    }
    let script = format!(
        "{OSMETER} run --format json -o - -- true | head -c 10; {OSMETER} run -- true 2>&1 >/dev/null | head -1"
    );
    let output = Command::new("bash").args(["-c", &format!("set -o pipefail; {script}")]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{output:?}");
    assert!(output.stdout.starts_with(b"{"), "{output:?}");
}
