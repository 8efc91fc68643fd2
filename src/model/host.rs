//! The machine a profile was taken on.

use serde::{Deserialize, Serialize};

/// What the machine is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its name (`uname -n`).
    pub hostname: String,
    /// The kernel's release (`uname -r`).
    pub kernel: String,
    /// The machine's architecture (`uname -m`).
    pub architecture: String,
    /// The distribution, where /etc/os-release says.
    pub distribution: Option<String>,
    /// The processor's model, where known.
    pub cpu_model: Option<String>,
    /// CPUs on line.
    pub cpus: u32,
    /// CPUs that osmeter and so the command may run on (affinity).
    pub cpus_allowed: u32,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Whether the processor says that a hypervisor runs below.
    pub virtual_machine: Option<bool>,
    /// Whether the processor's performance counters can be used.
    pub has_pmu: bool,
}
