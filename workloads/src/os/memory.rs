//! Mappings: words shared between processes, and resident private memory of a chosen size.

use crate::Failure;
use std::sync::atomic::{AtomicU32, AtomicU64};

/// The size of a page.
pub(crate) fn page() -> usize {
    // SAFETY: sysconf has no preconditions.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

fn map(bytes: usize, flags: i32) -> Result<*mut libc::c_void, Failure> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new anonymous mapping at an address of the kernel's choice.
    let at = unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, flags | libc::MAP_ANONYMOUS, -1, 0) };
    if at == libc::MAP_FAILED { Err(Failure::os(format!("map {bytes} bytes"))) } else { Ok(at) }
}

/// `n` zeroed words that forked children share with this process, resident, until the process ends.
pub(crate) fn shared_words(n: usize) -> Result<&'static [AtomicU64], Failure> {
    let at = map(n.max(1) * 8, libc::MAP_SHARED | libc::MAP_POPULATE)?;
    // SAFETY: the mapping is zeroed, aligned to a page, n words long and never unmapped.
    Ok(unsafe { std::slice::from_raw_parts(at.cast(), n) })
}

/// `n` zeroed futex words, one to a cache line (each 64 bytes apart, the first of 16), shared with forked children.
pub(crate) fn shared_futexes(n: usize) -> Result<&'static [FutexLine], Failure> {
    let at = map(n.max(1) * std::mem::size_of::<FutexLine>(), libc::MAP_SHARED | libc::MAP_POPULATE)?;
    // SAFETY: the mapping is zeroed, aligned to a page, n lines long and never unmapped; FutexLine is plain atomics.
    Ok(unsafe { std::slice::from_raw_parts(at.cast(), n) })
}

/// A futex word alone on its cache line.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct FutexLine {
    pub(crate) word: AtomicU32,
}

/// Transparent huge pages for one mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HugePages {
    /// As the machine is configured.
    Default,
    /// Asked for.
    Yes,
    /// Refused.
    No,
}

/// Private anonymous memory, written once so that it is resident; unmapped when dropped.
#[derive(Debug)]
pub(crate) struct Resident {
    at: *mut u8,
    bytes: usize,
}

impl Resident {
    /// Maps and touches. Every page holds its own number, so that no page is the shared zero page.
    pub(crate) fn new(bytes: usize, huge: HugePages) -> Result<Resident, Failure> {
        let at: *mut u8 = if bytes == 0 { std::ptr::null_mut() } else { map(bytes, libc::MAP_PRIVATE)?.cast() };
        let memory = Resident { at, bytes };
        let advice = match huge {
            HugePages::Default => None,
            HugePages::Yes => Some(libc::MADV_HUGEPAGE),
            HugePages::No => Some(libc::MADV_NOHUGEPAGE),
        };
        if let (Some(advice), true) = (advice, bytes > 0) {
            // Not every kernel has THP; then the advice fails and the pages are small.
            // SAFETY: advice about our own mapping does not change its content.
            unsafe { libc::madvise(at.cast(), bytes, advice) };
        }
        for offset in (0..bytes).step_by(page()) {
            // SAFETY: the offset is inside our mapping.
            unsafe { at.add(offset).cast::<u64>().write_volatile(offset as u64 + 1) };
        }
        Ok(memory)
    }

    /// Whether every page still holds its number.
    pub(crate) fn intact(&self) -> bool {
        // SAFETY: each offset is inside our mapping, which was written in `new`.
        (0..self.bytes)
            .step_by(page())
            .all(|offset| unsafe { self.at.add(offset).cast::<u64>().read_volatile() } == offset as u64 + 1)
    }

    /// Its first byte.
    pub(crate) fn as_ptr(&self) -> *mut u8 {
        self.at
    }
}

impl Drop for Resident {
    fn drop(&mut self) {
        if self.bytes > 0 {
            // SAFETY: our own mapping; nothing borrows it any longer.
            unsafe { libc::munmap(self.at.cast(), self.bytes) };
        }
    }
}
