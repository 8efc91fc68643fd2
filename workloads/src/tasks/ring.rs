//! N tasks in a ring on one CPU: how the cost of a switch grows with the number of address spaces.

use super::token::{CARRIERS, Ring, SHARES, touch};
use crate::descriptor::{Kind, Parameter, Workload};
use crate::{Arguments, Failure, Outcome, Stage};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "ring",
    concept: "switching among many address spaces on one CPU, which can keep only a few of them tagged in its TLB",
    unit: "hop",
    parameters: &[
        Parameter { name: "tasks", default: "8", kind: Kind::Integer { min: 2, max: 64 }, help: "tasks in the ring" },
        Parameter {
            name: "share",
            default: "process",
            kind: Kind::Choice(SHARES),
            help: "process shares nothing; vm, files and vm+files are clone flags; thread is a POSIX thread",
        },
        Parameter { name: "by", default: "futex", kind: Kind::Choice(CARRIERS), help: "what carries the token" },
        Parameter {
            name: "n",
            default: "2k",
            kind: Kind::Integer { min: 1, max: 10_000_000 },
            help: "rounds; a round is one hop for each task",
        },
        Parameter {
            name: "set",
            default: "0",
            kind: Kind::Bytes { min: 0, max: 16 << 20 },
            help: "bytes each task reads at each of its turns",
        },
        Parameter {
            name: "policy",
            default: "batch",
            kind: Kind::Choice(&["batch", "other"]),
            help: "batch: a woken task does not preempt, a hop is one voluntary switch; other: it may",
        },
        Parameter { name: "cpu", default: "one", kind: Kind::Cpus, help: "one CPU, else the tasks need not switch" },
    ],
    exercises: &["switches:voluntary", "syscall:futex", "syscall:read", "syscall:write"],
    needs: &[],
    run,
};

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let ring = Ring {
        tasks: arguments.size("tasks"),
        rounds: arguments.number("n"),
        share: arguments.word("share"),
        carrier: arguments.word("by"),
        working_set: arguments.size("set"),
        batch: arguments.word("policy") == "batch",
    };
    ring.run(stage, |at, bytes| {
        touch(at, bytes);
    })
}
