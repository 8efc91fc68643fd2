//! Signals as records in a pipe, so that they can be polled for beside other descriptors.
//!
//! A handler rather than a signalfd: a signalfd needs the signals blocked in every thread of osmeter, and a mask is
//! inherited over `execve` where a handler is not. A signal that was ignored when osmeter started stays ignored, in osmeter
//! and so in the command (`nohup`, background jobs of a shell without job control).

use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd};
use std::sync::atomic::{AtomicI32, Ordering};

/// What happens on a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// The default action.
    Default,
    /// Nothing.
    Ignored,
    /// A handler runs.
    Handled,
}

/// The kernel's own `struct sigaction`, as x86_64 and aarch64 have it: the C library's call hides signals 32 and 33.
#[repr(C)]
struct KernelAction {
    handler: usize,
    flags: libc::c_ulong,
    restorer: usize,
    mask: u64,
}

/// What happens on `signal`, which may be one that the C library keeps to itself. Async-signal-safe.
pub fn disposition(signal: i32) -> Disposition {
    let mut action = KernelAction { handler: 0, flags: 0, restorer: 0, mask: 0 };
    // SAFETY: only reads the current action, into live memory of the kernel's layout; 8 is the size of its signal set. A
    // number that is no signal leaves the default.
    unsafe {
        libc::syscall(libc::SYS_rt_sigaction, signal, std::ptr::null::<KernelAction>(), &raw mut action, 8usize);
    }
    match action.handler {
        libc::SIG_DFL => Disposition::Default,
        libc::SIG_IGN => Disposition::Ignored,
        _ => Disposition::Handled,
    }
}

/// Sets `signal` to its default action or to being ignored, for a process about to execute another program.
/// Async-signal-safe.
pub fn set_plain(signal: i32, ignored: bool) {
    let handler = if ignored { libc::SIG_IGN } else { libc::SIG_DFL };
    let action = KernelAction { handler, flags: 0, restorer: 0, mask: 0 };
    // SAFETY: a live structure of the kernel's layout that names no handler; SIGKILL and SIGSTOP are refused, harmlessly.
    unsafe {
        libc::syscall(libc::SYS_rt_sigaction, signal, &raw const action, std::ptr::null_mut::<KernelAction>(), 8usize);
    }
}

/// The write end, for the handler; -1 while none is installed.
static PIPE: AtomicI32 = AtomicI32::new(-1);

/// A signal that was caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caught {
    /// Its number.
    pub signal: i32,
    /// Who sent it: a process, or the kernel (a terminal, a timer) if none.
    pub sender: Option<u32>,
}

/// Catches signals while it lives, and restores what was there before when dropped.
#[derive(Debug)]
pub struct Catcher {
    read: io::PipeReader,
    before: Vec<(i32, SavedAction)>,
}

/// `sigaction` has no `Debug`.
struct SavedAction(libc::sigaction);

impl std::fmt::Debug for SavedAction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#x}", self.0.sa_sigaction)
    }
}

/// Bytes of a record: signal, and the sender's id or 0. Small writes to a pipe are atomic.
const RECORD: usize = 8;

impl Catcher {
    /// Starts catching `signals`, except those that are ignored. One catcher may live at a time.
    pub fn install(signals: &[i32]) -> io::Result<Self> {
        let (read, write) = io::pipe()?; // both ends are close-on-exec
        nonblocking(read.as_fd())?;
        nonblocking(write.as_fd())?;
        let raw = write.as_raw_fd();
        if PIPE.compare_exchange(-1, raw, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "signals are being caught already"));
        }
        let _ = write.into_raw_fd(); // closed in `drop`
        let mut catcher = Self { read, before: Vec::with_capacity(signals.len()) };
        for signal in signals {
            if let Some(before) = catch(*signal)? {
                catcher.before.push((*signal, SavedAction(before)));
            }
        }
        Ok(catcher)
    }

    /// Signals caught since the last call.
    pub fn take(&mut self) -> Vec<Caught> {
        let mut caught = Vec::new();
        let mut record = [0u8; RECORD];
        while let Ok(RECORD) = self.read.read(&mut record) {
            let [a, b, c, d, e, f, g, h] = record;
            let sender = u32::from_ne_bytes([e, f, g, h]);
            caught.push(Caught { signal: i32::from_ne_bytes([a, b, c, d]), sender: (sender != 0).then_some(sender) });
        }
        caught
    }
}

impl AsFd for Catcher {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.read.as_fd()
    }
}

impl Drop for Catcher {
    fn drop(&mut self) {
        for (signal, action) in &self.before {
            // SAFETY: puts back an action that the kernel itself gave us.
            unsafe { libc::sigaction(*signal, &raw const action.0, std::ptr::null_mut()) };
        }
        let fd = PIPE.swap(-1, Ordering::SeqCst);
        if fd >= 0 {
            // SAFETY: `install` gave this descriptor up to the static, which no longer holds it.
            unsafe { libc::close(fd) };
        }
    }
}

/// Installs the handler, and says what was there. None if the signal is ignored and so left alone.
fn catch(signal: i32) -> io::Result<Option<libc::sigaction>> {
    let mut before = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: only reads the current action into live memory.
    if unsafe { libc::sigaction(signal, std::ptr::null(), before.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: all-zero is valid and the call succeeded.
    let before = unsafe { before.assume_init() };
    if before.sa_sigaction == libc::SIG_IGN {
        return Ok(None);
    }
    // SAFETY: all-zero is a valid `sigaction` with an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as *const () as libc::sighandler_t;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
    // SAFETY: the handler has the SA_SIGINFO signature and makes only async-signal-safe calls.
    if unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(Some(before))
}

extern "C" fn handler(signal: libc::c_int, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: with SA_SIGINFO the kernel passes a valid siginfo; `si_pid` is meaningful for codes <= 0 (a process sent it).
    let sender = unsafe {
        let info = &*info;
        if info.si_code <= 0 { info.si_pid().cast_unsigned() } else { 0 }
    };
    let mut record = [0u8; RECORD];
    record[..4].copy_from_slice(&signal.to_ne_bytes());
    record[4..].copy_from_slice(&sender.to_ne_bytes());
    // SAFETY: errno is this thread's own; write(2) is async-signal-safe, the buffer is live, and a closed descriptor (-1)
    // only fails. A full pipe drops the record: 8192 unread signals say the same as 8191.
    unsafe {
        let errno = libc::__errno_location();
        let saved = *errno;
        libc::write(PIPE.load(Ordering::SeqCst), record.as_ptr().cast(), RECORD);
        *errno = saved;
    }
}

fn nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(())
}
