//! When things go wrong around osmeter: forks without end, spoilt files, a crowd.

mod common;

use common::{Child, OSMETER, Questions, assert_accounted, assert_sound, fixture, program, root, run, scratch, until};
use std::path::Path;
use std::process::{Command, Output, Stdio};

#[test]
fn forks_that_are_refused_are_errors_and_all_that_succeeded_are_counted() {
    let what = "forks without end";
    if !root(what) || !program(what, "prlimit") || !program(what, "setpriv") {
        return;
    }
    // The limit binds users other than root only, by all of their processes: a user that nobody else is.
    let lives = fixture::get("lives");
    let folder = tempfile::Builder::new().prefix("osmeter-forks-").tempdir().unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), mode).unwrap();
    let copy = folder.path().join("lives");
    std::fs::copy(lives, &copy).unwrap();
    let ids = ["setpriv", "--reuid", "47115", "--regid", "47115", "--clear-groups"];
    let argv = [&["prlimit", "--nproc=40"], &ids[..], &[copy.to_str().unwrap(), "bomb"]].concat();
    let run = run(&argv);
    assert_eq!(run.output.status.code(), Some(0), "{:?}", run.output);
    assert_sound(&run.profile);
    assert_accounted(&run.profile);
    let made = run.printed("forks");
    let fork = run.profile.call("clone").or(run.profile.call("fork")).or(run.profile.call("clone3")).unwrap();
    assert_eq!((fork.errnos.get("EAGAIN"), fork.calls), (Some(&1), made + 1), "{fork:?}");
    assert_eq!(run.profile.process_count.get(), Some(made + 1));
}

fn report(file: &Path) -> Output {
    Command::new(OSMETER).arg("report").arg(file).output().unwrap()
}

#[track_caller]
fn assert_refused(file: &Path, what: &str) {
    let output = report(file);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{what}: taken for a profile: {stderr}");
    assert!(!stderr.contains("panicked"), "{what}: {stderr}");
    assert_eq!(stderr.lines().count(), 1, "{what}: {stderr}");
    assert!(output.status.code().is_some(), "{what}: ended by a signal: {output:?}");
}

#[test]
fn a_saved_profile_that_is_spoilt_is_refused_in_one_line() {
    if !root("spoilt profiles") {
        return;
    }
    let folder = scratch();
    let file = folder.path().join("profile.json");
    let saved = Command::new(OSMETER).args(["run", "--format", "json", "-o"]).arg(&file).args(["--", "true"]).output();
    assert!(saved.unwrap().status.success());
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(report(&file).status.success());

    let spoilt = folder.path().join("spoilt.json");
    for part in 1..16 {
        let mut end = text.trim_end().len() * part / 16;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        std::fs::write(&spoilt, &text[..end]).unwrap();
        assert_refused(&spoilt, &format!("cut after {end} bytes"));
    }
    for (what, content) in [
        ("empty", String::new()),
        ("no JSON", "what is this".to_owned()),
        ("another kind of JSON", "[1, 2, 3]".to_owned()),
        ("nested without end", "[".repeat(200_000)),
        ("a newer schema", text.replace("osmeter.profile/1", "osmeter.profile/99")),
        ("numbers out of range", text.replacen("\"elapsed_ns\":", "\"elapsed_ns\":-", 1)),
    ] {
        std::fs::write(&spoilt, content).unwrap();
        assert_refused(&spoilt, what);
    }
    std::fs::write(&spoilt, [0xff, 0xfe, 0x00]).unwrap();
    assert_refused(&spoilt, "bytes that are no text");
    assert_refused(&folder.path().join("not-there"), "no file");
    assert_refused(folder.path(), "a directory");
}

#[test]
fn sixty_four_osmeters_at_once_each_count_their_own() {
    if !root("64 osmeters at once") {
        return;
    }
    let (folder, mix) = (scratch(), fixture::get("mix"));
    let file = |i: usize| folder.path().join(format!("{i}.json"));
    let start = |i: usize| {
        let mut command = Command::new(OSMETER);
        command.args(["run", "--format", "json", "-o"]).arg(file(i)).arg("--").arg(&mix);
        Child::start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
    };
    let mut all: Vec<Child> = (0..64).map(start).collect();
    for (i, child) in all.iter_mut().enumerate() {
        until("an osmeter of many ends", || child.ended());
        let profile = common::read(&file(i)).expect("a report");
        assert_eq!(profile.call("getppid").map(|c| c.calls), Some(1_000), "osmeter {i}");
        assert_eq!(profile.process_count.get(), Some(4), "osmeter {i}");
        assert_eq!(profile.losses.threads_untracked, 0, "osmeter {i}");
    }
}
