//! Memory of the command's tree, sampled from /proc while it runs.
//!
//! The peak of one process is the kernel's own (`ru_maxrss`); the peak of a sum over processes no counter holds, so a thread
//! of osmeter looks at the live tree every so often. Fed by /proc/PID/stat (RSS, start time), /proc/PID/task/*/children and,
//! for PSS, /proc/PID/smaps_rollup. What lives and dies between two looks is not seen: the reading says how often it looked.

use crate::model::{Reading, TreeMemory};
use crate::sys::page::clock_ns;
use crate::sys::perf::page_size;
use std::collections::HashMap;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Resident set size: cheap, and counts a shared page in every process that maps it.
    Rss,
    /// Proportional set size: counts a shared page once. The kernel walks each process's page tables for it, holding the lock
    /// that its page faults need.
    Pss,
}

/// Looking takes at most one part in this many of a CPU's time.
const COST_LIMIT: u32 = 200;
/// The shortest time between two looks.
const SHORTEST: Duration = Duration::from_millis(1);
/// A time between two looks that is short enough for a command of any length.
const USUAL: Duration = Duration::from_millis(10);

/// Samples until it is told to stop.
#[derive(Debug)]
pub struct TreeSampler {
    stop: Sender<()>,
    thread: JoinHandle<Samples>,
}

/// What was seen.
#[derive(Debug, Clone, Copy, Default)]
struct Samples {
    peak_bytes: u64,
    count: u64,
    first_to_last: Duration,
}

impl TreeSampler {
    /// Starts to sample the tree under `root`, which must have executed its command: before, it has osmeter's own memory.
    pub fn start(root: u32, kind: Kind) -> std::io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::Builder::new().name("memory".into()).spawn(move || {
            let mut tree = Tree::new(root, kind);
            let mut samples = Samples::default();
            let start = Instant::now();
            loop {
                let before = clock_ns(libc::CLOCK_THREAD_CPUTIME_ID);
                let sum = tree.sum();
                if sum == 0 {
                    return samples; // nothing of it is left
                }
                samples.peak_bytes = samples.peak_bytes.max(sum);
                samples.count += 1;
                samples.first_to_last = start.elapsed();
                let cost = Duration::from_nanos(clock_ns(libc::CLOCK_THREAD_CPUTIME_ID) - before);
                match stopped.recv_timeout(pause(cost, start.elapsed())) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => return samples,
                }
            }
        })?;
        Ok(Self { stop, thread })
    }

    /// Stops, and says what the largest sum was.
    pub fn finish(self, kind: Kind) -> Reading<TreeMemory> {
        let _ = self.stop.send(()); // it may have stopped by itself, with the tree
        match self.thread.join() {
            Ok(samples) => samples.reading(kind),
            Err(_) => Reading::missing("the sampler failed"),
        }
    }
}

impl Samples {
    fn reading(self, kind: Kind) -> Reading<TreeMemory> {
        if self.count == 0 {
            return Reading::missing("it ended before it could be looked at");
        }
        let between = u32::try_from(self.count - 1).unwrap_or(u32::MAX);
        let period = self.first_to_last.checked_div(between).unwrap_or_default();
        Reading::Exact(TreeMemory {
            peak_bytes: self.peak_bytes,
            kind: if kind == Kind::Rss { "RSS" } else { "PSS" }.into(),
            samples: self.count,
            period_ns: u64::try_from(period.as_nanos()).unwrap_or(u64::MAX),
        })
    }
}

/// How long to wait after a look that took `cost` of CPU time: short at first, because a short command ends soon.
fn pause(cost: Duration, elapsed: Duration) -> Duration {
    (elapsed / 20).clamp(SHORTEST, USUAL).max(cost * COST_LIMIT)
}

/// The processes seen so far that were not seen to end.
#[derive(Debug)]
struct Tree {
    root: u32,
    kind: Kind,
    page: u64,
    /// By id, with the start time that tells a process from a later one of the same id. A process once seen in the tree stays
    /// in it when its parent ends: a daemon's children are the first process's then.
    known: HashMap<u32, u64>,
}

/// What /proc/PID/stat says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    parent: u32,
    start: u64,
    rss_pages: u64,
}

impl Tree {
    fn new(root: u32, kind: Kind) -> Self {
        Self { root, kind, page: page_size() as u64, known: HashMap::new() }
    }

    /// The sum over the live tree, in bytes.
    fn sum(&mut self) -> u64 {
        let mut to_visit: Vec<u32> = self.known.keys().copied().chain([self.root]).collect();
        let before = std::mem::take(&mut self.known);
        let mut sum = 0;
        while let Some(tgid) = to_visit.pop() {
            if self.known.contains_key(&tgid) {
                continue;
            }
            let Some(stat) = stat(tgid) else { continue };
            if before.get(&tgid).is_some_and(|start| *start != stat.start) {
                continue; // the id is another's now
            }
            self.known.insert(tgid, stat.start);
            sum += self.size(tgid, stat);
            to_visit.extend(children(tgid));
        }
        sum
    }

    fn size(&self, tgid: u32, stat: Stat) -> u64 {
        let pss = || pss_bytes(&std::fs::read_to_string(format!("/proc/{tgid}/smaps_rollup")).ok()?);
        match self.kind {
            Kind::Rss => None,
            Kind::Pss => pss(),
        }
        .unwrap_or(stat.rss_pages * self.page)
    }
}

fn stat(tgid: u32) -> Option<Stat> {
    parse_stat(&std::fs::read_to_string(format!("/proc/{tgid}/stat")).ok()?)
}

/// proc_pid_stat(5). The name in parentheses may hold anything, closing parentheses and newlines too.
fn parse_stat(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text[text.rfind(')')? + 1..].split_ascii_whitespace().collect();
    // fields[0] is the third field, the state
    let number = |n: usize| fields.get(n - 3)?.parse::<u64>().ok();
    if matches!(*fields.first()?, "Z" | "X") {
        return None;
    }
    Some(Stat { parent: u32::try_from(number(4)?).ok()?, start: number(22)?, rss_pages: number(24)? })
}

/// Children of every thread. A kernel without CONFIG_PROC_CHILDREN has no such file; then every process is asked for its
/// parent.
fn children(tgid: u32) -> Vec<u32> {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{tgid}/task")) else { return Vec::new() };
    let mut found = Vec::new();
    for task in tasks.flatten() {
        match std::fs::read_to_string(task.path().join("children")) {
            Ok(list) => found.extend(list.split_ascii_whitespace().filter_map(|id| id.parse::<u32>().ok())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && task.path().exists() => {
                return children_by_parent(tgid);
            }
            Err(_) => {}
        }
    }
    found
}

fn children_by_parent(tgid: u32) -> Vec<u32> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let ids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| stat(*id).is_some_and(|stat| stat.parent == tgid)).collect()
}

fn pss_bytes(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let rest = "S 7 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 4242 1000000 99 18446744073709551615";
        let expected = Some(Stat { parent: 7, start: 4242, rss_pages: 99 });
        for name in ["sh", "a) S 1 (b", "x y\nz)"] {
            assert_eq!(parse_stat(&format!("12 ({name}) {rest}")), expected, "{name}");
        }
        assert_eq!(parse_stat(&format!("12 (sh) {}", rest.replace('S', "Z"))), None);
        assert_eq!(parse_stat("12 (sh) S 7"), None);
        assert_eq!(parse_stat(""), None);
    }

    #[test]
    fn pss_is_read_in_bytes() {
        assert_eq!(pss_bytes("55-ff ---p 00 [rollup]\nRss:  20 kB\nPss:     12 kB\nPss_Anon: 4 kB\n"), Some(12288));
        assert_eq!(pss_bytes("Rss: 20 kB\n"), None);
    }

    #[test]
    fn looking_costs_at_most_its_share_of_the_time() {
        for cost_us in [1, 50, 500, 100_000] {
            for elapsed_ms in [0, 5, 1000] {
                let cost = Duration::from_micros(cost_us);
                assert!(pause(cost, Duration::from_millis(elapsed_ms)) >= cost * COST_LIMIT);
            }
        }
        assert_eq!(pause(Duration::ZERO, Duration::ZERO), SHORTEST);
        assert_eq!(pause(Duration::ZERO, Duration::from_secs(100)), USUAL);
    }

    /// A shell that starts another shell in its background, says so, and waits to be told to end.
    fn family() -> (std::process::Child, u32) {
        let script = "exec 3<&0; sh -c 'echo $$; read x <&3' & wait";
        let mut child =
            Command::new("sh").args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut byte = [0];
        while child.stdout.as_mut().unwrap().read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
            line.push(char::from(byte[0]));
        }
        (child, line.parse().unwrap())
    }

    #[test]
    fn the_tree_holds_children_and_outlives_none_of_them() {
        let (mut child, grandchild) = family();
        let alone = stat(child.id()).unwrap().rss_pages * page_size() as u64;
        assert_eq!(children(child.id()), [grandchild]);
        assert!(children_by_parent(child.id()).contains(&grandchild));
        for kind in [Kind::Rss, Kind::Pss] {
            let mut tree = Tree::new(child.id(), kind);
            assert!(tree.sum() > if kind == Kind::Rss { alone } else { 0 });
            assert_eq!(tree.known.len(), 2);
        }
        let mut tree = Tree::new(child.id(), Kind::Rss);
        tree.sum();
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
        child.wait().unwrap();
        assert_eq!(tree.sum(), 0);
    }

    #[test]
    fn the_peak_is_what_the_largest_sum_was() {
        let script = "head -c 64000000 /dev/zero | tail -c 64000000 | sleep 600";
        let mut child =
            Command::new("sh").args(["-c", script]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let sampler = TreeSampler::start(child.id(), Kind::Rss).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut tree = Tree::new(child.id(), Kind::Rss);
        // tail holds 64 MB before it writes to a pipe that nobody reads.
        let mut seen = 0;
        while seen < 64_000_000 && Instant::now() < deadline {
            seen = tree.sum();
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(50));
        for tgid in tree.known.keys().filter(|tgid| **tgid != child.id()) {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(tgid.cast_signed()), nix::sys::signal::SIGKILL);
        }
        child.wait().unwrap();
        let reading = sampler.finish(Kind::Rss);
        let memory = reading.value().expect("sampled");
        assert!(memory.peak_bytes >= 64_000_000 && memory.samples > 1 && memory.period_ns > 0, "{memory:?} {seen}");
    }

    #[test]
    fn a_command_that_is_gone_was_not_sampled() {
        let mut child = Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let sampler = TreeSampler::start(child.id(), Kind::Rss).unwrap();
        assert!(sampler.finish(Kind::Rss).is_missing());
    }
}
