//! What the integration tests share: the binary under test, its profiles, fixture programs, strace as a second opinion.
//!
//! Owns no assertion about osmeter. A capability that a test needs and the machine lacks is a line in the output, and an
//! error where everything must run (`CI` or `OSMETER_REQUIRE_ALL` set).

// Every test binary includes this module and uses a part of it.
#![allow(dead_code)]

pub mod fixture;
pub mod strace;

use osmeter::model::{Abi, Check, Ledger, Losses, Profile, Syscall, Thread};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// The longest that anything is waited for. No test passes or fails by how long something took.
pub const GENEROUS: Duration = Duration::from_secs(120);

/// The binary under test.
pub const OSMETER: &str = env!("CARGO_BIN_EXE_osmeter");

/// A skip, by name; an error where everything must run.
pub fn skip(what: &str, why: &str) {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0" && v != "false");
    println!("SKIPPED {what}: {why}");
    assert!(!set("CI") && !set("OSMETER_REQUIRE_ALL"), "{what} must run here, and cannot: {why}");
}

/// Whether this test runs as root, which the bpf tier needs.
pub fn root(what: &str) -> bool {
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        skip(what, "needs root");
    }
    is_root
}

/// Whether a program is there.
pub fn program(what: &str, name: &str) -> bool {
    let found =
        Command::new("sh").args(["-c", &format!("command -v {name}")]).output().is_ok_and(|o| o.status.success());
    if !found {
        skip(what, &format!("needs {name}"));
    }
    found
}

/// A measured run.
pub struct Run {
    /// The report.
    pub profile: Profile,
    /// What osmeter, and so the command, wrote and returned.
    pub output: Output,
}

/// A directory that goes away with the test.
pub fn scratch() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("osmeter-test-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// `osmeter run OPTIONS -- ARGV`.
pub fn run_with<S: AsRef<OsStr>>(options: &[&str], argv: &[S]) -> Run {
    let folder = scratch();
    let file = folder.path().join("profile.json");
    let mut command = Command::new(OSMETER);
    command.arg("run").args(options).args(["--format", "json", "-o"]).arg(&file).arg("--").args(argv);
    finish(&mut command, &file)
}

/// `osmeter run -- ARGV`.
pub fn run<S: AsRef<OsStr>>(argv: &[S]) -> Run {
    run_with(&[], argv)
}

/// `osmeter workload NAME PARAMETERS`.
pub fn workload(name: &str, parameters: &[&str]) -> Run {
    let folder = scratch();
    let file = folder.path().join("profile.json");
    let mut command = Command::new(OSMETER);
    command.arg("workload").args(["--format", "json", "-o"]).arg(&file).arg(name).args(parameters);
    finish(&mut command, &file)
}

fn finish(command: &mut Command, file: &Path) -> Run {
    let output = command.output().unwrap();
    match read(file) {
        Some(profile) => Run { profile, output },
        None => panic!("{command:?} left no report: {output:?}"),
    }
}

/// The profile in a file, if there is one.
pub fn read(file: &Path) -> Option<Profile> {
    let text = std::fs::read_to_string(file).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display())))
}

impl Run {
    /// What the command wrote on its stdout.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// A number that a fixture printed as `NAME VALUE`.
    pub fn printed(&self, name: &str) -> u64 {
        let text = self.stdout();
        let value = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' '));
        value.and_then(|v| v.trim().parse().ok()).unwrap_or_else(|| panic!("no `{name}` in {text:?}"))
    }

    /// The calls of a name, in the machine's own table.
    pub fn call(&self, name: &str) -> &Syscall {
        self.profile.call(name).unwrap_or_else(|| panic!("no call of {name}"))
    }
}

/// Questions that tests ask of a profile.
pub trait Questions {
    /// The calls of a name, in the machine's own table.
    fn call(&self, name: &str) -> Option<&Syscall>;
    /// All calls.
    fn calls(&self) -> &[Syscall];
    /// Time blocked for a reason, in ns, and how often.
    fn blocked_for(&self, reason: &str) -> (u64, u64);
    /// Every self-check that disagrees, and every loss.
    fn doubts(&self) -> Vec<String>;
    /// Threads of a name.
    fn threads_named(&self, comm: &str) -> Vec<&Thread>;
}

impl Questions for Profile {
    fn call(&self, name: &str) -> Option<&Syscall> {
        self.calls().iter().find(|c| c.abi == Abi::Native && c.name == name)
    }

    fn calls(&self) -> &[Syscall] {
        &self.syscalls.value().expect("this tier has system calls").calls
    }

    fn blocked_for(&self, reason: &str) -> (u64, u64) {
        let rows = self.blocked.value().expect("this tier has reasons").iter().filter(|b| b.reason() == reason);
        rows.fold((0, 0), |sum, b| (sum.0 + b.blocked_ns, sum.1 + b.intervals))
    }

    fn doubts(&self) -> Vec<String> {
        let mut doubts: Vec<String> = self.checks.iter().filter(|c| !c.agrees()).map(describe).collect();
        // Switches and wake-ups that the kernel did not show, though they are counted: some guests hide what happens while
        // a thread of their own agent is current. Every count is right in spite of them.
        let shown = Losses { switches_unseen: 0, wakeups_unseen: 0, ..self.losses };
        if !shown.none() {
            doubts.push(format!("{shown:?}"));
        }
        doubts
    }

    fn threads_named(&self, comm: &str) -> Vec<&Thread> {
        self.threads.iter().filter(|t| t.comm == comm).collect()
    }
}

fn describe(check: &Check) -> String {
    let Check { what, ours, theirs, source, tolerance, .. } = check;
    format!("{what}: {ours}, but {source} {theirs} (tolerated: {tolerance})")
}

/// Asserts that every nanosecond of the tree, of each process, each program and each thread has its row: what is
/// unaccounted is under 0.1 % of the lifetime, and no row overlaps another.
#[track_caller]
pub fn assert_accounted(profile: &Profile) {
    assert_row(&profile.total, "the whole tree");
    profile.processes.iter().for_each(|p| assert_row(&p.ledger, &format!("process {} {}", p.comm, p.tgid)));
    profile.programs.iter().for_each(|p| assert_row(&p.ledger, &format!("program {}", p.comm)));
    profile.threads.iter().for_each(|t| assert_row(&t.ledger, &format!("thread {} {}", t.comm, t.tid)));
}

#[track_caller]
fn assert_row(ledger: &Ledger, whose: &str) {
    let lifetime = ledger.lifetime_ns.get().expect("a lifetime");
    let unaccounted = *ledger.unaccounted_ns().value().expect("all rows are there");
    let share = unaccounted.unsigned_abs() as f64 / lifetime.max(1) as f64;
    assert!(share < 0.001, "{whose}: {unaccounted} ns of {lifetime} unaccounted ({:.3} %): {ledger:#?}", share * 100.0);
}

/// Asserts that all sources agree and nothing was lost.
#[track_caller]
pub fn assert_sound(profile: &Profile) {
    assert_eq!(profile.doubts(), Vec::<String>::new());
    assert_eq!(profile.window.partial, None);
}

/// Asserts that `a` is within `share` (0.01 = 1 %) of `b`, or within `slack` of it.
#[track_caller]
pub fn assert_close(what: &str, a: u64, b: u64, share: f64, slack: u64) {
    let allowed = (b as f64 * share) as u64 + slack;
    assert!(a.abs_diff(b) <= allowed, "{what}: {a} against {b}, {:+.2} %", (a as f64 / b as f64 - 1.0) * 100.0);
}

/// Waits until `condition` holds.
#[track_caller]
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + GENEROUS;
    while !condition() {
        assert!(Instant::now() < deadline, "{what}: not within {GENEROUS:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until `find` finds something.
#[track_caller]
pub fn until_some<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let mut found = None;
    until(what, || {
        found = find();
        found.is_some()
    });
    found.unwrap()
}

/// A child that is killed and reaped when the test ends, however it ends.
pub struct Child(pub std::process::Child);

impl Child {
    /// Starts a command.
    pub fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it has ended.
    pub fn ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The one-letter state of a process, None if there is none.
pub fn state_of(pid: u32) -> Option<char> {
    let text = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let after = text.iter().rposition(|b| *b == b')')?;
    text.get(after + 2).map(|b| char::from(*b))
}

/// Sends a signal.
pub fn signal(pid: u32, signal: nix::sys::signal::Signal) {
    let pid = nix::unistd::Pid::from_raw(pid.try_into().unwrap());
    nix::sys::signal::kill(pid, signal).unwrap();
}

/// The root of the repository.
pub fn root_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
