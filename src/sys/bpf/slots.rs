//! The per-CPU slots, mapped so that one store per CPU stops all counting there.

use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where `stop` is in a slot: after `active`, see ledger.h.
const STOP_OFFSET: usize = 4;

/// The mapped array of slots.
pub struct Slots {
    start: NonNull<c_void>,
    length: usize,
    cpus: usize,
    stride: usize,
}

impl Slots {
    /// Maps the array map behind `fd`, whose values have `size` bytes.
    pub fn map(fd: BorrowedFd<'_>, cpus: usize, size: usize) -> std::io::Result<Self> {
        let stride = size.next_multiple_of(8);
        let page = 4096;
        let length = (stride * cpus.max(1)).next_multiple_of(page);
        let wanted = NonZeroUsize::new(length).ok_or(std::io::ErrorKind::InvalidInput)?;
        // SAFETY: a new shared mapping at an address the kernel chooses; nothing else aliases it in this process.
        let start =
            unsafe { mmap(None, wanted, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE, MapFlags::MAP_SHARED, fd, 0)? };
        Ok(Self { start, length, cpus, stride })
    }

    /// Tells the programs on every CPU to count nothing any more.
    pub fn stop(&self) {
        self.set_stop(1);
    }

    /// Tells them to count again.
    pub fn go_on(&self) {
        self.set_stop(0);
    }

    fn set_stop(&self, to: u32) {
        for cpu in 0..self.cpus {
            // SAFETY: cpu * stride + 4 lies inside the mapping (`map` made it cpus * stride long), is 4-byte aligned,
            // and the kernel side only reads this word.
            let stop = unsafe { self.start.byte_add(cpu * self.stride + STOP_OFFSET).cast::<AtomicU32>().as_ref() };
            stop.store(to, Ordering::SeqCst);
        }
    }
}

impl Drop for Slots {
    fn drop(&mut self) {
        // SAFETY: the mapping made by `map`, unmapped once; no reference into it outlives `stop`.
        let _ = unsafe { munmap(self.start, self.length) };
    }
}
