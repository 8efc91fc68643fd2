//! What the machine is: sysinfo, /etc/os-release, /proc/cpuinfo, and one counter opened to see whether there is a PMU.

use crate::model::Host;
use crate::sys::perf;
use perf_event::Builder;
use perf_event::events::Hardware;
use std::path::Path;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// Describes this machine. What cannot be found out is said to be unknown, never guessed.
pub fn describe() -> Host {
    let wanted =
        RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing()).with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(wanted).ok();
    let system = system.as_ref();
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let release =
        std::fs::read_to_string("/etc/os-release").or_else(|_| std::fs::read_to_string("/usr/lib/os-release"));
    let names = nix::sys::utsname::uname().ok();
    let name = |f: fn(&nix::sys::utsname::UtsName) -> &std::ffi::OsStr| {
        names.as_ref().map_or_else(|| "unknown".to_owned(), |n| f(n).to_string_lossy().into_owned())
    };
    let allowed = cpus_allowed();
    let online = system.map_or(0, |s| s.cpus().len());
    Host {
        hostname: name(nix::sys::utsname::UtsName::nodename),
        kernel: name(nix::sys::utsname::UtsName::release),
        architecture: name(nix::sys::utsname::UtsName::machine),
        distribution: release.ok().as_deref().and_then(pretty_name),
        cpu_model: cpu_model(&cpuinfo),
        cpus: u32::try_from(online).unwrap_or(u32::MAX).max(allowed),
        cpus_allowed: allowed,
        memory_bytes: system.map_or(0, System::total_memory),
        virtual_machine: runs_on_hypervisor(&cpuinfo),
        has_pmu: has_pmu(),
    }
}

fn cpus_allowed() -> u32 {
    let set = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0));
    let count = set.map(|set| (0..nix::sched::CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap_or(false)).count());
    count.ok().and_then(|n| u32::try_from(n).ok()).unwrap_or(1)
}

/// `PRETTY_NAME` of os-release(5): a shell assignment, perhaps quoted.
fn pretty_name(release: &str) -> Option<String> {
    let value = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    shlex::split(value)?.into_iter().next().filter(|name| !name.is_empty())
}

/// x86 names the model; many Arm kernels name only implementer and part.
fn cpu_model(cpuinfo: &str) -> Option<String> {
    let field = |name: &str| {
        cpuinfo.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key.trim() == name && !value.trim().is_empty()).then(|| value.trim().to_owned())
        })
    };
    field("model name")
        .or_else(|| field("Model"))
        .or_else(|| Some(format!("Arm implementer {} part {}", field("CPU implementer")?, field("CPU part")?)))
}

/// The processor's own `hypervisor` flag, on x86. On other machines /proc/cpuinfo does not say, and the firmware's vendor
/// may.
fn runs_on_hypervisor(cpuinfo: &str) -> Option<bool> {
    let flags = cpuinfo.lines().find_map(|line| line.strip_prefix("flags")?.split_once(':').map(|(_, flags)| flags));
    if let Some(flags) = flags {
        return Some(flags.split_ascii_whitespace().any(|flag| flag == "hypervisor"));
    }
    let vendor = std::fs::read_to_string("/sys/class/dmi/id/sys_vendor").ok()?;
    ["QEMU", "Amazon EC2", "Google", "VMware", "Xen", "KVM"].iter().any(|v| vendor.contains(v)).then_some(true)
}

/// Whether a hardware counter opens. Where this user may open none at all, whether the kernel has registered a PMU driver.
fn has_pmu() -> bool {
    let mut cycles = Builder::new().kind(Hardware::CPU_CYCLES);
    cycles.exclude_kernel(true);
    match perf::open(&cycles, 0, None, None) {
        Ok(_) => true,
        Err(error) if matches!(error.raw_os_error(), Some(libc::EACCES | libc::EPERM)) => pmu_is_registered(),
        Err(_) => false,
    }
}

fn pmu_is_registered() -> bool {
    let Ok(devices) = Path::new("/sys/bus/event_source/devices").read_dir() else { return false };
    devices.flatten().any(|device| {
        let name = device.file_name().to_string_lossy().into_owned();
        ["cpu", "cpu_core", "cpu_atom"].contains(&name.as_str()) || name.starts_with("armv")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release_names_are_unquoted() {
        assert_eq!(pretty_name("ID=x\nPRETTY_NAME=\"Some Linux 1 (two)\"\n"), Some("Some Linux 1 (two)".into()));
        assert_eq!(pretty_name("PRETTY_NAME='It'\"'\"'s'\n"), Some("It's".into()));
        assert_eq!(pretty_name("PRETTY_NAME=Plain\n"), Some("Plain".into()));
        assert_eq!(pretty_name("NAME=x\n"), None);
        assert_eq!(pretty_name("PRETTY_NAME=\"unfinished\n"), None);
    }

    #[test]
    fn processors_are_named_on_both_architectures() {
        assert_eq!(cpu_model("processor\t: 0\nmodel name\t: A B C\n"), Some("A B C".into()));
        let arm = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n";
        assert_eq!(cpu_model(arm), Some("Arm implementer 0x41 part 0xd0c".into()));
        assert_eq!(cpu_model(""), None);
    }

    #[test]
    fn the_hypervisor_flag_is_a_word_of_its_own() {
        assert_eq!(runs_on_hypervisor("flags\t\t: fpu hypervisor lm\n"), Some(true));
        assert_eq!(runs_on_hypervisor("flags\t\t: fpu nohypervisor lm\n"), Some(false));
    }

    #[test]
    fn this_machine_is_described() {
        let host = describe();
        assert!(host.cpus >= host.cpus_allowed && host.cpus_allowed >= 1 && host.memory_bytes > 0, "{host:?}");
        let uname =
            |flag| String::from_utf8(std::process::Command::new("uname").arg(flag).output().unwrap().stdout).unwrap();
        assert_eq!((host.kernel, host.architecture), (uname("-r").trim().into(), uname("-m").trim().into()));
    }
}
