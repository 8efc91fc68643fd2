//! Many crashing children, one after the other: the system, and a sibling at work, go on.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::{Child, Ended};
use crate::os::memory::shared_words;
use crate::os::{clock, compute, limits};
use crate::{Arguments, Failure, Outcome, Relation, Stage};
use std::sync::atomic::Ordering;

pub(crate) static WORKLOAD: Workload = Workload {
    name: "crashstorm",
    concept: "errors of user programs end them and leave the system as it was",
    unit: "crash",
    parameters: &[
        Parameter {
            name: "n",
            default: "100",
            kind: Kind::Integer { min: 1, max: 100_000 },
            help: "crashing children",
        },
        Parameter {
            name: "kind",
            default: "segv",
            kind: Kind::Choice(&["segv", "abort", "exit"]),
            help: "how they end; exit is the control, for the speed of the sibling",
        },
    ],
    exercises: &["tasks:processes", "syscall:wait4"],
    needs: &[],
    run,
};

/// What the kernel says about itself. Absent where /proc hides it.
fn system() -> [(&'static str, Option<String>); 3] {
    let read = |path: &str| std::fs::read_to_string(path).ok().map(|text| text.trim().to_string());
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let btime = stat.lines().find_map(|line| line.strip_prefix("btime ").map(str::to_string));
    [
        ("boot_id", read("/proc/sys/kernel/random/boot_id")),
        ("tainted", read("/proc/sys/kernel/tainted")),
        ("boot_time", btime),
    ]
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (n, kind) = (arguments.number("n"), arguments.word("kind"));
    let words = shared_words(2)?;
    let (pace, longest) = (&words[0], &words[1]);
    // A sibling at work that also watches the clock: its longest silence, its speed.
    let sibling = Child::fork(move || {
        let mut last = clock::monotonic();
        loop {
            compute::walk(1, 10_000);
            let now = clock::monotonic();
            longest.fetch_max(now - last, Ordering::AcqRel);
            last = now;
            pace.fetch_add(1, Ordering::AcqRel);
        }
    })?;
    let before = system();
    let wanted = match kind {
        "segv" => Ended::Signalled(libc::SIGSEGV),
        "abort" => Ended::Signalled(libc::SIGABRT),
        _ => Ended::Exited(1),
    };
    stage.begin();
    let pace_before = pace.load(Ordering::Acquire);
    let mut as_wanted = 0;
    for _ in 0..n {
        let mut child = Child::fork(|| {
            limits::crash_without_core();
            super::crash::default_on_segv();
            match kind {
                "segv" => super::crash::fault(),
                // SAFETY: abort ends this child as the experiment means it to.
                "abort" => unsafe { libc::abort() },
                _ => {}
            }
            1
        })?;
        as_wanted += u64::from(child.wait()? == wanted);
    }
    let paces = pace.load(Ordering::Acquire) - pace_before;
    stage.end();
    drop(sibling);
    ensure(as_wanted == n, || format!("{as_wanted} of {n} children ended by {kind}"))?;
    let after = system();
    let unchanged = before == after;
    let mut outcome = stage
        .outcome(n)
        .measure("crashes", as_wanted as f64)
        .measure("system_unchanged", f64::from(u8::from(unchanged)))
        .measure("sibling_steps_per_s", paces as f64 * 1e4 / (stage.elapsed() as f64 / 1e9))
        .measure("sibling_longest_silence_ns", longest.load(Ordering::Acquire) as f64)
        .expect("tasks:processes", Relation::Exactly, n as f64)
        .verified(format!("all {n} children ended by {kind}; boot id, boot time and taint were compared"));
    for ((name, before), (_, after)) in before.into_iter().zip(after) {
        let shown = |v: Option<String>| v.unwrap_or_else(|| "cannot be read".into());
        outcome = outcome.note(name, format!("{} -> {}", shown(before), shown(after)));
    }
    Ok(outcome)
}
