//! The programs that run now: how many have one process, how many processes have more than one thread.

use crate::descriptor::Workload;
use crate::failure::ensure;
use crate::{Arguments, Failure, Outcome, Stage};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "census",
    concept: "how many processes a program has, and how many threads a process, on this machine now",
    unit: "process seen",
    parameters: &[],
    exercises: &["syscall:openat", "syscall:getdents64"],
    needs: &[],
    run,
};

/// They run one process for each window or script of their user, which says nothing about a program's design.
const SHELLS: &[&str] =
    &["sh", "bash", "dash", "zsh", "fish", "ksh", "busybox", "tmux", "screen", "login", "su", "sudo"];
/// PF_KTHREAD in /proc/PID/stat.
const KERNEL_THREAD: u64 = 0x0020_0000;

#[derive(Debug, PartialEq, Eq)]
struct Stat {
    comm: String,
    parent: u32,
    flags: u64,
    threads: u64,
}

/// Fields 2, 4, 9 and 20 of /proc/PID/stat. The name is in brackets and may hold brackets and spaces itself.
fn parse_stat(text: &str) -> Option<Stat> {
    let (head, tail) = text.rsplit_once(") ")?;
    let (_, comm) = head.split_once(" (")?;
    let fields: Vec<&str> = tail.split_whitespace().collect();
    Some(Stat {
        comm: comm.into(),
        parent: fields.get(1)?.parse().ok()?,
        flags: fields.get(6)?.parse().ok()?,
        threads: fields.get(17)?.parse().ok()?,
    })
}

fn processes() -> Result<BTreeMap<u32, Stat>, Failure> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").map_err(Failure::of("read /proc"))?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // A process may end between the listing and this reading; then it is not there any more.
        let Ok(text) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        if let Some(stat) = parse_stat(&text) {
            found.insert(pid, stat);
        }
    }
    Ok(found)
}

/// This process and all above it: the terminal, the shell and osmeter itself are there because of the question.
fn lineage(all: &BTreeMap<u32, Stat>) -> BTreeSet<u32> {
    let mut line = BTreeSet::new();
    let mut pid = std::process::id();
    while pid > 1 && line.insert(pid) {
        pid = all.get(&pid).map_or(0, |stat| stat.parent);
    }
    line
}

fn run(_: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    stage.begin();
    let all = processes()?;
    stage.end();
    let own = lineage(&all);
    ensure(all.contains_key(&std::process::id()), || "/proc does not list this process".into())?;
    let mut programs: BTreeMap<String, u64> = BTreeMap::new();
    let (mut counted, mut threaded) = (0u64, 0u64);
    for (pid, stat) in &all {
        if stat.flags & KERNEL_THREAD != 0 || own.contains(pid) || SHELLS.contains(&stat.comm.as_str()) {
            continue;
        }
        // Without the right to read the link, the name must do.
        let program = std::fs::read_link(format!("/proc/{pid}/exe")).map(|path| path.display().to_string());
        *programs.entry(program.unwrap_or_else(|_| stat.comm.clone())).or_default() += 1;
        counted += 1;
        threaded += u64::from(stat.threads > 1);
    }
    let single = programs.values().filter(|count| **count == 1).count();
    Ok(stage
        .outcome(all.len() as u64)
        .measure("processes", counted as f64)
        .measure("processes_threaded", threaded as f64)
        .measure("programs", programs.len() as f64)
        .measure("programs_with_one_process", single as f64)
        .verified("the listing holds this process; kernel threads, shells and this process's own line are left out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let line = "42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 100 200";
        let stat = parse_stat(line).expect("a stat line");
        assert_eq!(stat, Stat { comm: "a) b (c".into(), parent: 7, flags: 4_194_560, threads: 3 });
        assert_eq!(parse_stat("42 (short) S 1"), None);
    }
}
