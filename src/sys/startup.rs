//! What this process inherited, read before anything changed it.
//!
//! Between `_start` and `main`, Rust's runtime ignores SIGPIPE and opens /dev/null in place of a closed stdin, stdout or
//! stderr; the C library takes two signals for itself with its first thread. The measured command must see none of it, so a
//! constructor in `.init_array`, which the C library runs first, takes note. The signal mask is noted too: libraries may
//! change it later.

use super::signals::{Disposition, disposition};
use std::sync::OnceLock;

/// The state in which osmeter was started.
#[derive(Debug, Clone, Copy)]
pub struct Inherited {
    /// Which signals were ignored: bit n - 1 for signal n.
    pub ignored: u64,
    /// Which of the descriptors 0, 1 and 2 were closed.
    pub closed: [bool; 3],
    /// The blocked signals.
    pub mask: libc::sigset_t,
    /// When this note was taken, by `CLOCK_MONOTONIC`, in ns.
    pub at_ns: u64,
}

static INHERITED: OnceLock<Inherited> = OnceLock::new();

#[used]
// SAFETY: `.init_array` holds pointers to functions of this type; the C library calls each once, with arguments that a
// function without parameters may ignore in the C ABI. `take_note` uses only libc calls and a const-initialised static,
// neither of which needs Rust's runtime.
#[unsafe(link_section = ".init_array")]
static TAKE_NOTE: extern "C" fn() = take_note;

extern "C" fn take_note() {
    INHERITED.get_or_init(read);
}

/// What osmeter inherited.
pub fn inherited() -> Inherited {
    // Naming the constructor keeps the linker from dropping it with an object file that nothing else refers to.
    let constructor = std::hint::black_box(TAKE_NOTE);
    constructor();
    *INHERITED.get_or_init(read)
}

fn read() -> Inherited {
    // SAFETY: a zeroed `sigset_t` is a valid value of this C structure.
    let mut mask: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: the call only reads the current mask into the live, exclusively borrowed set.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, std::ptr::null(), &raw mut mask) };
    let ignored = (1..=64).filter(|signal| disposition(*signal) == Disposition::Ignored);
    let ignored = ignored.fold(0, |set, signal| set | 1 << (signal - 1));
    // SAFETY: F_GETFD on any number is harmless: it fails on a closed descriptor and changes nothing on an open one.
    let closed = [0, 1, 2].map(|fd| unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1);
    Inherited { ignored, closed, mask, at_ns: super::clock::monotonic_ns() }
}
