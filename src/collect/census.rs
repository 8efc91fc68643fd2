//! A census: every program that runs on this machine now, with its processes and threads, from /proc by sysinfo.
//!
//! Left out are kernel threads, shells (one runs for each terminal, which says nothing of how programs are built), and
//! osmeter with the processes it started.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

const SHELLS: [&str; 8] = ["sh", "bash", "dash", "zsh", "fish", "ksh", "ash", "busybox"];

/// One process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Its executable, or its name where the executable may not be read.
    pub program: PathBuf,
    /// How many threads it has.
    pub threads: usize,
}

/// What a census found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    /// Programs.
    pub programs: u64,
    /// Of these, those with one process.
    pub programs_with_one_process: u64,
    /// Processes.
    pub processes: u64,
    /// Of these, those with more than one thread.
    pub processes_with_threads: u64,
    /// The programs with the most processes: name, processes.
    pub largest: Vec<(String, u64)>,
}

/// Looks at every process now. None where there is no /proc to look at.
pub fn census() -> Option<Census> {
    let Ok(mut system) = System::new() else { return None };
    let what = ProcessRefreshKind::nothing()
        .with_exe(UpdateKind::Always)
        .with_cmd(UpdateKind::Always)
        .with_memory()
        .with_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    let own = Pid::from_u32(std::process::id());
    let counted = system.processes().values().filter_map(|process| {
        // sysinfo lists threads as processes too. A kernel thread has no memory and no arguments.
        let thread = process.thread_kind().is_some();
        let kernel = process.memory() == 0 && process.cmd().is_empty();
        let ours = process.pid() == own || process.parent() == Some(own);
        if thread || kernel || ours {
            return None;
        }
        let program = process.exe().map_or_else(|| PathBuf::from(process.name()), Path::to_path_buf);
        // The leader is a task as well, but sysinfo leaves it out.
        let threads = process.tasks().map_or(1, |tasks| tasks.iter().filter(|tid| **tid != process.pid()).count() + 1);
        Some(Counted { program, threads })
    });
    Some(sum(counted))
}

/// Sums processes by program.
pub fn sum(processes: impl IntoIterator<Item = Counted>) -> Census {
    let shells: HashSet<&str> = SHELLS.into_iter().collect();
    let mut census = Census::default();
    let mut by_program: BTreeMap<PathBuf, u64> = BTreeMap::new();
    for process in processes {
        let name = process.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if shells.contains(name.as_str()) {
            continue;
        }
        *by_program.entry(process.program).or_default() += 1;
        census.processes += 1;
        census.processes_with_threads += u64::from(process.threads > 1);
    }
    census.programs = by_program.len() as u64;
    census.programs_with_one_process = by_program.values().filter(|n| **n == 1).count() as u64;
    let mut largest: Vec<(String, u64)> = by_program
        .into_iter()
        .map(|(program, n)| (program.file_name().unwrap_or_default().to_string_lossy().into_owned(), n))
        .collect();
    largest.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    largest.truncate(5);
    census.largest = largest;
    census
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(program: &str, threads: usize) -> Counted {
        Counted { program: program.into(), threads }
    }

    #[test]
    fn programs_are_told_apart_by_executable_and_shells_left_out() {
        let census = sum([
            process("/usr/sbin/nginx", 1),
            process("/usr/sbin/nginx", 1),
            process("/opt/nginx", 4),
            process("/bin/bash", 1),
            process("postgres", 1),
        ]);
        assert_eq!((census.programs, census.programs_with_one_process), (3, 2));
        assert_eq!((census.processes, census.processes_with_threads), (4, 1));
        assert_eq!(census.largest[0], ("nginx".to_string(), 2));
    }

    #[test]
    fn a_process_with_threads_is_counted_once_and_a_parent_other_than_us_counts() {
        let before = census().expect("a /proc");
        // A process of another program with a known number of threads, whose parent is not this process.
        let script = "import threading,time,sys\nfor i in range(3): threading.Thread(target=time.sleep,args=(60,),daemon=True).start()\nprint('up',flush=True)\ntime.sleep(60)";
        let python = std::process::Command::new("sh")
            .args(["-c", "python3 -c \"$0\" & echo $!; wait", script])
            .stdout(std::process::Stdio::piped())
            .spawn();
        let Ok(mut shell) = python else {
            assert!(std::env::var_os("CI").is_none(), "sh is needed");
            println!("skipped: no sh");
            return;
        };
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(shell.stdout.take().expect("piped")));
        let pid: i32 = lines.next().expect("a line").expect("text").parse().expect("a pid");
        let up = lines.next().is_some_and(|line| line.is_ok_and(|line| line == "up"));
        let after = census().expect("a /proc");
        // It may have ended already if there is no python3.
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        shell.wait().expect("the shell can be waited for");
        if !up {
            assert!(std::env::var_os("CI").is_none() && std::env::var_os("OSMETER_REQUIRE_ALL").is_none());
            println!("skipped: no python3");
            return;
        }
        // Others may come and go meanwhile; the new program with its threads is there.
        assert!(after.processes > 0 && after.processes_with_threads > 0, "{before:?} {after:?}");
        assert!(after.largest.len() <= 5 && after.programs >= after.programs_with_one_process);
    }
}
