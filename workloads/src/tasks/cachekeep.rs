//! Does a task find its data still in the cache after another task ran? The reason often given for dear switches.

use super::token::{Ring, SHARES, touch};
use crate::descriptor::{Kind, Parameter, Workload};
use crate::os::clock;
use crate::os::memory::{HugePages, Resident};
use crate::{Arguments, Failure, Outcome, Stage};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "cachekeep",
    concept: "a switch of address space does not empty the caches: the time to read one's data again shows what is left",
    unit: "reading again",
    parameters: &[
        Parameter {
            name: "between",
            default: "switch",
            kind: Kind::Choice(&["nothing", "switch", "flush"]),
            help: "what happens between two readings: nothing, a switch there and back, or a sweep over other memory",
        },
        Parameter { name: "share", default: "process", kind: Kind::Choice(SHARES), help: "what the other task shares" },
        Parameter {
            name: "set",
            default: "128k",
            kind: Kind::Bytes { min: 4096, max: 16 << 20 },
            help: "bytes read again; the other task reads none of its own",
        },
        Parameter {
            name: "sweep",
            default: "64M",
            kind: Kind::Bytes { min: 1 << 20, max: 512 << 20 },
            help: "bytes swept by between=flush, more than the last cache holds",
        },
        Parameter { name: "n", default: "1k", kind: Kind::Integer { min: 1, max: 1_000_000 }, help: "readings" },
        Parameter { name: "cpu", default: "one", kind: Kind::Cpus, help: "one CPU, else the tasks need not switch" },
    ],
    exercises: &["switches:voluntary"],
    needs: &[],
    run,
};

fn timed(at: *const u8, bytes: usize, samples: &mut Vec<u64>) {
    let start = clock::monotonic();
    touch(at, bytes);
    samples.push(clock::monotonic() - start);
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (between, set, n) = (arguments.word("between"), arguments.size("set"), arguments.number("n"));
    let mut samples = Vec::with_capacity(n as usize);
    if between == "switch" {
        // The set belongs to the first task alone: the ring's own sets are empty.
        let data = Resident::new(set, HugePages::No)?;
        touch(data.as_ptr(), set);
        let ring =
            Ring { tasks: 2, rounds: n, share: arguments.word("share"), carrier: "futex", working_set: 0, batch: true };
        let mut outcome = ring.run(stage, |_, _| timed(data.as_ptr(), set, &mut samples))?;
        outcome.operations = n;
        return Ok(outcome.samples(samples));
    }
    let data = Resident::new(set, HugePages::No)?;
    let other = Resident::new(if between == "flush" { arguments.size("sweep") } else { 0 }, HugePages::Default)?;
    let sweep = if between == "flush" { arguments.size("sweep") } else { 0 };
    touch(data.as_ptr(), set);
    stage.begin();
    for _ in 0..n {
        touch(other.as_ptr(), sweep);
        timed(data.as_ptr(), set, &mut samples);
    }
    stage.end();
    crate::failure::ensure(data.intact(), || "the data changed".into())?;
    Ok(stage
        .outcome(n)
        .samples(samples)
        .expect("syscalls", crate::Relation::Exactly, 0.0)
        .verified("the data is unchanged"))
}
