//! The same work for the processor in CPython, by threads and by processes: where its global lock decides.
//!
//! Owns the search for an interpreter. The script is `python.py`, given to it by `-c`.

use crate::descriptor::{Kind, Need, Parameter, Workload};
use crate::failure::ensure;
use crate::os::limits;
use crate::{Arguments, Failure, Outcome, Stage};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "python",
    concept: "under CPython's global lock threads do not add CPUs and processes do; a free-threaded build lifts the lock",
    unit: "piece",
    parameters: &[
        Parameter {
            name: "split",
            default: "threads",
            kind: Kind::Choice(&["none", "threads", "processes"]),
            help: "none: one worker thread does all; the main thread is slower than a worker, so it never works",
        },
        Parameter {
            name: "build",
            default: "default",
            kind: Kind::Choice(&["default", "free_threaded"]),
            help: "the python3 of the PATH, or a build without the lock, if one is found",
        },
        Parameter { name: "workers", default: "2", kind: Kind::Integer { min: 1, max: 32 }, help: "workers" },
        Parameter { name: "pieces", default: "8", kind: Kind::Integer { min: 1, max: 10_000 }, help: "pieces in all" },
        Parameter {
            name: "steps",
            default: "100k",
            kind: Kind::Integer { min: 1, max: 100_000_000 },
            help: "steps in each piece",
        },
    ],
    exercises: &["blocked:futex", "switches:voluntary", "switches:involuntary"],
    needs: &[Need::Python, Need::Cpus(2)],
    run,
};

const SCRIPT: &str = include_str!("python.py");

/// The element of the script's sequence, as in `python.py`.
fn element(seed: u64, steps: u64) -> u64 {
    (0..steps).fold(seed, |x, _| (x * 1_103_515_245 + 12_345) & 0x7fff_ffff)
}

/// Interpreters by likelihood: the PATH's, then versioned names, then pyenv's.
fn candidates(free_threaded: bool) -> Vec<PathBuf> {
    let mut names: Vec<String> = if free_threaded { vec![] } else { vec!["python3".into()] };
    names.extend((13..=16).rev().map(|minor| format!("python3.{minor}t")));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut found: Vec<PathBuf> =
        names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).collect();
    let pyenv = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let pyenv = pyenv.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")));
    if let Some(versions) = pyenv.and_then(|root| std::fs::read_dir(root.join("versions")).ok()) {
        found.extend(versions.flatten().map(|version| version.path().join("bin/python3")));
    }
    found.retain(|path| path.is_file());
    found
}

/// The first interpreter of the wanted build that answers, with its version.
fn interpreter(free_threaded: bool) -> Result<(PathBuf, String), Failure> {
    const ASK: &str = "import sys, sysconfig; assert sys.version_info >= (3, 7); \
        print(int(bool(sysconfig.get_config_var('Py_GIL_DISABLED'))), sys.version.split()[0], sys.executable)";
    for candidate in candidates(free_threaded) {
        let Ok(answer) = Command::new(&candidate).args(["-S", "-c", ASK]).stderr(Stdio::null()).output() else {
            continue;
        };
        let text = String::from_utf8_lossy(&answer.stdout).into_owned();
        let mut words = text.trim().splitn(3, ' ');
        if let (Some(lock), Some(version), Some(real)) = (words.next(), words.next(), words.next())
            && (lock == "1") == free_threaded
        {
            // A shim such as pyenv's is a script that starts the real one: use the real one.
            return Ok((PathBuf::from(real), version.to_string()));
        }
    }
    let build = if free_threaded { "free-threaded CPython" } else { "CPython 3.7 or later" };
    Err(Failure::unavailable(format!("no {build} was found"), "install one, or leave this arm out"))
}

/// The interpreter with the script; killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (program, version) = interpreter(arguments.word("build") == "free_threaded")?;
    let (pieces, steps) = (arguments.number("pieces"), arguments.number("steps"));
    let workers = if arguments.word("split") == "none" { 1 } else { arguments.number("workers") };
    let numbers = [workers, pieces, steps].map(|n| n.to_string());
    let mut command = Command::new(&program);
    command.args(["-S", "-c", SCRIPT, arguments.word("split")]).args(&numbers);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    // SAFETY: prctl is async-signal-safe, all that may run between fork and exec.
    unsafe {
        command.pre_exec(|| {
            limits::die_with_parent();
            Ok(())
        })
    };
    let mut running = Running(command.spawn().map_err(Failure::of("start python3"))?);
    let mut to = running.0.stdin.take().expect("stdin is piped");
    let mut from = BufReader::new(running.0.stdout.take().expect("stdout is piped"));
    let mut line = || -> Result<String, Failure> {
        let mut text = String::new();
        from.read_line(&mut text).map_err(Failure::of("read from python3"))?;
        Ok(text.trim().to_string())
    };
    let ready = line()?;
    ensure(ready == "ready", || format!("python3 said '{ready}'"))?;
    stage.begin();
    to.write_all(b"go\n").map_err(Failure::of("start the work in python3"))?;
    let result = line()?;
    stage.end();
    drop(to);
    let mut numbers = result.split(' ').map(|word| word.parse::<u64>().unwrap_or(0));
    let (inner, sum) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let right: u64 = (0..pieces).map(|index| element(index + 1, steps)).sum();
    ensure(sum == right, || format!("python3 summed {sum}, not {right}"))?;
    Ok(stage
        .outcome(pieces)
        .measure("inner_ns", inner as f64)
        .note("python", format!("{version}, {}", arguments.word("build")))
        .verified("the sum equals that of the same sequence in this program"))
}
