//! What a workload is: its name, concept, parameters, needs and run function. Owns no behaviour.

use crate::arguments::{show_bytes, show_time};
use crate::{Arguments, Failure, Outcome, Stage};

/// One bundled workload.
#[derive(Debug)]
pub struct Workload {
    /// The name on the command line: `pingpong`.
    pub name: &'static str,
    /// The concept it embodies, in one line.
    pub concept: &'static str,
    /// One unit of its work, in the singular: `round trip`. [`Outcome::operations`] counts these.
    pub unit: &'static str,
    /// Its own parameters. Every workload also takes the [`COMMON`] ones.
    pub parameters: &'static [Parameter],
    /// The counters it exercises, in the vocabulary of [`crate::Expectation::counter`].
    pub exercises: &'static [&'static str],
    /// What it cannot run without. What only some of its arms need is checked when they run.
    pub needs: &'static [Need],
    /// Prepares, passes the gate by [`Stage::begin`], works, ends by [`Stage::end`], verifies.
    pub run: fn(&Arguments, &mut Stage) -> Result<Outcome, Failure>,
}

/// One parameter, given as `name=value`.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// The name before the `=`.
    pub name: &'static str,
    /// The value when it is not given, written as a user would.
    pub default: &'static str,
    /// Which values are valid.
    pub kind: Kind,
    /// What it means, in one line.
    pub help: &'static str,
}

/// Which values a parameter takes. Bounds are inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number; `k` and `M` stand for thousand and million.
    Integer {
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A size: `4096`, `4k`, `10M`, `1G` (powers of 1024).
    Bytes {
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
    },
    /// A time with its unit: `270ns`, `2ms`, `1.5s`; `0` needs none.
    Duration {
        /// Shortest, in ns.
        min_ns: u64,
        /// Longest, in ns.
        max_ns: u64,
    },
    /// `any`, `one` (the first CPU this process may use), or a list: `0`, `0,1`, `0-3`.
    Cpus,
    /// A folder that exists; `auto` is the system's folder for temporary files, or another one if that is in memory.
    Folder,
}

impl Kind {
    /// Which values are valid, in words.
    pub fn words(&self) -> String {
        match *self {
            Kind::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Kind::Choice(words) => words.join(", "),
            Kind::Bytes { min, max } => format!("a size from {} to {}", show_bytes(min), show_bytes(max)),
            Kind::Duration { min_ns, max_ns } => format!("a time from {} to {}", show_time(min_ns), show_time(max_ns)),
            Kind::Cpus => "any, one, or a list: 0,1 or 0-3".into(),
            Kind::Folder => "a folder that exists, or auto".into(),
        }
    }
}

/// What a workload cannot run without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Effective uid 0.
    Root,
    /// At least this many CPUs for its default arms to mean something.
    Cpus(usize),
    /// A CPython 3 in the PATH or under pyenv.
    Python,
    /// The kernel's io_uring, not disabled by sysctl or seccomp.
    IoUring,
    /// A processor of the list: `x86_64`, `aarch64`.
    Arch(&'static [&'static str]),
}

impl Need {
    /// In words, for a list of workloads.
    pub fn words(&self) -> String {
        match self {
            Need::Root => "root".into(),
            Need::Cpus(n) => format!("{n} CPUs"),
            Need::Python => "python3".into(),
            Need::IoUring => "io_uring".into(),
            Need::Arch(list) => list.join(" or "),
        }
    }
}

/// Parameters that every workload takes. A workload that names one of them itself only changes its default.
pub const COMMON: &[Parameter] = &[
    Parameter {
        name: "cpu",
        default: "any",
        kind: Kind::Cpus,
        help: "CPUs the workload and its children may use; workers are dealt out over a list",
    },
    Parameter {
        name: "limit",
        default: "120s",
        kind: Kind::Duration { min_ns: 1_000_000_000, max_ns: 600_000_000_000 },
        help: "the workload is killed when it runs longer",
    },
];

impl Workload {
    /// Its own parameters, then the common ones that it does not redefine.
    pub fn all_parameters(&self) -> impl Iterator<Item = &'static Parameter> + '_ {
        let own = self.parameters;
        own.iter().chain(COMMON.iter().filter(move |c| own.iter().all(|p| p.name != c.name)))
    }

    /// The parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.all_parameters().find(|p| p.name == name)
    }
}
