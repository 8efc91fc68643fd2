//! How much CPU time other tasks used: every task's own account in `/proc/*/task/*/schedstat` (ns on a CPU), less ours.
//!
//! A task that began and ended between two looks is in nobody's schedstat, so `/proc/stat` is asked as well. It counts
//! ticks, so only what exceeds a few of them per CPU is believed. Stolen time is in neither: a hypervisor that runs
//! somebody else does not show here, but it does in an arm that differs from itself.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::collections::HashMap;
use std::path::Path;

/// Ticks per CPU within which `/proc/stat` may be wrong over one round: one at each end.
const TICKS_IN_DOUBT: u64 = 2;

/// A look at all tasks.
#[derive(Debug, Clone)]
pub struct Others {
    tasks: HashMap<u32, u64>,
    busy: Option<Busy>,
    own_ns: u64,
}

#[derive(Debug, Clone, Copy)]
struct Busy {
    ns: u64,
    tick_ns: u64,
    cpus: u64,
}

impl Others {
    /// A look now. None if /proc does not tell.
    pub fn now() -> Option<Self> {
        let tasks = tasks(Path::new("/proc"), std::process::id())?;
        Some(Self { tasks, busy: busy(), own_ns: own()? })
    }

    /// CPU time of other tasks since this look, in ns.
    pub fn since(self) -> Option<u64> {
        let after = Self::now()?;
        let living = living(&self.tasks, &after.tasks);
        let short_lived = self.busy.zip(after.busy).map_or(0, |(before, now)| {
            let own = after.own_ns.saturating_sub(self.own_ns);
            (now.ns - before.ns.min(now.ns)).saturating_sub(own).saturating_sub(TICKS_IN_DOUBT * now.cpus * now.tick_ns)
        });
        Some(living.max(short_lived))
    }
}

/// What the tasks alive at the end used. One that was not there before began meanwhile: all of it counts.
fn living(before: &HashMap<u32, u64>, after: &HashMap<u32, u64>) -> u64 {
    let used = |(tid, ns): (&u32, &u64)| ns.saturating_sub(before.get(tid).copied().unwrap_or(0));
    after.iter().map(used).sum()
}

/// Time on a CPU of each task but ours, by tid.
fn tasks(proc: &Path, own: u32) -> Option<HashMap<u32, u64>> {
    let mut tasks = HashMap::new();
    for process in numbered(proc)? {
        if process == own {
            continue;
        }
        // A process that ends while it is looked at is no error.
        for task in numbered(&proc.join(process.to_string()).join("task")).unwrap_or_default() {
            let file = proc.join(format!("{process}/task/{task}/schedstat"));
            let text = std::fs::read_to_string(file).unwrap_or_default();
            if let Some(ns) = text.split_whitespace().next().and_then(|ns| ns.parse().ok()) {
                tasks.insert(task, ns);
            }
        }
    }
    (!tasks.is_empty()).then_some(tasks)
}

fn numbered(folder: &Path) -> Option<Vec<u32>> {
    let entries = std::fs::read_dir(folder).ok()?;
    Some(entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
}

fn busy() -> Option<Busy> {
    let text = std::fs::read_to_string("/proc/stat").ok()?;
    let hertz = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok()??;
    let tick_ns = 1_000_000_000 / u64::try_from(hertz).ok().filter(|hz| *hz > 0)?;
    let cpus = text.lines().filter(|line| line.starts_with("cpu")).count().saturating_sub(1) as u64;
    Some(Busy { ns: busy_ticks(&text)? * tick_ns, tick_ns, cpus })
}

/// User, nice, system, irq and softirq ticks of all CPUs.
fn busy_ticks(stat: &str) -> Option<u64> {
    let line = stat.lines().find(|line| line.starts_with("cpu "))?;
    let ticks: Vec<u64> = line.split_whitespace().skip(1).map_while(|field| field.parse().ok()).collect();
    let at = |i: usize| ticks.get(i).copied();
    Some(at(0)? + at(1)? + at(2)? + at(5)? + at(6)?)
}

/// CPU time of this process and of its children that have been waited for, in ns.
fn own() -> Option<u64> {
    let mut sum = 0;
    for who in [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN] {
        let usage = getrusage(who).ok()?;
        sum += u64::try_from(usage.user_time().num_nanoseconds() + usage.system_time().num_nanoseconds()).ok()?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_summed_without_idle_and_guests() {
        assert_eq!(busy_ticks("cpu  1 2 4 800 900 16 32 64 0 0\ncpu0 9 9 9\n"), Some(55));
        assert_eq!(busy_ticks("intr 0"), None);
    }

    #[test]
    fn a_task_that_began_meanwhile_counts_whole_and_one_that_ended_not() {
        let before = HashMap::from([(1, 100), (2, 50)]);
        let after = HashMap::from([(1, 130), (3, 7)]);
        assert_eq!(living(&before, &after), 37);
    }

    #[test]
    fn another_process_at_work_is_seen() {
        let before = Others::now().expect("/proc tells of other tasks");
        let mut child = std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn().expect("sh runs");
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        let mut seen = 0;
        while seen < 20_000_000 && std::time::Instant::now() < deadline {
            std::thread::sleep(std::time::Duration::from_millis(10));
            seen = before.clone().since().expect("/proc tells of other tasks");
        }
        child.kill().expect("the child can be ended");
        child.wait().expect("the child can be waited for");
        assert!(seen >= 20_000_000, "{seen} ns");
    }
}
