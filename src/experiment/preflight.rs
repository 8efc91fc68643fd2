//! What about this machine bears on a timing, read from /sys and /proc. What cannot be read is said to be unknown.

use crate::model::Circumstance;
use std::fs;

/// The circumstances of this machine, in the order in which they are printed.
pub fn preflight() -> Vec<Circumstance> {
    vec![
        cpus(),
        plain("clock source", read("/sys/devices/system/clocksource/clocksource0/current_clocksource")),
        governor(),
        mitigations(),
        flag("PCID", "pcid"),
        plain("transparent huge pages", read("/sys/kernel/mm/transparent_hugepage/enabled").map(|t| chosen(&t))),
        plain("pressure (CPU, 10 s)", pressure()),
        quota(),
        tracers(),
    ]
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_string())
}

fn plain(what: &str, value: Option<String>) -> Circumstance {
    Circumstance { what: what.into(), value: value.unwrap_or_else(|| "unknown".into()), warning: None }
}

fn cpus() -> Circumstance {
    let allowed = std::thread::available_parallelism().map_or(0, usize::from);
    let warning = (allowed < 2).then(|| "claims about work on several CPUs need two".to_string());
    Circumstance { what: "CPUs allowed".into(), value: allowed.to_string(), warning }
}

fn governor() -> Circumstance {
    let value = read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    let slow = value.as_deref().is_some_and(|governor| governor == "powersave" || governor == "ondemand");
    let warning = slow.then(|| "the CPU's frequency follows its load; a performance governor is steadier".to_string());
    Circumstance { warning, ..plain("frequency governor", value.or(Some("none".into()))) }
}

fn mitigations() -> Circumstance {
    let mut active: Vec<String> = Vec::new();
    for entry in fs::read_dir("/sys/devices/system/cpu/vulnerabilities").into_iter().flatten().flatten() {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        if text.starts_with("Mitigation") {
            active.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    active.sort();
    plain("mitigations", Some(if active.is_empty() { "none".into() } else { active.join(", ") }))
}

fn flag(what: &str, name: &str) -> Circumstance {
    let has = read("/proc/cpuinfo").and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("flags"))?.to_string();
        Some(if line.split_whitespace().any(|flag| flag == name) { "yes" } else { "no" }.to_string())
    });
    plain(what, has)
}

/// The choice in brackets of `always [madvise] never`.
fn chosen(text: &str) -> String {
    text.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or(text, |(word, _)| word).to_string()
}

fn pressure() -> Option<String> {
    let text = read("/proc/pressure/cpu")?;
    let field = text.lines().next()?.split_whitespace().find_map(|field| field.strip_prefix("avg10="))?;
    Some(format!("{field} %"))
}

fn quota() -> Circumstance {
    let value = read("/sys/fs/cgroup/cpu.max").or_else(|| {
        let quota = read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")?;
        Some(if quota == "-1" { "none".into() } else { format!("{quota} us a period") })
    });
    let value = value.map(|text| if text.starts_with("max") { "none".into() } else { text });
    let limited = value.as_deref().is_some_and(|text| text != "none");
    let warning = limited.then(|| "a quota stops tasks in the middle of a round".to_string());
    Circumstance { warning, ..plain("cgroup CPU quota", value) }
}

/// Trace events that somebody left enabled: they slow exactly what is measured here.
fn tracers() -> Circumstance {
    let folder = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]
        .into_iter()
        .find(|folder| fs::metadata(format!("{folder}/set_event")).is_ok());
    let value = folder.and_then(|folder| {
        let mut on: Vec<String> = Vec::new();
        let events = read(&format!("{folder}/set_event"))?;
        if !events.is_empty() {
            on.push(format!("{} events enabled", events.lines().count()));
        }
        if let Some(tracer) = read(&format!("{folder}/current_tracer")).filter(|tracer| tracer != "nop") {
            on.push(format!("tracer {tracer}"));
        }
        let kprobes = read(&format!("{folder}/kprobe_events")).unwrap_or_default();
        if !kprobes.is_empty() {
            on.push(format!("{} kprobes", kprobes.lines().count()));
        }
        Some(if on.is_empty() { "none".into() } else { on.join(", ") })
    });
    let some = value.as_deref().is_some_and(|text| text != "none");
    let warning = some.then(|| "another tracer is active: it makes switches and calls dearer".to_string());
    Circumstance { warning, ..plain("other tracers", value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_in_brackets_is_taken() {
        assert_eq!(chosen("always [madvise] never"), "madvise");
        assert_eq!(chosen("always"), "always");
    }

    #[test]
    fn every_circumstance_has_a_value() {
        for circumstance in preflight() {
            assert!(!circumstance.value.is_empty(), "{}", circumstance.what);
        }
    }
}
