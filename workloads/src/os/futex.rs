//! Futexes that work across processes (not FUTEX_PRIVATE: the arms of a comparison must make the same call).

use std::sync::atomic::{AtomicU32, Ordering};

/// Sleeps while the word holds `value`. Returns at once when it does not; may also return for no reason.
pub(crate) fn wait(word: &AtomicU32, value: u32) {
    // SAFETY: the word outlives the call; a null timeout means none.
    unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, value, std::ptr::null::<libc::timespec>())
    };
}

/// Wakes up to `n` sleepers.
pub(crate) fn wake(word: &AtomicU32, n: i32) {
    // SAFETY: the word outlives the call.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, n) };
}

/// A gate that opens once, for threads and processes alike.
pub(crate) struct Gate(pub(crate) &'static AtomicU32);

impl Gate {
    /// A closed gate in memory shared with forked children.
    pub(crate) fn new() -> Result<Gate, crate::Failure> {
        Ok(Gate(&super::memory::shared_futexes(1)?[0].word))
    }

    /// Sleeps until it is open.
    pub(crate) fn pass(&self) {
        while self.0.load(Ordering::Acquire) == 0 {
            wait(self.0, 0);
        }
    }

    /// Opens it, in one system call.
    pub(crate) fn open(&self) {
        self.0.store(1, Ordering::Release);
        wake(self.0, i32::MAX);
    }
}
