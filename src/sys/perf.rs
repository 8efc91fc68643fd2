//! `perf_event_open(2)`: what the crate perf-event leaves out, which is counters of another task in a group, reading without
//! a panic, and the ring that records are written to. The events themselves are described with that crate's `Builder`.

use perf_event::Builder;
use perf_event_open_sys::bindings::{PERF_FLAG_FD_CLOEXEC, perf_event_mmap_page};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// A counter's value and how long it was wanted and really ran, in ns, summed over the threads it was inherited by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// The raw value.
    pub value: u64,
    /// How long the counter was enabled while its threads ran.
    pub enabled_ns: u64,
    /// How long of it the hardware really counted.
    pub running_ns: u64,
}

/// Opens the event that `builder` describes on thread `tid` (0: this one) and on `cpu` (none: wherever it runs), in the
/// group that `leader` leads. The builder's own choice of task, CPU and group is not used.
pub fn open(builder: &Builder<'_>, tid: i32, cpu: Option<i32>, leader: Option<BorrowedFd<'_>>) -> io::Result<OwnedFd> {
    let leader = leader.map_or(-1, |fd| fd.as_raw_fd());
    // SAFETY: the attribute structure is live and states its own size; the kernel writes to it only if it states a wrong one,
    // which its crate does not.
    let fd = unsafe {
        let attributes = std::ptr::from_ref(builder.attrs());
        let flags = libc::c_ulong::from(PERF_FLAG_FD_CLOEXEC);
        libc::syscall(libc::SYS_perf_event_open, attributes, tid, cpu.unwrap_or(-1), leader, flags)
    };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    let fd = i32::try_from(fd).map_err(io::Error::other)?;
    // SAFETY: the kernel just returned this descriptor and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Starts the counter, or the group it leads.
pub fn enable(counter: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: the ioctl takes an integer: 0 for this event alone, which for a leader enables scheduling of its members.
    let rc = unsafe { perf_event_open_sys::ioctls::ENABLE(counter.as_raw_fd(), 0) };
    if rc < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Reads a counter that was opened with both times in its read format, as the builder's default is.
pub fn read(counter: BorrowedFd<'_>) -> io::Result<Count> {
    let mut bytes = [0u8; 24];
    let n = nix::unistd::read(counter, &mut bytes)?;
    if n != bytes.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let word = |i: usize| {
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[i * 8..i * 8 + 8]);
        u64::from_ne_bytes(word)
    };
    Ok(Count { value: word(0), enabled_ns: word(1), running_ns: word(2) })
}

/// The ring that an event's records are written to.
#[derive(Debug)]
pub struct Ring {
    page: NonNull<perf_event_mmap_page>,
    bytes: usize,
    _event: OwnedFd,
}

impl Ring {
    /// Maps the ring of `event`: `pages` of data, a power of two.
    pub fn map(event: OwnedFd, pages: usize) -> io::Result<Self> {
        let bytes = (pages + 1) * page_size();
        // SAFETY: a fresh mapping of the event's own buffer at an address of the kernel's choice.
        let start = unsafe {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            libc::mmap(std::ptr::null_mut(), bytes, access, libc::MAP_SHARED, event.as_fd().as_raw_fd(), 0)
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let page = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("mmap returned 0"))?;
        Ok(Self { page, bytes, _event: event })
    }

    /// How many bytes of records the kernel has written so far.
    pub fn head(&self) -> u64 {
        // SAFETY: the first page is mapped as long as `self` lives; the kernel updates `data_head` as one aligned word.
        let head = unsafe { AtomicU64::from_ptr(&raw mut (*self.page.as_ptr()).data_head) };
        head.load(Ordering::Acquire)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: mapped by `map` with this size, and no reference to it outlives `self`.
        unsafe { libc::munmap(self.page.as_ptr().cast(), self.bytes) };
    }
}

/// The size of a page, in bytes.
pub fn page_size() -> usize {
    // SAFETY: sysconf takes an integer and has no preconditions.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}
