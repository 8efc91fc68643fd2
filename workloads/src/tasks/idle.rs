//! K idle workers, as threads, forked or exec'd processes: what memory each adds.
//!
//! PSS divides a shared page among its users; RSS counts it for each, which makes a fork look as large as its parent.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::Child;
use crate::os::futex::Gate;
use crate::os::limits;
use crate::os::memory::{HugePages, Resident, shared_futexes};
use crate::{Arguments, Failure, Outcome, Stage};
use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "idle",
    concept: "memory that a worker adds by existing: a thread a stack, a fork its page tables too, an exec everything",
    unit: "worker",
    parameters: &[
        Parameter {
            name: "kind",
            default: "thread",
            kind: Kind::Choice(&["thread", "fork", "exec"]),
            help: "what the workers are; exec runs this program again",
        },
        Parameter { name: "workers", default: "16", kind: Kind::Integer { min: 1, max: 256 }, help: "how many" },
        Parameter {
            name: "rss",
            default: "10M",
            kind: Kind::Bytes { min: 0, max: 2 << 30 },
            help: "resident memory of the parent",
        },
        Parameter {
            name: "touch",
            default: "0",
            kind: Kind::Bytes { min: 0, max: 16 << 20 },
            help: "bytes that each worker writes for itself",
        },
    ],
    exercises: &["tasks:threads", "tasks:processes", "faults:minor"],
    needs: &[],
    run,
};

/// An exec'd worker of `idle`: says that it is up, then waits for its parent's end.
pub(crate) static STANDBY: Workload = Workload {
    name: "standby",
    concept: "an idle worker",
    unit: "worker",
    parameters: WORKLOAD.parameters,
    exercises: &[],
    needs: &[],
    run: standby,
};

/// Memory of a set of processes, in bytes.
#[derive(Debug, Default, Clone, Copy)]
struct Footprint {
    pss: u64,
    rss: u64,
    page_tables: u64,
}

/// The sizes in `smaps_rollup`, in bytes. The kernel makes no such file for a process without memory.
pub(crate) fn rollup(pid: &str) -> Option<BTreeMap<String, u64>> {
    sizes(&std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?)
}

fn sizes(text: &str) -> Option<BTreeMap<String, u64>> {
    let line = |line: &str| {
        let (name, rest) = line.split_once(':')?;
        Some((name.to_string(), rest.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024))
    };
    Some(text.lines().filter_map(line).collect())
}

fn footprint(pids: &[String]) -> Result<Footprint, Failure> {
    let mut sum = Footprint::default();
    for pid in pids {
        let rollup = rollup(pid).ok_or_else(|| {
            Failure::unavailable(format!("/proc/{pid}/smaps_rollup cannot be read"), "it needs Linux 4.14 with /proc")
        })?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).map_err(Failure::of("read status"))?;
        let status = sizes(&status).unwrap_or_default();
        sum.pss += rollup.get("Pss").copied().unwrap_or(0);
        sum.rss += rollup.get("Rss").copied().unwrap_or(0);
        sum.page_tables += status.get("VmPTE").copied().unwrap_or(0);
    }
    Ok(sum)
}

/// The kernel's stacks, of the whole machine: no file says it by process.
fn kernel_stacks() -> Option<u64> {
    sizes(&std::fs::read_to_string("/proc/meminfo").ok()?)?.get("KernelStack").copied()
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (kind, n, touch) = (arguments.word("kind"), arguments.size("workers"), arguments.size("touch"));
    let memory = Resident::new(arguments.size("rss"), HugePages::No)?;
    let lines = shared_futexes(2)?;
    let (up, leave) = (&lines[0].word, &lines[1].word);
    let idle = move || {
        let own = Resident::new(touch, HugePages::No);
        up.fetch_add(1, std::sync::atomic::Ordering::AcqRel);
        crate::os::futex::wake(up, 1);
        Gate(leave).pass();
        i32::from(own.is_err())
    };
    let own = vec!["self".to_string()];
    let before = footprint(&own)?;
    let stacks_before = kernel_stacks();
    let (mut threads, mut children, mut programs) = (Vec::new(), Vec::new(), Vec::new());
    stage.begin();
    for _ in 0..n {
        match kind {
            "thread" => threads.push(std::thread::spawn(idle)),
            "fork" => children.push(Child::fork(idle)?),
            _ => programs.push(exec_standby(touch)?),
        }
    }
    let mut now = up.load(std::sync::atomic::Ordering::Acquire);
    while (now as usize) < n && kind != "exec" {
        crate::os::futex::wait(up, now);
        now = up.load(std::sync::atomic::Ordering::Acquire);
    }
    stage.end();
    let stacks_after = kernel_stacks();
    let pids = children.iter().map(|c| c.pid().to_string()).chain(programs.iter().map(|p| p.child.id().to_string()));
    let after = footprint(&own.into_iter().chain(pids).collect::<Vec<_>>())?;
    Gate(leave).open();
    for thread in threads {
        ensure(thread.join().is_ok_and(|status| status == 0), || "an idle thread failed".into())?;
    }
    for child in &mut children {
        child.succeed("an idle process")?;
    }
    drop(programs);
    ensure(memory.intact(), || "the parent's memory changed".into())?;
    let per_worker = |after: u64, before: u64| (after as f64 - before as f64) / n as f64;
    let mut outcome = stage
        .outcome(n as u64)
        .measure("pss_per_worker_bytes", per_worker(after.pss, before.pss))
        .measure("rss_per_worker_bytes", per_worker(after.rss, before.rss))
        .measure("page_tables_per_worker_bytes", per_worker(after.page_tables, before.page_tables))
        .verified(format!("{n} workers were alive and idle while their memory was read"));
    if let (Some(after), Some(before)) = (stacks_after, stacks_before) {
        // Other tasks of the machine come and go meanwhile: an estimate.
        outcome = outcome.measure("kernel_stack_per_worker_bytes", per_worker(after, before));
    }
    let created = if kind == "thread" { "tasks:threads" } else { "tasks:processes" };
    Ok(outcome.at_least(created, n as f64))
}

/// A worker in a process of its own, of the same program; killed when dropped.
struct Standby {
    child: std::process::Child,
}

impl Drop for Standby {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn exec_standby(touch: usize) -> Result<Standby, Failure> {
    let mut command = Command::new("/proc/self/exe");
    // The control descriptor is this process's own: it is closed in the standby, or something else by then.
    command.env_remove("OSMETER_CONTROL");
    command.args(["__workload", "standby", &format!("touch={touch}")]).stdin(Stdio::null()).stdout(Stdio::piped());
    // SAFETY: prctl is async-signal-safe, all that may run between fork and exec.
    unsafe {
        command.pre_exec(|| {
            limits::die_with_parent();
            Ok(())
        })
    };
    let child = command.spawn().map_err(Failure::of("run this program again"))?;
    let mut standby = Standby { child };
    let mut said = [0u8; 3];
    let out = standby.child.stdout.as_mut().expect("stdout is piped");
    out.read_exact(&mut said).map_err(Failure::of("start an idle worker of this program"))?;
    Ok(standby)
}

fn standby(arguments: &Arguments, _: &mut Stage) -> Result<Outcome, Failure> {
    use std::io::Write;
    let _own = Resident::new(arguments.size("touch"), HugePages::No)?;
    std::io::stdout().write_all(b"up\n").map_err(Failure::of("say that it is up"))?;
    std::io::stdout().flush().map_err(Failure::of("say that it is up"))?;
    loop {
        // SAFETY: pause has no preconditions. A signal ends it.
        unsafe { libc::pause() };
    }
}
