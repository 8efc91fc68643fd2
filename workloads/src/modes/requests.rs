//! The same requests to the kernel as root and as nobody: which are refused for want of a right, which for any caller.
//!
//! Each is harmless where it succeeds, or is spoilt so that the kernel checks the right first and then rejects it.

use crate::descriptor::Workload;
use crate::failure::ensure;
use crate::os::child::{Child, Ended};
use crate::tasks::isolation::become_nobody;
use crate::{Arguments, Failure, Outcome, Stage};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "requests",
    concept: "the kernel checks who asks (authorisation) and what is asked (validation) at every request",
    unit: "request",
    parameters: &[],
    exercises: &["tasks:processes"],
    needs: &[],
    run,
};

/// 0 where the request is granted, else the errno.
type Request = (&'static str, fn() -> i32);

fn of(result: i64) -> i32 {
    if result >= 0 { 0 } else { std::io::Error::last_os_error().raw_os_error().unwrap_or(255) }
}

const BAD_POINTER: usize = 0x10;

fn read_process_1() -> i32 {
    let mut byte = 0u8;
    let local = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let remote = libc::iovec { iov_base: BAD_POINTER as *mut libc::c_void, iov_len: 1 };
    // SAFETY: `local` describes `byte`; the remote address is bad, so that nothing is read with the right either.
    of(unsafe { libc::process_vm_readv(1, &local, 1, &remote, 1, 0) } as i64)
}

fn real_time_policy() -> i32 {
    let parameter = libc::sched_param { sched_priority: 1 };
    // SAFETY: `parameter` is live; the child ends at once.
    of(i64::from(unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &parameter) }))
}

fn bind_to_port_1() -> i32 {
    match std::net::TcpListener::bind("127.0.0.1:1") {
        Ok(_) => 0,
        Err(e) => e.raw_os_error().unwrap_or(255),
    }
}

fn set_tick_of_clock() -> i32 {
    // SAFETY: a timex is plain integers. A tick of 0 is out of range: with the right to set it, EINVAL.
    of(i64::from(unsafe {
        let mut timex: libc::timex = std::mem::zeroed();
        timex.modes = libc::ADJ_TICK;
        libc::adjtimex(&mut timex)
    }))
}

macro_rules! call {
    ($call:expr) => {
        || {
            // SAFETY: harmless by the arguments, as the text beside each says; pointers are C strings, null or spoilt
            // on purpose, which the kernel checks.
            #[allow(clippy::unnecessary_cast)]
            of(unsafe { $call } as i64)
        }
    };
}

/// Requests that a right decides. What root gets differs: granted, or rejected for what was spoilt.
static AUTHORISED: &[Request] = &[
    ("open /etc/shadow to read", call!(libc::open(c"/etc/shadow".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC))),
    ("open /etc/passwd to write", call!(libc::open(c"/etc/passwd".as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC))),
    ("become uid 0", call!(libc::setuid(0))),
    ("chroot to /", call!(libc::chroot(c"/".as_ptr()))),
    ("signal 0 to process 1", call!(libc::kill(1, 0))),
    ("read memory of process 1", read_process_1),
    ("host name longer than allowed", call!(libc::syscall(libc::SYS_sethostname, 0usize, 1usize << 20))),
    ("clock tick of 0", set_tick_of_clock),
    (
        "mount of no known type",
        call!(libc::mount(c"none".as_ptr(), c"/".as_ptr(), c"nosuchfs".as_ptr(), 0, std::ptr::null())),
    ),
    ("reboot with a wrong magic", call!(libc::syscall(libc::SYS_reboot, 0, 0, 0, 0))),
    ("load an empty module", call!(libc::syscall(libc::SYS_init_module, 0usize, 0usize, c"".as_ptr()))),
    ("swap on a missing file", call!(libc::swapon(c"/nonexistent/swap".as_ptr(), 0))),
    ("priority above normal", call!(libc::setpriority(libc::PRIO_PROCESS, 0, -5))),
    ("real-time policy", real_time_policy),
    ("bind to port 1 on loopback", bind_to_port_1),
    ("raw socket", call!(libc::socket(libc::AF_INET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, libc::IPPROTO_ICMP))),
];

/// Requests that are wrong, whoever asks.
static WRONG: &[Request] = &[
    (
        "read into a bad pointer",
        call!({
            let fd = libc::open(c"/dev/zero".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
            libc::read(fd, BAD_POINTER as *mut libc::c_void, 1)
        }),
    ),
    ("read descriptor -1", call!(libc::syscall(libc::SYS_read, -1, 0, 0))),
    ("system call without a number in the table", call!(libc::syscall(crate::MARK_SYSCALL - 1))),
    ("map 0 bytes", call!(libc::syscall(libc::SYS_mmap, 0, 0, 0, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0))),
    ("open a missing file", call!(libc::open(c"/nonexistent/file".as_ptr(), libc::O_RDONLY))),
];

/// A child's end in words: an errno's name, `granted`, a signal.
pub(super) fn answer(end: Ended) -> String {
    match end {
        Ended::Exited(0) => "granted".into(),
        Ended::Exited(errno) => nix::errno::Errno::from_raw(errno).to_string().split(':').next().unwrap_or("?").into(),
        Ended::Signalled(libc::SIGSEGV) => "SIGSEGV".into(),
        Ended::Signalled(signal) => format!("signal {signal}"),
    }
}

/// What each request of both lists got, by one kind of caller.
fn ask_all(as_nobody: bool) -> Result<Vec<Ended>, Failure> {
    let mut answers = Vec::new();
    for (_, request) in AUTHORISED.iter().chain(WRONG) {
        let mut child = Child::fork(|| if as_nobody && !become_nobody() { 254 } else { request() })?;
        answers.push(child.wait()?);
    }
    Ok(answers)
}

fn run(_: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    // SAFETY: geteuid has no preconditions.
    let root = unsafe { libc::geteuid() } == 0;
    stage.begin();
    let as_root = if root { Some(ask_all(false)?) } else { None };
    let as_nobody = ask_all(root)?;
    stage.end();
    if as_nobody.contains(&Ended::Exited(254)) {
        return Err(Failure::unavailable("this root cannot become another user", "run it as a plain user"));
    }
    let refused_rightless = |end: &Ended| matches!(end, Ended::Exited(e) if *e == libc::EPERM || *e == libc::EACCES);
    let split = AUTHORISED.len();
    let nobody_refused = as_nobody[..split].iter().filter(|end| refused_rightless(end)).count();
    let wrong = |answers: &[Ended]| answers[split..].iter().filter(|end| !matches!(end, Ended::Exited(0))).count();
    ensure(wrong(&as_nobody) == WRONG.len(), || "a wrong request was granted".into())?;
    let mut outcome = stage
        .outcome((as_nobody.len() * if root { 2 } else { 1 }) as u64)
        .measure("authorised", split as f64)
        .measure("wrong", WRONG.len() as f64)
        .measure("nobody_refused", nobody_refused as f64)
        .measure("nobody_wrong_refused", wrong(&as_nobody) as f64)
        .verified("each answer was read; every wrong request was refused");
    if let Some(as_root) = &as_root {
        let only_nobody = as_root
            .iter()
            .zip(&as_nobody)
            .filter(|(root, nobody)| refused_rightless(nobody) && !refused_rightless(root));
        outcome = outcome
            .measure("refused_to_nobody_only", only_nobody.count() as f64)
            .measure("root_refused", as_root[..split].iter().filter(|end| refused_rightless(end)).count() as f64)
            .measure("root_wrong_refused", wrong(as_root) as f64);
    }
    for (index, (name, _)) in AUTHORISED.iter().chain(WRONG).enumerate() {
        let root = as_root.as_ref().map_or("not asked".to_string(), |answers| answer(answers[index]));
        outcome = outcome.note(*name, format!("root: {root}, nobody: {}", answer(as_nobody[index])));
    }
    Ok(outcome)
}
