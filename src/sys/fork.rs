//! A forked child that waits at a gate, then becomes the command.
//!
//! Between fork and exec only async-signal-safe calls are made (osmeter may have other threads, whose locks a fork leaves
//! held for ever), so everything is prepared before: program, arguments, environment, ids.
//!
//! One socket pair is the gate and the way back. The child blocks reading a byte from it; end of file, because osmeter died
//! or gave up, makes it leave without running anything. A step that fails is written back as [`Failure`]; a successful
//! `execve` closes the child's end, which the parent reads as end of file.

use super::identity::Ids;
use super::page::SharedPage;
use super::signals::{Disposition, disposition, set_plain};
use super::startup;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;

/// What to become.
#[derive(Debug)]
pub struct Launch<'a> {
    /// The path to execute.
    pub program: CString,
    /// Its arguments, the name first.
    pub argv: Vec<CString>,
    /// Its environment.
    pub environment: Vec<CString>,
    /// The ids to take on first, if not osmeter's own.
    pub ids: Option<Ids>,
    /// A descriptor that the program is to have, under the number given.
    pub inherit: Option<(BorrowedFd<'a>, RawFd)>,
}

/// The child, waiting.
#[derive(Debug)]
pub struct Forked {
    /// Its id.
    pub pid: libc::pid_t,
    /// The gate and the way back.
    pub gate: UnixStream,
    /// Where it writes its readings right before `execve`.
    pub page: SharedPage,
}

/// The step before the command ran that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Taking on another user's ids.
    Identity,
    /// Handing down the control descriptor.
    Inherit,
    /// `execve`.
    Exec,
}

/// A step that failed, and its errno.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// Which step.
    pub step: Step,
    /// The errno.
    pub errno: i32,
}

/// A failure on the wire: step, three bytes of nothing, errno.
const WIRE: usize = 8;

impl Failure {
    fn to_wire(self) -> [u8; WIRE] {
        let mut wire = [0; WIRE];
        wire[0] = match self.step {
            Step::Identity => 1,
            Step::Inherit => 2,
            Step::Exec => 3,
        };
        wire[4..].copy_from_slice(&self.errno.to_ne_bytes());
        wire
    }

    /// Reads the end of the way back: a failure, or nothing if the child executed its program or died.
    pub fn read(mut gate: &UnixStream) -> io::Result<Option<Self>> {
        use std::io::Read;
        let mut wire = [0; WIRE];
        match gate.read_exact(&mut wire) {
            Ok(()) => {}
            // A child that died with the gate's byte unread resets the connection instead of ending it.
            Err(e) if matches!(e.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => {
                return Ok(None);
            }
            Err(e) => return Err(e),
        }
        let step = match wire[0] {
            1 => Step::Identity,
            2 => Step::Inherit,
            _ => Step::Exec,
        };
        let [_, _, _, _, a, b, c, d] = wire;
        Ok(Some(Self { step, errno: i32::from_ne_bytes([a, b, c, d]) }))
    }
}

/// Our descriptors in the child stay clear of the low numbers that a program may be handed one under.
const HIGH: RawFd = 64;

/// Two children forked at once would each hold a copy of the other's end of the gate until they execute, and so hide its
/// end of file: from the making of the pair to the closing of the child's end, one at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Forks a child that waits at its gate.
pub fn fork(launch: &Launch<'_>) -> io::Result<Forked> {
    let page = SharedPage::new()?;
    let pointers = Pointers::new(launch);
    let inherited = startup::inherited();
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (ours, theirs) = UnixStream::pair()?; // close-on-exec
    let theirs = raised(&theirs)?;

    // No handler of ours may run in the child: all signals are blocked until it has reset them.
    let mask = block_all();
    // SAFETY: the child runs `child`, which makes only async-signal-safe calls and never returns.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // SAFETY: we are the only thread of a freshly forked child, and `pointers` point into `launch`, which is borrowed.
        unsafe { child(launch, &pointers, &inherited, &page, ours.as_raw_fd(), theirs.as_raw_fd()) }
    }
    let result = if pid < 0 { Err(io::Error::last_os_error()) } else { Ok(()) };
    // SAFETY: restores the mask that `block_all` read.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const mask, std::ptr::null_mut()) };
    result.map(|()| Forked { pid, gate: ours, page })
}

/// The environment of this process, byte for byte and in its order, without what a `Vec<(key, value)>` would drop.
pub fn raw_environment() -> Vec<CString> {
    unsafe extern "C" {
        static environ: *const *const libc::c_char;
    }
    let mut all = Vec::new();
    // SAFETY: `environ` is null or an array of C strings that ends with a null pointer. Nothing in osmeter sets variables.
    unsafe {
        let mut entry = environ;
        while !entry.is_null() && !(*entry).is_null() {
            all.push(std::ffi::CStr::from_ptr(*entry).to_owned());
            entry = entry.add(1);
        }
    }
    all
}

/// The pointer arrays that `execve` wants.
struct Pointers {
    argv: Vec<*const libc::c_char>,
    environment: Vec<*const libc::c_char>,
    /// `/bin/sh program arguments…`: how `execvp` runs a script without `#!`.
    shell: Vec<*const libc::c_char>,
}

const SHELL: &std::ffi::CStr = c"/bin/sh";

impl Pointers {
    fn new(launch: &Launch<'_>) -> Self {
        let array = |strings: &mut dyn Iterator<Item = *const libc::c_char>| {
            strings.chain(std::iter::once(std::ptr::null())).collect::<Vec<_>>()
        };
        let arguments = || launch.argv.iter().map(|a| a.as_ptr());
        Self {
            argv: array(&mut arguments()),
            environment: array(&mut launch.environment.iter().map(|e| e.as_ptr())),
            shell: array(&mut [SHELL.as_ptr(), launch.program.as_ptr()].into_iter().chain(arguments().skip(1))),
        }
    }
}

/// # Safety
/// Only in a freshly forked child.
unsafe fn child(
    launch: &Launch<'_>,
    pointers: &Pointers,
    inherited: &startup::Inherited,
    page: &SharedPage,
    ours: RawFd,
    gate: RawFd,
) -> ! {
    page.touch();
    // SAFETY: integers and live pointers throughout; only async-signal-safe calls.
    unsafe {
        libc::close(ours);
        reset_signals(inherited);
        for (fd, closed) in (0..).zip(inherited.closed) {
            if closed {
                libc::close(fd);
            }
        }
        if let Some(ids) = &launch.ids
            && let Err(error) = ids.take_on()
        {
            give_up(gate, Step::Identity, &error);
        }
        if let Some((fd, number)) = &launch.inherit {
            // dup2 onto itself would leave close-on-exec set.
            let rc = if fd.as_raw_fd() == *number {
                libc::fcntl(*number, libc::F_SETFD, 0)
            } else {
                libc::dup2(fd.as_raw_fd(), *number)
            };
            if rc < 0 {
                give_up(gate, Step::Inherit, &io::Error::last_os_error());
            }
        }
        let mut byte = 0u8;
        while libc::read(gate, (&raw mut byte).cast(), 1) != 1 {
            if *libc::__errno_location() != libc::EINTR {
                libc::_exit(127);
            }
            *libc::__errno_location() = 0;
        }
        page.write();
        libc::execve(launch.program.as_ptr(), pointers.argv.as_ptr(), pointers.environment.as_ptr());
        if *libc::__errno_location() == libc::ENOEXEC {
            libc::execve(SHELL.as_ptr(), pointers.shell.as_ptr(), pointers.environment.as_ptr());
        }
    }
    give_up(gate, Step::Exec, &io::Error::last_os_error())
}

/// Writes the failure back and leaves. Async-signal-safe.
fn give_up(gate: RawFd, step: Step, error: &io::Error) -> ! {
    let wire = Failure { step, errno: error.raw_os_error().unwrap_or(0) }.to_wire();
    // SAFETY: a live buffer of the length given; MSG_NOSIGNAL because SIGPIPE has its default action back.
    unsafe {
        libc::send(gate, wire.as_ptr().cast(), WIRE, libc::MSG_NOSIGNAL);
        libc::_exit(127)
    }
}

/// Gives the child the signal state that osmeter was started with: no handlers (`execve` would reset them, but the gate comes
/// first), what was ignored ignored, and the mask.
///
/// # Safety
/// Only in a freshly forked child.
unsafe fn reset_signals(inherited: &startup::Inherited) {
    for signal in 1..=64 {
        let ignored = inherited.ignored & (1 << (signal - 1)) != 0;
        let wanted = if ignored { Disposition::Ignored } else { Disposition::Default };
        if disposition(signal) != wanted {
            set_plain(signal, ignored);
        }
    }
    // SAFETY: a live set; the call is async-signal-safe.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const inherited.mask, std::ptr::null_mut()) };
}

/// Blocks every signal in this thread, and says which were blocked before.
fn block_all() -> libc::sigset_t {
    // SAFETY: zeroed sets are valid; both pointers are to live sets.
    unsafe {
        let (mut all, mut before): (libc::sigset_t, libc::sigset_t) = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        before
    }
}

/// A close-on-exec copy with a high number.
fn raised(stream: &UnixStream) -> io::Result<OwnedFd> {
    use nix::fcntl::{FcntlArg, fcntl};
    use std::os::fd::FromRawFd;
    let fd = fcntl(stream, FcntlArg::F_DUPFD_CLOEXEC(HIGH)).or_else(|_| fcntl(stream, FcntlArg::F_DUPFD_CLOEXEC(3)))?;
    // SAFETY: the kernel just returned this descriptor and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
