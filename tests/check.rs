//! `osmeter check` as a person uses it: selection, formats, exit status, a saved check read again.

mod common;

use common::OSMETER;
use std::process::{Command, Output};

/// Claims that are counts and take a second in all, whatever else the machine does.
const COUNTS: [&str; 5] = ["T1", "S2", "U1", "U2", "U7"];

fn check(arguments: &[&str]) -> Output {
    Command::new(OSMETER).arg("check").args(arguments).env("LANG", "C.UTF-8").env_remove("LC_ALL").output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_list_has_every_claim_and_speaks_both_languages() {
    let english = out(&check(&["--list"]));
    assert_eq!(english.lines().filter(|line| line.starts_with("  ")).count(), 41, "{english}");
    assert!(english.contains("Kernel mode (kernel-mode)"));
    let korean = out(&check(&["--list", "--lang", "ko"]));
    assert!(korean.contains("커널 모드 (kernel-mode)") && korean.lines().count() == english.lines().count());
}

#[test]
fn a_wrong_name_is_one_line_with_the_nearest_right_one() {
    let output = check(&["user-mod"]);
    assert_eq!(output.status.code(), Some(125));
    let error = error(&output);
    assert!(error.lines().count() == 1 && error.contains("did you mean 'user-mode'?"), "{error}");
}

#[test]
fn counts_are_judged_saved_and_read_again() {
    let folder = common::scratch();
    let file = folder.path().join("check.json");
    let path = file.to_str().unwrap();
    let output = check(&[&COUNTS[..], &["--quick", "--json", "-o", path]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    assert!(output.stdout.is_empty(), "{}", out(&output));
    let saved = std::fs::read_to_string(&file).unwrap();
    let report: osmeter::model::CheckReport = serde_json::from_str(&saved).unwrap();
    let verdicts: Vec<(&str, &str)> =
        report.claims.iter().map(|claim| (claim.claim.id.as_str(), claim.verdict.name())).collect();
    // What a processor and a kernel guarantee. U7 says 'never', and whoever has the permission may.
    let expected =
        [("T1", "supported"), ("S2", "supported"), ("U1", "supported"), ("U2", "supported"), ("U7", "in_part")];
    assert_eq!(verdicts, expected);
    for claim in &report.claims {
        assert!(claim.evidence.kept().count() >= 5, "{}", claim.claim.id);
    }
    let again = Command::new(OSMETER).args(["report", path, "--explain", "--lang", "ko"]).output().unwrap();
    let text = out(&again);
    assert!(text.contains("명제 5개") && text.contains("유저 모드는 제한된 환경"), "{text}");

    let same = check(&[&COUNTS[..], &["--quick", "--expect", path]].concat());
    assert_eq!(same.status.code(), Some(0), "{}", error(&same));
    std::fs::write(&file, saved.replacen("\"verdict\": \"supported\"", "\"verdict\": \"in_part\"", 1)).unwrap();
    let changed = check(&["T1", "--quick", "--expect", path]);
    assert_eq!(changed.status.code(), Some(3), "{}", error(&changed));
    assert!(error(&changed).contains("T1 is supported, expected in part"), "{}", error(&changed));
}

#[test]
fn a_file_that_is_no_check_is_refused_before_anything_runs() {
    let folder = common::scratch();
    let file = folder.path().join("other.json");
    std::fs::write(&file, "{\"a\": 1}").unwrap();
    for path in [file.to_str().unwrap(), "/nonexistent.json"] {
        let output = check(&["T1", "--expect", path]);
        assert_eq!(output.status.code(), Some(125));
        assert!(error(&output).lines().count() == 1 && output.stdout.is_empty(), "{}", error(&output));
    }
}

#[test]
fn a_report_that_could_not_be_written_is_known_before_anything_runs() {
    let output = check(&["-o", "/nonexistent/folder/check.txt"]);
    assert_eq!(output.status.code(), Some(125));
    assert!(
        error(&output).lines().count() == 1 && error(&output).contains("/nonexistent/folder"),
        "{}",
        error(&output)
    );
}

#[test]
fn an_interrupted_check_prints_what_is_done_and_exits_with_1() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    let mut child = Command::new(OSMETER);
    child.args(["check", "T1", "P3", "T6", "--rounds", "1000"]).env("LANG", "C.UTF-8");
    let child = child.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    common::until("the check catches SIGINT", || catches_interrupts(child.id()));
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    assert!(out(&output).contains("Interrupted: what was done is shown."), "{}", out(&output));
}

/// Whether a process has a handler for SIGINT (bit 1 of the mask, signal 2).
fn catches_interrupts(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0");
    u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 2 != 0)
}
