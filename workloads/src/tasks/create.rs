//! Creates and waits for n threads or processes, one after the other, from a parent of chosen size.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::{Child, Ended};
use crate::os::memory::{HugePages, Resident};
use crate::{Arguments, Failure, Outcome, Relation, Stage};
use std::ffi::CString;

pub(crate) static WORKLOAD: Workload = Workload {
    name: "create",
    concept: "a thread shares its creator's memory and starts at once; fork copies page tables, exec builds anew",
    unit: "creation and end",
    parameters: &[
        Parameter {
            name: "kind",
            default: "thread",
            kind: Kind::Choice(&["thread", "fork", "vfork", "posix_spawn", "exec"]),
            help: "what is created; posix_spawn and exec (after fork) run the program true",
        },
        Parameter {
            name: "n",
            default: "500",
            kind: Kind::Integer { min: 1, max: 1_000_000 },
            help: "how many, one at a time",
        },
        Parameter {
            name: "rss",
            default: "0",
            kind: Kind::Bytes { min: 0, max: 4 << 30 },
            help: "resident memory of the parent, beyond its own few megabytes",
        },
        Parameter {
            name: "thp",
            default: "no",
            kind: Kind::Choice(&["no", "yes", "default"]),
            help: "transparent huge pages for that memory; they make a fork's page tables 512 times shorter",
        },
        Parameter {
            name: "cpu",
            default: "one",
            kind: Kind::Cpus,
            help: "one CPU, else creation and first run may overlap on two",
        },
    ],
    exercises: &["tasks:threads", "tasks:processes", "faults:minor", "syscall:wait4", "syscall:execve"],
    needs: &[],
    run,
};

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (kind, n) = (arguments.word("kind"), arguments.number("n"));
    let huge = match arguments.word("thp") {
        "yes" => HugePages::Yes,
        "no" => HugePages::No,
        _ => HugePages::Default,
    };
    let memory = Resident::new(arguments.size("rss"), huge)?;
    let program = if kind == "exec" || kind == "posix_spawn" { find_true()? } else { CString::default() };
    let huge_bytes = huge_page_bytes();
    let mut create: Box<dyn FnMut() -> Result<bool, Failure>> = match kind {
        "thread" => Box::new(|| Ok(std::thread::spawn(|| 1u8).join().is_ok_and(|one| one == 1))),
        "fork" => Box::new(|| fork(None)),
        "exec" => Box::new(|| fork(Some(&program))),
        "vfork" => Box::new(vfork),
        _ => Box::new(|| posix_spawn(&program)),
    };
    for _ in 0..3 {
        create()?;
    }
    let mut good = 0;
    stage.begin();
    for _ in 0..n {
        good += u64::from(create()?);
    }
    stage.end();
    drop(create);
    ensure(good == n, || format!("{good} of {n} ended as they must"))?;
    ensure(memory.intact(), || "the parent's memory changed".into())?;
    let outcome = stage
        .outcome(n)
        .measure("rss_bytes", arguments.number("rss") as f64)
        .measure("huge_page_bytes", huge_bytes as f64)
        .verified(format!("all {n} ended with their own status; the parent's memory is unchanged"));
    Ok(match kind {
        "thread" => outcome.expect("tasks:threads", Relation::Exactly, n as f64),
        "exec" | "posix_spawn" => outcome
            .expect("tasks:processes", Relation::Exactly, n as f64)
            .calls("execve", n)
            .expect("syscall:wait4", Relation::AtLeast, n as f64),
        _ => outcome.expect("tasks:processes", Relation::Exactly, n as f64).expect(
            "syscall:wait4",
            Relation::AtLeast,
            n as f64,
        ),
    })
}

/// The program that does nothing, well. Every distribution has one, not all in the same place.
fn find_true() -> Result<CString, Failure> {
    let found = ["/usr/bin/true", "/bin/true", "/run/current-system/sw/bin/true"]
        .into_iter()
        .find(|path| std::path::Path::new(path).exists());
    match found {
        Some(path) => Ok(CString::new(path).expect("a path without NUL")),
        None => Err(Failure::unavailable("no program 'true' was found", "install coreutils, or use kind=fork")),
    }
}

/// A child that exits at once with status 9, or becomes `true`. It ends by itself within microseconds, so it asks for
/// no death signal: that would be a call more to pay for.
fn fork(program: Option<&CString>) -> Result<bool, Failure> {
    // SAFETY: the process has one thread; the child makes only the two calls below, both async-signal-safe.
    let pid = unsafe { libc::fork() };
    match (pid, program) {
        (-1, _) => Err(Failure::os("fork")),
        (0, None) => {
            // SAFETY: _exit has no preconditions.
            unsafe { libc::_exit(9) }
        }
        (0, Some(program)) => {
            let argv = [program.as_ptr(), std::ptr::null()];
            // SAFETY: both lists are live and end in NULL.
            unsafe {
                libc::execve(program.as_ptr(), argv.as_ptr(), argv[1..].as_ptr());
                libc::_exit(127)
            }
        }
        (pid, None) => Ok(Child::adopt(pid).wait()? == Ended::Exited(9)),
        (pid, Some(_)) => Ok(Child::adopt(pid).wait()? == Ended::Exited(0)),
    }
}

/// What vfork() does, by clone on a stack of its own: vfork's return into the caller's frame is unsound in Rust.
fn vfork() -> Result<bool, Failure> {
    extern "C" fn leave(_: *mut libc::c_void) -> libc::c_int {
        9
    }
    let mut stack = [0u128; 512];
    // SAFETY: the parent is suspended until the child has left the stack, which is live and aligned to 16 bytes.
    let pid = unsafe {
        let top = stack.as_mut_ptr().add(stack.len()).cast();
        libc::clone(leave, top, libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD, std::ptr::null_mut())
    };
    if pid == -1 {
        return Err(Failure::os("vfork"));
    }
    Ok(Child::adopt(pid).wait()? == Ended::Exited(9))
}

fn posix_spawn(program: &CString) -> Result<bool, Failure> {
    let argv = [program.as_ptr().cast_mut(), std::ptr::null_mut()];
    let mut pid = 0;
    let null = std::ptr::null();
    // SAFETY: both lists are live and end in NULL; no attributes are given.
    let error =
        unsafe { libc::posix_spawn(&mut pid, program.as_ptr(), null, null.cast(), argv.as_ptr(), argv[1..].as_ptr()) };
    if error != 0 {
        return Err(Failure::Os { what: "posix_spawn".into(), source: std::io::Error::from_raw_os_error(error) });
    }
    Ok(Child::adopt(pid).wait()? == Ended::Exited(0))
}

/// How much of this process is in huge pages now; 0 also where the kernel has none.
fn huge_page_bytes() -> u64 {
    super::idle::rollup("self").and_then(|sizes| sizes.get("AnonHugePages").copied()).unwrap_or(0)
}
