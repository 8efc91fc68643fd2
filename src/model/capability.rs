//! What a machine and a user's rights allow, source by source.

use super::{Host, Tier};
use serde::{Deserialize, Serialize};

/// The schema of `osmeter doctor --format json`.
pub const DOCTOR_SCHEMA: &str = "osmeter.doctor/1";

/// What was found of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Probed {
    /// Tried, and it works.
    Works {
        /// What was seen, where that says more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// Tried, and it was refused.
    Refused {
        /// What the kernel said.
        why: String,
        /// What a report lacks without it.
        lost: String,
        /// The command or the change that would allow it, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remedy: Option<String>,
    },
    /// A setting that explains the others. It decides nothing by itself.
    Setting {
        /// Its value, in words.
        value: String,
    },
}

/// One source or setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capability {
    /// What it is: `BPF programs`, `perf counters with the kernel`, `lockdown`.
    pub what: String,
    /// What was found.
    #[serde(flatten)]
    pub finding: Probed,
}

/// What `osmeter doctor` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doctor {
    /// [`DOCTOR_SCHEMA`].
    pub schema: String,
    /// The version of osmeter that wrote it.
    pub osmeter: String,
    /// The machine.
    pub host: Host,
    /// The best tier that works. Missing if not even the lowest does.
    pub tier: Option<Tier>,
    /// Source by source.
    pub capabilities: Vec<Capability>,
}
