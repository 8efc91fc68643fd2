//! Two tasks that hand a token to and fro on one CPU: one switch a hop, with exactly chosen sharing.

use super::token::{CARRIERS, Ring, SHARES, touch};
use crate::descriptor::{Kind, Parameter, Workload};
use crate::{Arguments, Failure, Outcome, Stage};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "pingpong",
    concept: "switching between two tasks, whose only difference is what they share (address space, descriptors)",
    unit: "round trip",
    parameters: &[
        Parameter {
            name: "share",
            default: "vm",
            kind: Kind::Choice(SHARES),
            help: "process shares nothing; vm, files and vm+files are clone flags; thread is a POSIX thread",
        },
        Parameter { name: "by", default: "futex", kind: Kind::Choice(CARRIERS), help: "what carries the token" },
        Parameter {
            name: "n",
            default: "10k",
            kind: Kind::Integer { min: 1, max: 100_000_000 },
            help: "round trips, two hops each",
        },
        Parameter {
            name: "set",
            default: "0",
            kind: Kind::Bytes { min: 0, max: 256 << 20 },
            help: "bytes each task reads at each of its turns; 512k already drowns a one-percent effect",
        },
        Parameter {
            name: "policy",
            default: "batch",
            kind: Kind::Choice(&["batch", "other"]),
            help: "batch: a woken task does not preempt, a hop is one voluntary switch; other: it may",
        },
        Parameter { name: "cpu", default: "one", kind: Kind::Cpus, help: "one CPU, else the tasks need not switch" },
    ],
    exercises: &["switches:voluntary", "syscall:futex", "syscall:read", "syscall:write", "blocked:futex"],
    needs: &[],
    run,
};

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let ring = Ring {
        tasks: 2,
        rounds: arguments.number("n"),
        share: arguments.word("share"),
        carrier: arguments.word("by"),
        working_set: arguments.size("set"),
        batch: arguments.word("policy") == "batch",
    };
    let mut outcome = ring.run(stage, |at, bytes| {
        touch(at, bytes);
    })?;
    outcome.operations = ring.rounds;
    Ok(outcome)
}
