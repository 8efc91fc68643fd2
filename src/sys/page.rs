//! One page of memory that survives a fork as the same page on both sides.
//!
//! The forked child writes its own CPU clock and counts into it right before `execve`; the parent reads them after. A page
//! needs no descriptor, so nothing of it can leak into the command, and `execve` removes it.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the child did before `execve`: to be subtracted from what `wait4` says.
#[derive(Debug, Default)]
#[repr(C)]
struct Cells {
    /// 1 once everything else has been written: `execve` is next.
    complete: AtomicU64,
    exec_at_ns: AtomicU64,
    cpu_ns: AtomicU64,
    user_ns: AtomicU64,
    system_ns: AtomicU64,
    voluntary_switches: AtomicU64,
    involuntary_switches: AtomicU64,
    minor_faults: AtomicU64,
    major_faults: AtomicU64,
    peak_rss_bytes: AtomicU64,
}

/// The child's readings right before `execve`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Baseline {
    /// `CLOCK_MONOTONIC` then, in ns.
    pub exec_at_ns: u64,
    /// `CLOCK_THREAD_CPUTIME_ID` then, in ns.
    pub cpu_ns: u64,
    /// `ru_utime`, in ns.
    pub user_ns: u64,
    /// `ru_stime`, in ns.
    pub system_ns: u64,
    /// `ru_nvcsw`.
    pub voluntary_switches: u64,
    /// `ru_nivcsw`.
    pub involuntary_switches: u64,
    /// `ru_minflt`.
    pub minor_faults: u64,
    /// `ru_majflt`.
    pub major_faults: u64,
    /// `ru_maxrss`, in bytes. The kernel carries it over `execve` (`setmax_mm_hiwater_rss` in `exec_mmap`), so the command's
    /// own peak cannot be told from it while it is smaller.
    pub peak_rss_bytes: u64,
}

/// The shared page.
#[derive(Debug)]
pub struct SharedPage {
    cells: NonNull<Cells>,
}

// SAFETY: the page holds atomics only and is unmapped by the one owner; it is tied to no thread.
unsafe impl Send for SharedPage {}
// SAFETY: every access through a shared reference is to an atomic.
unsafe impl Sync for SharedPage {}

impl SharedPage {
    /// Maps a zeroed page.
    pub fn new() -> io::Result<Self> {
        // SAFETY: a fresh anonymous mapping at an address of the kernel's choice touches no existing memory.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                size_of::<Cells>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        NonNull::new(start.cast()).map(|cells| Self { cells }).ok_or_else(|| io::Error::other("mmap returned 0"))
    }

    fn cells(&self) -> &Cells {
        // SAFETY: the mapping is page-aligned, at least as large as `Cells`, lives as long as `self`, and all-zero bytes
        // are valid atomics.
        unsafe { self.cells.as_ref() }
    }

    /// Faults the page in, so that writing to it later adds no page fault between the reading and `execve`.
    /// Async-signal-safe.
    pub fn touch(&self) {
        self.cells().complete.store(0, Ordering::Relaxed);
    }

    /// Writes the calling process's own readings. Async-signal-safe: for the forked child, right before `execve`.
    ///
    /// `RUSAGE_SELF`, not `RUSAGE_THREAD`: only the former brings the running thread's CPU time up to date before it reads
    /// it (`thread_group_cputime` calls `task_sched_runtime` for the current thread group).
    pub fn write(&self) {
        let cells = self.cells();
        // SAFETY: a zeroed `rusage` is a valid value of this C structure.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: `usage` is live and exclusively borrowed.
        unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
        let store = |cell: &AtomicU64, value: u64| cell.store(value, Ordering::Relaxed);
        store(&cells.user_ns, super::wait::timeval_ns(usage.ru_utime));
        store(&cells.system_ns, super::wait::timeval_ns(usage.ru_stime));
        store(&cells.voluntary_switches, usage.ru_nvcsw.cast_unsigned());
        store(&cells.involuntary_switches, usage.ru_nivcsw.cast_unsigned());
        store(&cells.minor_faults, usage.ru_minflt.cast_unsigned());
        store(&cells.major_faults, usage.ru_majflt.cast_unsigned());
        store(&cells.peak_rss_bytes, usage.ru_maxrss.cast_unsigned() * 1024);
        store(&cells.exec_at_ns, clock_ns(libc::CLOCK_MONOTONIC));
        store(&cells.cpu_ns, clock_ns(libc::CLOCK_THREAD_CPUTIME_ID));
        cells.complete.store(1, Ordering::Release);
    }

    /// The child's readings, once it has written them.
    pub fn read(&self) -> Option<Baseline> {
        let cells = self.cells();
        if cells.complete.load(Ordering::Acquire) == 0 {
            return None;
        }
        let load = |cell: &AtomicU64| cell.load(Ordering::Relaxed);
        Some(Baseline {
            exec_at_ns: load(&cells.exec_at_ns),
            cpu_ns: load(&cells.cpu_ns),
            user_ns: load(&cells.user_ns),
            system_ns: load(&cells.system_ns),
            voluntary_switches: load(&cells.voluntary_switches),
            involuntary_switches: load(&cells.involuntary_switches),
            minor_faults: load(&cells.minor_faults),
            major_faults: load(&cells.major_faults),
            peak_rss_bytes: load(&cells.peak_rss_bytes),
        })
    }
}

impl Drop for SharedPage {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `new` with this size, and no reference to it outlives `self`.
        unsafe { libc::munmap(self.cells.as_ptr().cast(), size_of::<Cells>()) };
    }
}

/// A clock's reading in ns. Async-signal-safe.
pub fn clock_ns(clock: libc::clockid_t) -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is live and exclusively borrowed.
    unsafe { libc::clock_gettime(clock, &raw mut now) };
    now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
}
