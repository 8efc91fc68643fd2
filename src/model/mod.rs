//! Plain data with serde: what a run measured, in the vocabulary of the field.
//!
//! Owns the shape of everything that is stored or printed. Imports no sibling module and reads nothing from the system,
//! so that any report can be built by hand in a test and read back years later.

mod blocked;
mod capability;
mod check;
mod check_report;
mod claim;
mod command;
mod cost;
mod counter;
mod evidence;
mod histogram;
mod host;
mod interval;
mod ledger;
mod memory;
mod profile;
mod reading;
mod syscall;
mod task;
mod text;
mod tier;
mod verdict;

pub use blocked::Blocked;
pub use capability::{Capability, DOCTOR_SCHEMA, Doctor, Probed};
pub use check::{Check, Unit};
pub use check_report::{CHECK_SCHEMA, CheckReport, CheckSettings, CheckedClaim, Circumstance, Preflight};
pub use claim::{
    Arm, Claim, Counted, Heading, Metric, Proposition, Quantity, Role, Rounds, Scale, Section, Source, Test, Threshold,
    Topic,
};
pub use command::{Command, Exit, Subject};
pub use cost::{Cost, HookCost, Losses};
pub use counter::{Counter, Ipc};
pub use evidence::{Answer, ArmEvidence, Dropped, Estimate, Evidence, Finding, Mechanism, Round, Sample, Tally};
pub use histogram::Histogram;
pub use host::Host;
pub use interval::Interval;
pub use ledger::{Ledger, Row};
pub use memory::{Memory, TreeMemory};
pub use profile::{NotMeasured, Profile, SCHEMA, Window};
pub use reading::Reading;
pub use syscall::{Abi, KernelWork, Syscall, SyscallTable};
pub use task::{Ended, Process, Program, Thread};
pub use text::{Lang, Text};
pub use tier::{Tier, TierRefusal};
pub use verdict::{Doubt, Refutation, Verdict};
