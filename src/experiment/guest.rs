//! Throwaway guests: experiments that would harm this machine, on one that qemu emulates in software.
//!
//! A guest is a kernel image found on this machine (or given) and an initial file system that holds osmeter itself with its
//! libraries, as the first process. What happened is read from the guest's console: qemu's exit status is 0 after a panic and
//! after an orderly end alike. A guest has no disk and no network, ends by itself within seconds, and is killed after a
//! minute.

use super::bench::{BenchError, Run};
use crate::model::Sample;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// What the guest's first process prints at each heartbeat.
pub const BEAT: &str = "osmeter-beat";
/// What it prints just before the experiment.
pub const NOW: &str = "osmeter-now";
/// What it prints when it is still alive after it.
pub const AFTER: &str = "osmeter-after";

/// The longest that a guest may live. It takes 3 s where the emulation is not slowed.
const LONGEST: Duration = Duration::from_secs(60);

/// Where guests come from.
#[derive(Debug)]
pub struct Guest {
    kernel: Option<PathBuf>,
    /// Made at the first guest, removed with this.
    file_system: Option<tempfile::NamedTempFile>,
}

impl Guest {
    /// With this kernel image, or with one from the usual places.
    pub fn new(kernel: Option<PathBuf>) -> Self {
        Self { kernel, file_system: None }
    }

    /// Runs an experiment and reads what came of it.
    pub fn run(&mut self, experiment: &str) -> Result<Run, BenchError> {
        let emulator = emulator()?;
        let kernel = self.kernel()?;
        let failed = |what: &str, error: std::io::Error| BenchError::Failed(format!("{what}: {error}"));
        if self.file_system.is_none() {
            let mut file = tempfile::NamedTempFile::new().map_err(|e| failed("cannot make a guest's files", e))?;
            archive().and_then(|bytes| file.write_all(&bytes)).map_err(|e| failed("cannot make a guest's files", e))?;
            self.file_system = Some(file);
        }
        let files = self.file_system.as_ref().map(|file| file.path().to_path_buf()).unwrap_or_default();
        let console = console(&emulator, &kernel, &files, experiment).map_err(|e| failed("cannot run qemu", e))?;
        judge(experiment, &console)
    }

    fn kernel(&self) -> Result<PathBuf, BenchError> {
        if let Some(given) = &self.kernel {
            let readable = std::fs::File::open(given).is_ok();
            return if readable {
                Ok(given.clone())
            } else {
                Err(BenchError::Failed(format!("the guest kernel {} cannot be read", given.display())))
            };
        }
        let images = std::fs::read_dir("/boot").into_iter().flatten().flatten().map(|entry| entry.path());
        let image = |path: &PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("vmlinuz"));
        let found = images.filter(|path| image(path) && std::fs::File::open(path).is_ok()).max();
        found.ok_or_else(|| {
            BenchError::Unavailable(
                "a kernel image that can be read (on Debian: apt-get download linux-image-cloud-amd64 and the package it \
                 depends on, dpkg -x them, then --guest-kernel boot/vmlinuz-…)"
                    .into(),
            )
        })
    }
}

fn emulator() -> Result<PathBuf, BenchError> {
    let name = format!("qemu-system-{}", std::env::consts::ARCH);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(&name)).find(|file| file.is_file());
    found.ok_or_else(|| BenchError::Unavailable(format!("{name} in the PATH (on Debian: apt install qemu-system-x86)")))
}

/// Runs a guest to its end and returns its console.
fn console(emulator: &Path, kernel: &Path, files: &Path, experiment: &str) -> std::io::Result<String> {
    let (machine, console) = match std::env::consts::ARCH {
        "aarch64" => (&["-machine", "virt", "-cpu", "max"][..], "ttyAMA0"),
        _ => (&[][..], "ttyS0"),
    };
    // panic=-1 reboots at once, which -no-reboot turns into the end of qemu.
    let line = format!("console={console} panic=-1 rdinit=/osmeter -- __guest {experiment}");
    let mut qemu = Command::new(emulator)
        .args(machine)
        .args(["-accel", "tcg", "-smp", "2", "-m", "512", "-nodefaults", "-no-reboot", "-display", "none"])
        .args(["-serial", "stdio", "-kernel"])
        .arg(kernel)
        .arg("-initrd")
        .arg(files)
        .args(["-append", &line])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let pid = nix::unistd::Pid::from_raw(i32::try_from(qemu.id()).unwrap_or(i32::MAX));
    let (ended, wait) = mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        if wait.recv_timeout(LONGEST) == Err(mpsc::RecvTimeoutError::Timeout) {
            // It has not been waited for yet, so that the id is still its own.
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
        }
    });
    let mut bytes = Vec::new();
    let read = qemu.stdout.take().map_or(Ok(0), |mut out| out.read_to_end(&mut bytes));
    drop(ended);
    let _ = watch.join();
    let output = qemu.wait_with_output()?;
    read?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if text.trim().is_empty() {
        return Err(std::io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_string()));
    }
    Ok(text)
}

/// What the console says of an experiment.
fn judge(experiment: &str, console: &str) -> Result<Run, BenchError> {
    let failed = |why: &str| {
        let last: Vec<&str> = console.lines().rev().take(3).collect();
        BenchError::Failed(format!(
            "the guest {why}; its last words: {}",
            last.into_iter().rev().collect::<Vec<_>>().join(" / ")
        ))
    };
    let (before, since) = console.split_once(NOW).ok_or_else(|| failed("did not come up"))?;
    if !before.contains(BEAT) {
        return Err(failed("had no heartbeat before the experiment"));
    }
    let beats = |text: &str| super::value::float(text.matches(BEAT).count() as u64);
    let yes = |holds: bool| f64::from(u8::from(holds));
    let measures = match experiment {
        "kernel-fault" => {
            let (_, after) = since.split_once("Kernel panic").ok_or_else(|| failed("did not panic"))?;
            vec![("beats_after", beats(after))]
        }
        "user-fault" => {
            let (during, _) = since.split_once(AFTER).ok_or_else(|| failed("did not live on"))?;
            vec![("beating_after", yes(beats(during) > 1.0))]
        }
        "power-off" => vec![("done", yes(since.contains("Power down") && !since.contains(AFTER)))],
        _ => vec![("done", yes(since.contains("CR3: ")))],
    };
    let measures = measures.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    Ok(Run {
        sample: Sample { operations: 1, measures, ..Sample::default() },
        verification: "the guest's console was read; its heart beat before the experiment".into(),
        notes: BTreeMap::new(),
    })
}

/// A cpio archive (newc) with osmeter as `/osmeter`, its libraries where it looks for them, and a place for /proc.
fn archive() -> std::io::Result<Vec<u8>> {
    let own = std::env::current_exe()?;
    let mut files: BTreeMap<PathBuf, PathBuf> = BTreeMap::from([("/osmeter".into(), own.clone())]);
    for library in libraries(&own)? {
        files.insert(library.clone(), library);
    }
    let mut archive = Archive { bytes: Vec::new(), entries: 0 };
    let mut folders: std::collections::BTreeSet<PathBuf> = [PathBuf::from("/proc")].into();
    for name in files.keys() {
        folders.extend(name.ancestors().skip(1).filter(|path| path.parent().is_some()).map(Path::to_path_buf));
    }
    for folder in &folders {
        archive.add(folder, 0o40_755, &[]);
    }
    for (name, source) in &files {
        archive.add(name, 0o100_755, &std::fs::read(source)?);
    }
    archive.add(Path::new("TRAILER!!!"), 0, &[]);
    Ok(archive.bytes)
}

/// The libraries of a program, and its loader, by their paths: asked of the loader itself. None for a static program.
fn libraries(program: &Path) -> std::io::Result<Vec<PathBuf>> {
    let Some(loader) = interpreter(&std::fs::read(program)?) else { return Ok(Vec::new()) };
    let listed = Command::new(&loader).arg("--list").arg(program).output()?;
    let mut paths = vec![loader];
    for line in String::from_utf8_lossy(&listed.stdout).lines() {
        let path = line.split("=>").last().and_then(|rest| rest.split_whitespace().next());
        paths.extend(path.filter(|path| path.starts_with('/')).map(PathBuf::from));
    }
    Ok(paths)
}

/// The loader that a 64-bit little-endian ELF program asks for (PT_INTERP).
fn interpreter(elf: &[u8]) -> Option<PathBuf> {
    let word = |at: usize, bytes: usize| {
        let field = elf.get(at..at + bytes)?;
        let value = field.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        usize::try_from(value).ok()
    };
    let (table, size, count) = (word(32, 8)?, word(54, 2)?, word(56, 2)?);
    let header = (0..count).map(|i| table + i * size).find(|at| word(*at, 4) == Some(3))?;
    let (offset, length) = (word(header + 8, 8)?, word(header + 32, 8)?);
    let name = elf.get(offset..offset + length)?;
    Some(PathBuf::from(String::from_utf8_lossy(name).trim_end_matches('\0').to_string()))
}

struct Archive {
    bytes: Vec<u8>,
    entries: u32,
}

impl Archive {
    /// Adds an entry: thirteen hexadecimal fields, the name, the content, each padded to four bytes.
    fn add(&mut self, name: &Path, mode: u32, content: &[u8]) {
        let name = name.to_string_lossy();
        let name = name.trim_start_matches('/');
        self.entries += 1;
        let fields = [self.entries, mode, 0, 0, 1, 0, u32::try_from(content.len()).unwrap_or(u32::MAX), 0, 0, 0, 0];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes.extend_from_slice(format!("{field:08X}").as_bytes());
        }
        let length = u32::try_from(name.len() + 1).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(format!("{length:08X}{:08X}{name}\0", 0).as_bytes());
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
    }

    fn pad(&mut self) {
        while !self.bytes.len().is_multiple_of(4) {
            self.bytes.push(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_tells_a_dead_guest_from_a_living_one() {
        let up = "boot\nosmeter-beat 1\nosmeter-beat 2\nosmeter-now\n";
        let dead = judge("kernel-fault", &format!("{up}sysrq: crash\nKernel panic - not syncing\nRebooting")).unwrap();
        assert_eq!(dead.sample.measures["beats_after"], 0.0);
        let alive = judge("user-fault", &format!("{up}osmeter-beat 3\nosmeter-beat 4\nosmeter-after\n")).unwrap();
        assert_eq!(alive.sample.measures["beating_after"], 1.0);
        let off = judge("power-off", &format!("{up}reboot: Power down")).unwrap();
        assert_eq!(off.sample.measures["done"], 1.0);
        assert_eq!(judge("power-off", &format!("{up}osmeter-after")).unwrap().sample.measures["done"], 0.0);
    }

    #[test]
    fn a_guest_that_did_not_come_up_is_a_failure_and_no_result() {
        assert!(matches!(judge("kernel-fault", "boot\nKernel panic - no init"), Err(BenchError::Failed(_))));
        assert!(matches!(judge("kernel-fault", "osmeter-beat\nosmeter-now\nnothing"), Err(BenchError::Failed(_))));
    }

    #[test]
    fn the_archive_holds_this_program_and_what_it_loads() {
        let own = std::env::current_exe().unwrap();
        let libraries = libraries(&own).unwrap();
        assert!(libraries.iter().all(|path| path.is_file()), "{libraries:?}");
        let bytes = archive().unwrap();
        assert!(bytes.starts_with(b"070701") && bytes.len().is_multiple_of(4));
        let size = std::fs::metadata(own).unwrap().len();
        assert!(bytes.len() as u64 > size);
        assert!(String::from_utf8_lossy(&bytes[bytes.len() - 16..]).contains("TRAILER!!!"));
    }
}
