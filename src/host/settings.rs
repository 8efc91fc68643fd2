//! Settings that explain what the probes found. None of them is believed in place of a try.

use crate::model::{Capability, Probed};
use std::fs::read_to_string;

/// Inode of the first PID namespace (`PROC_PID_INIT_INO`).
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// All of them.
pub(super) fn all() -> Vec<Capability> {
    let setting = |what: &str, value: String| Capability { what: what.into(), finding: Probed::Setting { value } };
    vec![
        setting(
            "kernel.perf_event_paranoid",
            paranoid().map_or_else(|| "not readable".into(), |level| level.to_string()),
        ),
        setting("kernel.yama.ptrace_scope", yama().map_or_else(|| "no Yama".into(), |scope| scope.to_string())),
        setting("lockdown", lockdown(read_to_string("/sys/kernel/security/lockdown").ok().as_deref())),
        setting("cgroup", cgroup(&read_to_string("/proc/self/cgroup").unwrap_or_default())),
        setting("PID namespace", pid_namespace()),
        setting("seccomp", seccomp(&read_to_string("/proc/self/status").unwrap_or_default())),
    ]
}

/// `kernel.perf_event_paranoid`: -1 to 2 upstream; Debian and Android know 3, Ubuntu 4.
pub(super) fn paranoid() -> Option<i32> {
    read_to_string("/proc/sys/kernel/perf_event_paranoid").ok()?.trim().parse().ok()
}

/// `kernel.yama.ptrace_scope`: 0 to 3, where the kernel has Yama.
pub(super) fn yama() -> Option<i32> {
    read_to_string("/proc/sys/kernel/yama/ptrace_scope").ok()?.trim().parse().ok()
}

/// Whether this process is under a seccomp filter, as most containers are.
pub(super) fn filtered() -> bool {
    seccomp(&read_to_string("/proc/self/status").unwrap_or_default()).starts_with("filter")
}

/// The list of levels with the current one in brackets.
fn lockdown(levels: Option<&str>) -> String {
    let current = levels.and_then(|l| l.split_once('[')?.1.split_once(']')).map(|(level, _)| level.to_owned());
    current.unwrap_or_else(|| "not known (securityfs is not mounted, or the kernel has no lockdown)".into())
}

/// A line `0::` is version 2's; the others are version 1's controllers.
fn cgroup(membership: &str) -> String {
    let unified = membership.lines().any(|line| line.starts_with("0::"));
    let version_1 = membership.lines().filter(|line| !line.starts_with("0::")).count();
    match (unified, version_1) {
        (true, 0) => "version 2".into(),
        (true, n) => format!("version 2, with {n} hierarchies of version 1"),
        (false, 0) => "none".into(),
        (false, _) => "version 1".into(),
    }
}

fn pid_namespace() -> String {
    match std::fs::read_link("/proc/self/ns/pid") {
        Ok(link) if link.to_string_lossy() == FIRST_PID_NAMESPACE => "the machine's own".into(),
        Ok(_) => "a container's: ids are those seen in here".into(),
        Err(error) => format!("not known: {error}"),
    }
}

fn seccomp(status: &str) -> String {
    match status.lines().find_map(|line| line.strip_prefix("Seccomp:")).map(str::trim) {
        Some("0") => "none".into(),
        Some("1") => "strict".into(),
        Some("2") => "filter: system calls may be refused".into(),
        _ => "not known".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lockdown_is_the_level_in_brackets() {
        assert_eq!(lockdown(Some("none [integrity] confidentiality\n")), "integrity");
        assert_eq!(lockdown(Some("[none] integrity confidentiality\n")), "none");
        assert!(lockdown(None).starts_with("not known"));
    }

    #[test]
    fn cgroup_versions_are_told_apart() {
        assert_eq!(cgroup("0::/user.slice\n"), "version 2");
        assert_eq!(cgroup("2:cpu:/\n1:memory:/\n0::/\n"), "version 2, with 2 hierarchies of version 1");
        assert_eq!(cgroup("2:cpu:/\n1:memory:/\n"), "version 1");
        assert_eq!(cgroup(""), "none");
    }

    #[test]
    fn seccomp_modes_are_named() {
        assert_eq!(seccomp("Name:\tx\nSeccomp:\t0\nSeccomp_filters:\t0\n"), "none");
        assert!(seccomp("Seccomp:\t2\n").starts_with("filter"));
        assert_eq!(seccomp(""), "not known");
    }

    #[test]
    fn every_setting_has_a_value() {
        for capability in all() {
            assert!(matches!(&capability.finding, Probed::Setting { value } if !value.is_empty()), "{capability:?}");
        }
    }
}
