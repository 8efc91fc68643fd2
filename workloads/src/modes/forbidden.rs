//! Hardware and kernel memory, reached for directly from user mode and by asking; the vDSO as the exception.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::{Child, Ended};
use crate::os::{clock, limits};
use crate::{Arguments, Failure, Outcome, Stage};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "forbidden",
    concept: "kernel memory and devices are out of a program's reach; it must ask, and the kernel may say no",
    unit: "attempt",
    parameters: &[Parameter {
        name: "list",
        default: "direct",
        kind: Kind::Choice(&["direct", "ask", "controls"]),
        help: "direct: touch kernel addresses; ask: request the same of the kernel; controls: what must work",
    }],
    exercises: &["tasks:processes", "syscall:wait4"],
    needs: &[],
    run,
};

/// What came of an attempt, as a child's exit status: 0 works, else the errno.
type Attempt = (&'static str, fn() -> i32);

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(255)
}

fn of(result: i64) -> i32 {
    if result >= 0 { 0 } else { errno() }
}

fn read_address<const AT: usize>() -> i32 {
    // SAFETY: runs in a child that exists for this; the read faults or reads one byte that nobody uses.
    unsafe { (AT as *const u8).read_volatile() };
    0
}

fn write_address<const AT: usize>() -> i32 {
    // SAFETY: as above; user mode cannot write there, so nothing is changed.
    unsafe { (AT as *mut u8).write_volatile(0) };
    0
}

#[cfg(target_arch = "x86_64")]
mod addresses {
    /// The kernel's text, where it is without address randomisation; the whole range is kernel memory with it too.
    pub(super) const TEXT: usize = 0xffff_ffff_8100_0000;
    /// The map of all physical memory.
    pub(super) const PHYSICAL: usize = 0xffff_8880_0000_0000;
    pub(super) const HIGHEST: usize = 0xffff_ffff_ffff_f000;
    pub(super) const LOWEST: usize = 0xffff_8000_0000_0000;
}
#[cfg(not(target_arch = "x86_64"))]
mod addresses {
    pub(super) const TEXT: usize = 0xffff_8000_0800_0000;
    pub(super) const PHYSICAL: usize = 0xffff_0000_0000_0000;
    pub(super) const HIGHEST: usize = 0xffff_ffff_ffff_f000;
    pub(super) const LOWEST: usize = 0xffff_0000_0000_1000;
}

static DIRECT: &[Attempt] = &[
    ("read the kernel's text", read_address::<{ addresses::TEXT }>),
    ("read the map of physical memory", read_address::<{ addresses::PHYSICAL }>),
    ("read the highest page", read_address::<{ addresses::HIGHEST }>),
    ("read the lowest kernel page", read_address::<{ addresses::LOWEST }>),
    ("write the kernel's text", write_address::<{ addresses::TEXT }>),
    ("write the map of physical memory", write_address::<{ addresses::PHYSICAL }>),
    ("read page 0", read_address::<8>),
];

fn open_and_read(path: &std::ffi::CStr) -> i32 {
    let mut byte = 0u8;
    // SAFETY: the path is a live C string and `byte` one byte long; nothing is written anywhere.
    unsafe {
        let fd = libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        if fd == -1 { errno() } else { of(libc::pread(fd, (&raw mut byte).cast(), 1, 0) as i64) }
    }
}

/// Requests a byte of the kernel's text as the buffer of a write: the kernel checks that pointers are the caller's.
fn write_from_kernel_address() -> i32 {
    let mut ends = [0i32; 2];
    // SAFETY: `ends` is live; the kernel rejects the other pointer without using it.
    unsafe {
        libc::pipe(ends.as_mut_ptr());
        of(libc::write(ends[1], addresses::TEXT as *const libc::c_void, 1) as i64)
    }
}

fn map_page_zero() -> i32 {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
    // SAFETY: page 0 holds no object of this child.
    let at = unsafe { libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_READ, flags, -1, 0) };
    if at == libc::MAP_FAILED { errno() } else { 0 }
}

fn map_kernel_address() -> i32 {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
    // SAFETY: the kernel refuses an address outside the user's half.
    let at = unsafe { libc::mmap(addresses::TEXT as *mut libc::c_void, 4096, libc::PROT_READ, flags, -1, 0) };
    if at == libc::MAP_FAILED { errno() } else { 0 }
}

/// Asks for the right to one port, the one that POST cards listen on; nothing is sent to it.
#[cfg(target_arch = "x86_64")]
fn ask_for_a_port() -> i32 {
    // SAFETY: takes numbers; the right ends with this child.
    of(unsafe { libc::syscall(libc::SYS_ioperm, 0x80, 1, 1) })
}

static ASK: &[Attempt] = &[
    #[cfg(target_arch = "x86_64")]
    ("ask for an I/O port", ask_for_a_port),
    ("open and read /dev/mem", || open_and_read(c"/dev/mem")),
    ("open and read /proc/kcore", || open_and_read(c"/proc/kcore")),
    ("write from a kernel address", write_from_kernel_address),
    ("map page 0", map_page_zero),
    ("map a kernel address", map_kernel_address),
];

static CONTROLS: &[Attempt] = &[
    ("read own memory", || {
        let own = std::hint::black_box(7u8);
        // SAFETY: a live local.
        i32::from(unsafe { (&raw const own).read_volatile() } != 7)
    }),
    ("ask for the time without a call (vDSO)", || i32::from(clock::monotonic() == 0)),
    ("ask for the parent's id", || {
        // SAFETY: getppid has no preconditions.
        i32::from(unsafe { libc::getppid() } == 0)
    }),
];

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let list_name = arguments.word("list");
    let list = match list_name {
        "direct" => DIRECT,
        "ask" => ASK,
        _ => CONTROLS,
    };
    let mut ends = Vec::with_capacity(list.len());
    stage.begin();
    for (name, attempt) in list {
        let mut child = Child::fork(|| {
            limits::crash_without_core();
            crate::tasks::crash::default_on_segv();
            attempt()
        })?;
        ends.push((*name, child.wait()?));
    }
    stage.end();
    let count = |wanted: fn(&Ended) -> bool| ends.iter().filter(|(_, end)| wanted(end)).count();
    let faulted = count(|end| matches!(end, Ended::Signalled(_)));
    let allowed = count(|end| *end == Ended::Exited(0));
    ensure(list_name != "controls" || allowed == ends.len(), || format!("a control failed: {ends:?}"))?;
    let mut outcome = stage
        .outcome(ends.len() as u64)
        .measure("attempts", ends.len() as f64)
        .measure("faulted", faulted as f64)
        .measure("refused", (ends.len() - faulted - allowed) as f64)
        .measure("allowed", allowed as f64)
        .verified("each child's end was read: a signal, an errno, or success");
    for (name, end) in ends {
        outcome = outcome.note(name, super::requests::answer(end));
    }
    Ok(outcome)
}
