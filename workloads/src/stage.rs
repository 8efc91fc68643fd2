//! The stage of one run: the gate before the measured window, the marks around it, the clocks inside them.
//!
//! Owns the control descriptor and the protocol on it. Does not own what a workload does between the marks.

use crate::descriptor::Workload;
use crate::os::{clock, cpus, limits};
use crate::{ArgumentError, Arguments, Failure, Outcome};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};

/// The number of the marking system call. No table has it, so the kernel answers ENOSYS at once; whoever listens to
/// `sys_enter` sees `syscall(MARK_SYSCALL, 1)` where the measured window opens and `syscall(MARK_SYSCALL, 2)` where it
/// closes.
pub const MARK_SYSCALL: i64 = 28531;

/// Exit status of a workload that cannot run on this machine or for this user (`EX_UNAVAILABLE`).
pub const EXIT_UNAVAILABLE: i32 = 69;
/// Exit status of a workload with a bad name or argument (`EX_USAGE`).
pub const EXIT_USAGE: i32 = 64;

fn mark(which: i64) {
    // SAFETY: an unknown system call number takes no pointer and has no effect but ENOSYS.
    unsafe { libc::syscall(MARK_SYSCALL, which) };
}

/// The clocks that are system calls, read outside the marks.
#[derive(Debug, Clone, Copy, Default)]
struct CpuClocks {
    process: u64,
    children: u64,
    thread: u64,
}

impl CpuClocks {
    fn now() -> Self {
        CpuClocks { process: clock::process_cpu(), children: clock::children_cpu(), thread: clock::thread_cpu() }
    }
}

/// One run between its gate and its last line.
#[derive(Debug)]
pub struct Stage {
    control: Option<File>,
    cpus: Option<Vec<usize>>,
    at_begin: Option<(CpuClocks, u64)>,
    window: Option<Window>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    elapsed: u64,
    cpu: u64,
    thread_cpu: u64,
}

impl Stage {
    fn new(control: Option<File>, cpus: Option<Vec<usize>>) -> Self {
        Stage { control, cpus, at_begin: None, window: None }
    }

    /// Waits at the gate, then opens the measured window. Everything that only prepares comes before this call.
    ///
    /// When the parent is gone the process ends here, without a word; its children die with it.
    pub fn begin(&mut self) {
        if let Some(control) = &mut self.control {
            let mut byte = [0u8];
            let open = control.write_all(b"ready\n").and_then(|()| control.read_exact(&mut byte));
            if open.is_err() {
                std::process::exit(0);
            }
        }
        let cpu = CpuClocks::now();
        mark(1);
        self.at_begin = Some((cpu, clock::monotonic()));
    }

    /// Closes the measured window.
    pub fn end(&mut self) {
        let now = clock::monotonic();
        mark(2);
        let cpu = CpuClocks::now();
        let (before, start) = self.at_begin.expect("Stage::end without Stage::begin");
        self.window = Some(Window {
            elapsed: now - start,
            cpu: (cpu.process - before.process) + (cpu.children - before.children),
            thread_cpu: cpu.thread.saturating_sub(before.thread),
        });
    }

    /// Wall time of the closed window, in ns.
    pub fn elapsed(&self) -> u64 {
        self.window.expect("Stage::elapsed before Stage::end").elapsed
    }

    /// The outcome of the closed window, to be filled in. `thread_cpu_ns`, the CPU time of the thread that made both
    /// marks, is among the measures.
    pub fn outcome(&self, operations: u64) -> Outcome {
        let window = self.window.expect("Stage::outcome before Stage::end");
        Outcome {
            operations,
            elapsed_ns: window.elapsed,
            cpu_ns: window.cpu,
            expected: Vec::new(),
            measures: BTreeMap::from([("thread_cpu_ns".to_string(), window.thread_cpu as f64)]),
            notes: BTreeMap::new(),
            samples: None,
            verified: false,
            verification: String::new(),
        }
    }

    /// Pins the calling thread to the CPU of worker `index`, where CPUs were asked for. Workers are dealt out over the
    /// list in turn.
    pub fn pin_worker(&self, index: usize) -> Result<(), Failure> {
        pin_dealt(self.cpus.as_deref(), index)
    }

    /// The CPUs asked for, to hand to a worker thread.
    pub fn cpus(&self) -> Option<Vec<usize>> {
        self.cpus.clone()
    }
}

/// Pins the calling thread to the `index`-th of the CPUs in turn, if there are any.
pub(crate) fn pin_dealt(list: Option<&[usize]>, index: usize) -> Result<(), Failure> {
    match list {
        Some(list) if !list.is_empty() => cpus::pin(&[list[index % list.len()]]),
        _ => Ok(()),
    }
}

/// Runs a workload in this process, which must be fresh and single-threaded, and returns the exit status.
///
/// `control` is one end of a socket pair: the workload writes `ready\n` on it, waits for one byte, and at the end
/// writes the [`Outcome`] as one line of JSON. In place of either line it may write `failed: …` or `unavailable: …`.
/// Without `control` there is no gate, and the outcome goes to stdout. The process dies when the *thread* that started
/// it does (`PR_SET_PDEATHSIG`), so start it from one that outlives it.
pub fn execute(name: &str, given: &[String], control: Option<RawFd>) -> i32 {
    let mut reply = control.map(|fd| {
        // SAFETY: the caller hands over an open descriptor that nothing else in this process uses.
        unsafe { File::from_raw_fd(fd) }
    });
    let end = |reply: &mut Option<File>, word: &str, message: String, status: i32| {
        eprintln!("osmeter: workload {name}: {message}");
        if let Some(reply) = reply {
            // The parent may be gone, and then nobody is left to be told.
            let _ = writeln!(reply, "{word}: {}", message.replace('\n', " "));
        }
        status
    };
    let found = crate::find(name).or_else(|| crate::hidden().iter().copied().find(|w| w.name == name));
    let Some(workload) = found else {
        return end(&mut reply, "failed", crate::unknown(name).to_string(), EXIT_USAGE);
    };
    let arguments = match Arguments::parse(workload, given) {
        Ok(arguments) => arguments,
        Err(e) => return end(&mut reply, "failed", e.to_string(), EXIT_USAGE),
    };
    match perform(workload, &arguments, &mut reply) {
        Ok(()) => 0,
        Err(e @ Failure::Unavailable { .. }) => end(&mut reply, "unavailable", e.to_string(), EXIT_UNAVAILABLE),
        Err(e) => end(&mut reply, "failed", e.to_string(), 1),
    }
}

fn perform(workload: &Workload, arguments: &Arguments, reply: &mut Option<File>) -> Result<(), Failure> {
    limits::arm(arguments.duration("limit"))?;
    let control = match reply {
        Some(file) => {
            limits::close_on_exec(file.as_raw_fd())?;
            Some(file.try_clone().map_err(Failure::of("duplicate the control descriptor"))?)
        }
        None => None,
    };
    if let Some(list) = arguments.cpus() {
        cpus::pin(list)?;
    }
    let mut stage = Stage::new(control, arguments.cpus().map(<[usize]>::to_vec));
    let outcome = (workload.run)(arguments, &mut stage)?;
    let mut line = serde_json::to_string(&outcome).map_err(Failure::of("write the outcome as JSON"))?;
    line.push('\n');
    match reply {
        Some(file) => file.write_all(line.as_bytes()),
        None => std::io::stdout().write_all(line.as_bytes()),
    }
    .map_err(Failure::of("report the outcome"))
}

/// The error for a name that no workload has.
pub(crate) fn unknown_workload(name: &str) -> ArgumentError {
    let near = crate::arguments::near(name, crate::all().iter().map(|w| w.name));
    ArgumentError::UnknownWorkload { name: name.into(), near }
}
