//! The first process of a throwaway guest (`__guest`): a heartbeat on the console, and one experiment.
//!
//! It does what would end a real machine, so it refuses to run as anything but the first process.

use crate::experiment::guest::{AFTER, BEAT, NOW};
use anyhow::{Context, Result, bail};
use nix::mount::{MsFlags, mount};
use nix::sys::reboot::{RebootMode, reboot};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Between two heartbeats.
const BEAT_EVERY: Duration = Duration::from_millis(50);
/// Before and after the experiment.
const WATCH: Duration = Duration::from_millis(400);

/// Lives the guest's life. Returns only if something went wrong.
pub fn guest(experiment: &str) -> Result<u8> {
    if std::process::id() != 1 {
        bail!("__guest is for the first process of a throwaway guest; osmeter check K7 makes one");
    }
    mount(None::<&str>, "/proc", Some("proc"), MsFlags::empty(), None::<&str>).context("cannot mount /proc")?;
    std::thread::spawn(|| {
        for beat in 0u64.. {
            println!("{BEAT} {beat}");
            std::thread::sleep(BEAT_EVERY);
        }
    });
    std::thread::sleep(WATCH);
    println!("{NOW}");
    match experiment {
        // The kernel dereferences nothing here, it is told to crash: the way an administrator tests a crash dump.
        "kernel-fault" => sysrq("c")?,
        // Children that read kernel addresses, and die of it.
        "user-fault" => {
            // There is no /dev/null here to be its input.
            let mut child = Command::new("/osmeter");
            child.args(["__workload", "forbidden", "list=direct"]).stdin(Stdio::inherit());
            child.output().context("cannot start a child")?;
        }
        "show-cr3" => show_registers()?,
        _ => {}
    }
    if experiment != "power-off" {
        std::thread::sleep(WATCH);
        println!("{AFTER}");
    }
    match reboot(RebootMode::RB_POWER_OFF).context("cannot power the guest off")? {}
}

/// Has the kernel print the registers of a CPU that is at work in the kernel; in user mode it would leave the control
/// registers out, and an idle CPU out altogether.
fn show_registers() -> Result<()> {
    std::thread::spawn(|| {
        loop {
            let _ = std::fs::read("/proc/kallsyms");
        }
    });
    for _ in 0..8 {
        std::thread::sleep(BEAT_EVERY);
        sysrq("l")?;
    }
    Ok(())
}

fn sysrq(command: &str) -> Result<()> {
    std::fs::write("/proc/sysrq-trigger", command).context("cannot ask the kernel")
}
