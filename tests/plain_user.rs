//! osmeter as a user without privilege: what it cannot see is missing, with the reason, and never zero.
//!
//! Run as root these tests become the user nobody for it; run by anybody else they are that user.

mod common;

use common::{OSMETER, fixture, program, skip};
use osmeter::model::{Profile, Tier};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// A place where the plain user can run the programs and write reports: the build folder may be closed to it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(what: &str) -> Option<Self> {
        if nix::unistd::geteuid().is_root() && !program(what, "setpriv") {
            return None;
        }
        let folder = tempfile::Builder::new().prefix("osmeter-plain-").tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let place = Self { folder };
        // Where the build folder is closed to this user, CI lays a copy beside.
        let osmeter = std::env::var("OSMETER_TEST_BINARY").unwrap_or_else(|_| OSMETER.to_owned());
        place.bring(Path::new(&osmeter), "osmeter");
        Some(place)
    }

    fn bring(&self, file: &Path, name: &str) -> String {
        let to = self.folder.path().join(name);
        // By a process of its own: a descriptor open for writing here would be inherited by a child that another test forks
        // at that moment, and executing the file would fail as long as that child holds it (ETXTBSY).
        assert!(Command::new("cp").arg(file).arg(&to).status().unwrap().success());
        std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o755)).unwrap();
        to.to_str().unwrap().to_owned()
    }

    fn osmeter(&self, arguments: &[&str]) -> Output {
        let osmeter = self.folder.path().join("osmeter");
        let mut command = if nix::unistd::geteuid().is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]).arg(osmeter);
            command
        } else {
            Command::new(osmeter)
        };
        command.args(arguments).current_dir(self.folder.path()).output().unwrap()
    }

    fn run(&self, argv: &[&str]) -> (Profile, Output) {
        let file = self.folder.path().join("profile.json");
        let output = self.osmeter(&[&["run", "--format", "json", "-o", "profile.json", "--"], argv].concat());
        let profile = common::read(&file).unwrap_or_else(|| panic!("no report: {output:?}"));
        (profile, output)
    }
}

/// Whether this profile is of a lower tier, which is what is to be tested.
fn lower_tier(what: &str, profile: &Profile) -> bool {
    if profile.tier == Tier::Bpf {
        skip(what, "a plain user may load BPF programs here");
    }
    profile.tier != Tier::Bpf
}

#[test]
fn a_plain_user_gets_a_report_that_names_its_tier_and_what_would_allow_more() {
    let what = "a plain user's report";
    let Some(place) = Place::new(what) else { return };
    let (profile, output) = place.run(&["sh", "-c", "echo out; exit 7"]);
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(7), &b"out\n"[..]));
    if !lower_tier(what, &profile) {
        return;
    }
    let refusal = profile.refused.iter().find(|r| r.tier == Tier::Bpf).expect("why not the tier bpf");
    assert!(!refusal.why.is_empty() && refusal.remedy.is_some(), "{refusal:?}");

    let table = place.osmeter(&["run", "--", "true"]);
    let text = String::from_utf8_lossy(&table.stderr);
    assert!(text.contains(&format!("tier {}", profile.tier.name())), "{text}");
    assert!(text.contains("Not measured") && text.contains("sudo"), "{text}");
}

#[test]
fn what_a_plain_user_cannot_see_is_missing_and_never_zero() {
    let what = "missing and never zero";
    let Some(place) = Place::new(what) else { return };
    let pingpong = place.bring(Path::new(&fixture::get("pingpong")), "pingpong");
    let (profile, output) = place.run(&[&pingpong, "2000"]);
    assert!(output.status.success(), "{output:?}");
    if !lower_tier(what, &profile) {
        return;
    }
    // The program made thousands of calls and switches, ran and waited. Whatever is not missing must have seen them.
    let total = &profile.total;
    for (name, reading) in [
        ("lifetime", &total.lifetime_ns),
        ("on-CPU", &total.on_cpu_ns),
        ("user", &total.user_ns),
        ("kernel", &total.kernel_ns),
        ("off-CPU", &total.off_cpu_voluntary_ns),
        ("run queue", &total.run_queue_ns),
        ("blocked", &total.blocked_ns),
        ("voluntary switches", &total.voluntary_switches),
        ("wake-ups", &total.wakeups),
        ("minor faults", &total.minor_faults),
        ("system calls", &total.syscalls),
    ] {
        assert_ne!(reading.get(), Some(0), "{name} is 0, which it is not: {reading:?}");
    }
    let of_usage = |name: &str| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().find_map(|l| l.strip_prefix(name)?.trim().parse::<u64>().ok()).unwrap()
    };
    // Its own getrusage, a moment before its end: the end is not in it, and the wait at osmeter's gate before execve is.
    let ours = total.voluntary_switches.get().unwrap() + total.involuntary_switches.get().unwrap();
    let theirs = of_usage("nvcsw ") + of_usage("nivcsw ");
    assert!(ours.abs_diff(theirs) <= 20, "{ours} switches, the program itself says {theirs}");
    for counter in &profile.counters {
        if ["context-switches", "task-clock", "page-faults"].contains(&counter.name.as_str()) {
            assert_ne!(counter.total.get(), Some(0), "{}", counter.name);
        }
    }
    if profile.syscalls.is_missing() {
        assert!(total.syscalls.is_missing(), "a number of calls where no call was seen: {:?}", total.syscalls);
    }
}

#[test]
fn a_tier_that_is_asked_for_and_refused_is_one_clear_line_and_the_command_does_not_run() {
    let what = "a tier refused";
    let Some(place) = Place::new(what) else { return };
    let (profile, _) = place.run(&["true"]);
    if !lower_tier(what, &profile) {
        return;
    }
    let output = place.osmeter(&["run", "--tier", "bpf", "--", "sh", "-c", "echo ran > ran"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), stderr.lines().count()), (Some(125), 1), "{stderr}");
    assert!(stderr.contains("tier bpf"), "{stderr}");
    assert!(!place.folder.path().join("ran").exists(), "the command ran unmeasured");
}

#[test]
fn the_promises_to_the_command_hold_for_a_plain_user() {
    let what = "promises for a plain user";
    let Some(place) = Place::new(what) else { return };
    for (script, code) in [("exit 0", 0), ("exit 126", 126), ("kill -TERM $$", 143)] {
        assert_eq!(
            place.osmeter(&["run", "-o", "/dev/null", "--", "sh", "-c", script]).status.code(),
            Some(code),
            "{script}"
        );
    }
    let missing = place.osmeter(&["run", "--", "./nothing-here"]);
    assert_eq!(missing.status.code(), Some(127));
    assert_eq!(String::from_utf8_lossy(&missing.stderr).lines().count(), 1);
    let output = place.osmeter(&["run", "-o", "/proc/1/report", "--", "true"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write the report"), "{output:?}");
}

#[test]
fn doctor_tells_a_plain_user_what_is_refused_and_how_to_allow_it() {
    let what = "doctor for a plain user";
    let Some(place) = Place::new(what) else { return };
    let output = place.osmeter(&["doctor", "--format", "json", "-o", "doctor.json"]);
    assert_eq!(output.status.code(), Some(0), "the main job works: {output:?}");
    let text = std::fs::read_to_string(place.folder.path().join("doctor.json")).unwrap();
    let doctor: osmeter::model::Doctor = serde_json::from_str(&text).unwrap();
    let (profile, _) = place.run(&["true"]);
    assert_eq!(doctor.tier, Some(profile.tier), "doctor promises the tier that run has");
}
