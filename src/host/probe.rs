//! The probes: each tries, in this process, what a collector will do.

use super::settings;
use crate::model::{Capability, DOCTOR_SCHEMA, Doctor, Probed, Tier, TierRefusal};
use crate::sys::fork::{self, Launch};
use crate::sys::{bpf_try, perf, wait};
use nix::sys::ptrace;
use nix::unistd::Pid;
use perf_event::Builder;
use perf_event::events::{Hardware, Software};
use std::io::{self, Read};
use std::time::{Duration, Instant};

/// What this user may do on this machine, source by source.
#[derive(Debug)]
pub struct Probes {
    /// A program of the kind the ledger is can be loaded.
    pub bpf: Probed,
    /// The kernel describes its own types.
    pub btf: Probed,
    /// Software counters of user mode.
    pub perf_user: Probed,
    /// Software counters that see the kernel.
    pub perf_kernel: Probed,
    /// Hardware counters.
    pub perf_hardware: Probed,
    /// `PERF_RECORD_SWITCH` records really arrive.
    pub switches: Probed,
    /// A child can be traced.
    pub ptrace: Probed,
    /// A child can be held at a gate and waited for, and /proc read.
    pub basic: Probed,
}

/// Tries everything. It takes a few milliseconds and leaves nothing behind.
pub fn probe() -> Probes {
    Probes {
        bpf: bpf(),
        btf: btf(),
        perf_user: perf_user(),
        perf_kernel: perf_kernel(),
        perf_hardware: perf_hardware(),
        switches: switches(),
        ptrace: ptrace_child(),
        basic: basic(),
    }
}

/// Why tier bpf cannot be had here, if loading a program that does nothing is refused already.
pub fn refusal_of_bpf() -> Option<TierRefusal> {
    [bpf(), btf()].into_iter().find_map(|probed| match probed {
        Probed::Refused { why, remedy, .. } => Some(TierRefusal { tier: Tier::Bpf, why, remedy }),
        Probed::Works { .. } | Probed::Setting { .. } => None,
    })
}

impl Probes {
    /// The tier that a run would choose.
    pub fn tier(&self) -> Option<Tier> {
        let works = |finding: &Probed| matches!(finding, Probed::Works { .. });
        if works(&self.bpf) && works(&self.btf) {
            return Some(Tier::Bpf);
        }
        works(&self.basic).then_some(Tier::Basic)
    }

    /// Everything `osmeter doctor` says.
    pub fn doctor(self) -> Doctor {
        let tier = self.tier();
        let source = |what: &str, finding| Capability { what: what.into(), finding };
        let mut capabilities = vec![
            source("BPF programs", self.bpf),
            source("kernel types (BTF)", self.btf),
            source("context switch records", self.switches),
            source("software counters, user mode", self.perf_user),
            source("software counters, kernel too", self.perf_kernel),
            source("hardware counters", self.perf_hardware),
            source("ptrace of a child", self.ptrace),
            source("gate, wait4, /proc", self.basic),
        ];
        capabilities.extend(settings::all());
        Doctor {
            schema: DOCTOR_SCHEMA.into(),
            osmeter: env!("CARGO_PKG_VERSION").into(),
            host: super::describe(),
            tier,
            capabilities,
        }
    }
}

const AS_ROOT: &str = "sudo osmeter …, or once: sudo setcap cap_bpf,cap_perfmon=ep \"$(command -v osmeter)\"";
const IN_CONTAINER: &str = "a seccomp filter is active: give the container --security-opt seccomp=unconfined and ";

fn works() -> Probed {
    Probed::Works { detail: None }
}

fn refused(error: &io::Error, lost: &str, remedy: Option<String>) -> Probed {
    Probed::Refused { why: words(error), lost: lost.into(), remedy }
}

/// The kernel's words without Rust's `(os error 13)`, and the errno's name, which is what one searches for.
fn words(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(
        || error.to_string(),
        |raw| {
            let errno = nix::errno::Errno::from_raw(raw);
            format!("{} ({errno:?})", errno.desc())
        },
    )
}

fn is_refusal(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EPERM | libc::EACCES))
}

fn bpf() -> Probed {
    let lost = "the whole ledger: system calls, run-queue latency, blocked by reason";
    if !cfg!(feature = "bpf") {
        return Probed::Refused {
            why: "this osmeter was built without the feature bpf".into(),
            lost: lost.into(),
            remedy: Some("install clang, libelf-dev and zlib1g-dev, then: cargo build --release".into()),
        };
    }
    bpf_try::load().map_or_else(
        |error| {
            let remedy = match error.raw_os_error() {
                Some(libc::ENOSYS) => "a kernel with CONFIG_BPF_SYSCALL".to_owned(),
                _ if settings::filtered() => format!("{IN_CONTAINER}--cap-add BPF --cap-add PERFMON"),
                _ => AS_ROOT.to_owned(),
            };
            refused(&error, lost, Some(remedy))
        },
        |()| works(),
    )
}

fn btf() -> Probed {
    let lost = "the whole ledger: its programs find kernel fields by it";
    let remedy = || Some("a kernel with CONFIG_DEBUG_INFO_BTF".to_owned());
    let mut magic = [0; 2];
    match std::fs::File::open("/sys/kernel/btf/vmlinux").and_then(|mut file| file.read_exact(&mut magic)) {
        Ok(()) if u16::from_ne_bytes(magic) == 0xeb9f => works(),
        Ok(()) => refused(&io::Error::other("/sys/kernel/btf/vmlinux is not BTF"), lost, remedy()),
        Err(error) => refused(&error, lost, remedy()),
    }
}

fn try_event(builder: &Builder<'_>) -> io::Result<()> {
    perf::open(builder, 0, None, None).map(drop)
}

fn perf_remedy(needs: i32, error: &io::Error) -> Option<String> {
    if !is_refusal(error) {
        return (error.raw_os_error() == Some(libc::ENOSYS)).then(|| "a kernel with CONFIG_PERF_EVENTS".into());
    }
    Some(match settings::paranoid() {
        Some(level) if level > needs => format!("sudo sysctl kernel.perf_event_paranoid={needs}"),
        _ if settings::filtered() => format!("{IN_CONTAINER}--cap-add PERFMON"),
        _ => AS_ROOT.into(),
    })
}

fn perf_user() -> Probed {
    let builder = Builder::new().kind(Software::TASK_CLOCK);
    match try_event(&builder) {
        Ok(()) => works(),
        Err(error) => refused(&error, "task-clock and faults from perf (wait4's remain)", perf_remedy(2, &error)),
    }
}

fn perf_kernel() -> Probed {
    let mut builder = Builder::new().kind(Software::CONTEXT_SWITCHES);
    builder.exclude_kernel(false).exclude_hv(false);
    match try_event(&builder) {
        Ok(()) => works(),
        Err(error) => refused(
            &error,
            "CPU migrations, and switches and faults of processes nobody waits for",
            perf_remedy(1, &error),
        ),
    }
}

fn perf_hardware() -> Probed {
    let builder = Builder::new().kind(Hardware::CPU_CYCLES);
    let lost = "cycles, instructions, IPC, branches, caches, TLB";
    match try_event(&builder) {
        Ok(()) => works(),
        Err(error) if is_refusal(&error) => refused(&error, lost, perf_remedy(2, &error)),
        Err(error) => Probed::Refused {
            why: format!("no PMU that the kernel can use: {}", words(&error)),
            lost: lost.into(),
            remedy: Some("a physical machine, or a virtual one whose host passes the PMU on".into()),
        },
    }
}

/// Opens the records of this thread's switches, sleeps, and looks whether one came.
fn switches() -> Probed {
    let lost = "on-CPU and off-CPU time of each thread, where BPF is refused";
    match try_switches() {
        Ok(true) => works(),
        Ok(false) => refused(&io::Error::other("it opened, but no record came"), lost, None),
        Err(error) => refused(&error, lost, perf_remedy(2, &error)),
    }
}

fn try_switches() -> io::Result<bool> {
    let mut builder = Builder::new().kind(Software::DUMMY);
    builder.context_switch(true).enabled(true);
    let event = perf::open(&builder, 0, None, None)?;
    let ring = perf::Ring::map(event, 1)?;
    let deadline = Instant::now() + Duration::from_secs(1);
    while ring.head() == 0 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_micros(50));
    }
    Ok(ring.head() > 0)
}

/// A child of ours at its gate, which leaves by itself once the gate is closed.
fn held_child() -> io::Result<fork::Forked> {
    let launch = Launch {
        program: c"/proc/self/exe".into(),
        argv: Vec::new(),
        environment: Vec::new(),
        ids: None,
        inherit: None,
    };
    fork::fork(&launch)
}

fn ptrace_child() -> Probed {
    let lost = "system calls, where BPF is refused";
    let tried = held_child().and_then(|child| {
        let seized = ptrace::seize(Pid::from_raw(child.pid), ptrace::Options::empty());
        drop(child.gate);
        wait::reap(child.pid)?;
        seized.map_err(io::Error::from)
    });
    let Err(error) = tried else { return works() };
    let remedy = match settings::yama() {
        Some(3) => Some("kernel.yama.ptrace_scope=3 holds until the next boot".into()),
        Some(2) => Some("sudo sysctl kernel.yama.ptrace_scope=1".into()),
        _ if settings::filtered() => Some(format!("{IN_CONTAINER}--cap-add SYS_PTRACE")),
        _ => None,
    };
    refused(&error, lost, remedy)
}

fn basic() -> Probed {
    let tried = held_child().and_then(|child| {
        let seen = std::fs::metadata(format!("/proc/{}/stat", child.pid));
        drop(child.gate);
        wait::reap(child.pid)?;
        seen.map(drop)
    });
    tried.map_or_else(
        |error| refused(&error, "everything", Some("/proc mounted, and a process more allowed (ulimit -u)".into())),
        |()| works(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_job_works_here_and_no_probe_leaves_a_child() {
        let doctor = probe().doctor();
        assert!(doctor.tier.is_some(), "{doctor:?}");
        let refused_without_words = |c: &Capability| matches!(&c.finding, Probed::Refused { why, lost, .. } if why.is_empty() || lost.is_empty());
        assert!(!doctor.capabilities.iter().any(refused_without_words), "{doctor:?}");
    }

    #[test]
    fn the_tier_is_the_best_that_works() {
        let no = || Probed::Refused { why: "x".into(), lost: "y".into(), remedy: None };
        let with = |bpf: Probed, btf: Probed, basic: Probed| Probes {
            bpf,
            btf,
            perf_user: no(),
            perf_kernel: no(),
            perf_hardware: no(),
            switches: no(),
            ptrace: no(),
            basic,
        };
        assert_eq!(with(works(), works(), works()).tier(), Some(Tier::Bpf));
        assert_eq!(with(works(), no(), works()).tier(), Some(Tier::Basic));
        assert_eq!(with(no(), works(), works()).tier(), Some(Tier::Basic));
        assert_eq!(with(no(), works(), no()).tier(), None);
    }

    #[test]
    fn a_refusal_names_the_errno() {
        assert_eq!(words(&io::Error::from_raw_os_error(libc::EACCES)), "Permission denied (EACCES)");
    }

    #[test]
    fn root_without_rights_is_found_out_by_trying() {
        // In a user namespace root has every capability bit. Only trying tells.
        let out = std::process::Command::new("unshare").args(["-Ur", "true"]).status();
        if !out.is_ok_and(|status| status.success()) {
            crate::tests::skip("root of a user namespace", "user namespaces are not allowed here");
            return;
        }
        let exe = std::env::current_exe().unwrap();
        if std::env::var_os("OSMETER_TEST_INNER").is_some() {
            assert!(matches!(bpf(), Probed::Refused { .. }));
            assert!(matches!(perf_kernel(), Probed::Refused { .. }) || settings::paranoid().is_some_and(|p| p < 2));
            assert!(matches!(basic(), Probed::Works { .. }));
            return;
        }
        let test = "host::probe::tests::root_without_rights_is_found_out_by_trying";
        let out = std::process::Command::new("unshare")
            .arg("-Ur")
            .arg(exe)
            .args(["--exact", test, "--nocapture"])
            .env("OSMETER_TEST_INNER", "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success() && text.contains("1 passed"), "{text}");
    }
}
