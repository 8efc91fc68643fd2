//! osmeter says where the time of every thread of a command went, from the Linux kernel's own counters.
//!
//! The way through the code: `commands` gives the order of events; `host` probes what the machine allows; `subject` starts
//! or finds the measured processes; `collect` reads the kernel; everything meets in `model::Profile`, which `render` prints.

pub mod claims;
pub mod cli;
pub mod collect;
pub mod commands;
pub mod experiment;
pub mod host;
pub mod model;
pub mod render;
pub mod stats;
pub mod subject;
pub mod sys;

#[cfg(test)]
mod tests {
    /// Names a test that this machine or user cannot run; where everything must run (`CI`, `OSMETER_REQUIRE_ALL`) it fails.
    pub(crate) fn skip(what: &str, why: &str) {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0" && v != "false");
        println!("SKIPPED {what}: {why}");
        assert!(!set("CI") && !set("OSMETER_REQUIRE_ALL"), "{what} must run here, and cannot: {why}");
    }
}
