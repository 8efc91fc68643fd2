//! Temporary files that are gone from their folder before they are used, filled with blocks that know their number;
//! and the io_uring to read them with.

use crate::Failure;
use crate::failure::ensure;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A new file in that folder, already unlinked: nothing is left, however this process ends.
pub(crate) fn temporary(folder: &Path) -> Result<File, Failure> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!(".osmeter-{}-{number}", std::process::id()));
    let what = format!("create a temporary file in {}", folder.display());
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path);
    let file = file.map_err(Failure::of(what))?;
    std::fs::remove_file(&path).map_err(Failure::of("unlink the temporary file"))?;
    Ok(file)
}

/// Whether a folder is kept in memory, where no read reaches a disk. tmpfs and ramfs accept O_DIRECT all the same.
pub(crate) fn in_memory(folder: &Path) -> bool {
    const RAMFS: i128 = 0x8584_58f6;
    nix::sys::statfs::statfs(folder).is_ok_and(|at| {
        let kind = at.filesystem_type();
        kind == nix::sys::statfs::TMPFS_MAGIC || i128::from(kind.0) == RAMFS
    })
}

/// A folder for temporary files, on a disk if there is one.
pub(crate) fn folder() -> PathBuf {
    let candidates = [std::env::temp_dir(), "/var/tmp".into(), ".".into()];
    candidates.iter().find(|at| at.is_dir() && !in_memory(at)).unwrap_or(&candidates[0]).clone()
}

/// The same file by another description, with more flags (O_DIRECT). The file system may refuse.
pub(crate) fn reopen(file: &File, flags: i32) -> Result<File, Failure> {
    use std::os::fd::AsRawFd;
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|e| match e.raw_os_error() {
        Some(libc::EINVAL) => {
            Failure::unavailable("this file system has no direct I/O", "give a folder on a disk by dir=")
        }
        _ => Failure::Os { what: "open the temporary file again".into(), source: e },
    })
}

fn refused(e: std::io::Error) -> Failure {
    Failure::unavailable(
        format!("io_uring cannot be set up ({e})"),
        "it needs Linux 5.6, kernel.io_uring_disabled=0 and a seccomp profile that allows it",
    )
}

/// An io_uring of that many entries, where the kernel gives one.
pub(crate) fn ring(entries: u32) -> Result<io_uring::IoUring, Failure> {
    io_uring::IoUring::new(entries).map_err(refused)
}

/// One whose submissions a kernel thread finds by polling. It sleeps after 20 ms without any.
pub(crate) fn polled_ring(entries: u32) -> Result<io_uring::IoUring, Failure> {
    io_uring::IoUring::builder().setup_sqpoll(20).build(entries).map_err(refused)
}

/// Blocks of a file: the first and last words of each hold its number.
pub(crate) struct Block;

impl Block {
    /// Writes `size` bytes of numbered blocks.
    pub(crate) fn fill(file: &File, size: usize, block: usize) -> Result<(), Failure> {
        let per_write = (1 << 20) / block.min(1 << 20);
        let mut buffer = vec![0u8; per_write.max(1) * block];
        let mut number = 0u64;
        let mut at = 0;
        while at < size {
            let length = buffer.len().min(size - at);
            for chunk in buffer[..length].chunks_exact_mut(block) {
                chunk[..8].copy_from_slice(&number.to_le_bytes());
                chunk[block - 8..].copy_from_slice(&number.to_le_bytes());
                number += 1;
            }
            file.write_all_at(&buffer[..length], at as u64).map_err(Failure::of("fill the temporary file"))?;
            at += length;
        }
        Ok(())
    }

    /// Whether this is block `number`.
    pub(crate) fn is(block: &[u8], number: u64) -> bool {
        block[..8] == number.to_le_bytes() && block[block.len() - 8..] == number.to_le_bytes()
    }

    /// Reads every block and fails at the first wrong one.
    pub(crate) fn check(file: &File, size: usize, block: usize) -> Result<(), Failure> {
        let mut buffer = vec![0u8; block];
        for number in 0..(size / block) as u64 {
            file.read_exact_at(&mut buffer, number * block as u64).map_err(Failure::of("read the copy"))?;
            ensure(Block::is(&buffer, number), || format!("block {number} of the copy is wrong"))?;
        }
        Ok(())
    }
}
