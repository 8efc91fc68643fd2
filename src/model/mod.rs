//! Plain data with serde: what a run measured, in the vocabulary of the field.
//!
//! Owns the shape of everything that is stored or printed. Imports no sibling module and reads nothing from the system,
//! so that any report can be built by hand in a test and read back years later.

mod blocked;
mod check;
mod command;
mod cost;
mod counter;
mod histogram;
mod host;
mod interval;
mod ledger;
mod memory;
mod profile;
mod reading;
mod syscall;
mod task;
mod tier;

pub use blocked::Blocked;
pub use check::{Check, Unit};
pub use command::{Command, Exit, Subject};
pub use cost::{Cost, HookCost, Losses};
pub use counter::{Counter, Ipc};
pub use histogram::Histogram;
pub use host::Host;
pub use interval::Interval;
pub use ledger::{Ledger, Row};
pub use memory::{Memory, TreeMemory};
pub use profile::{NotMeasured, Profile, SCHEMA, Window};
pub use reading::Reading;
pub use syscall::{Abi, KernelWork, Syscall, SyscallTable};
pub use task::{Ended, Process, Program, Thread};
pub use tier::{Tier, TierRefusal};
