//! One of several workers fails beside heartbeats: who survives, when they are processes, and when they are threads.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::Child;
use crate::os::futex::Gate;
use crate::os::memory::{page, shared_futexes, shared_words};
use crate::os::{clock, limits};
use crate::{Arguments, Failure, Outcome, Stage};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

pub(crate) static WORKLOAD: Workload = Workload {
    name: "crash",
    concept: "a process that fails fails alone; a thread takes its whole process with it, and shared things go wrong for all",
    unit: "failure",
    parameters: &[
        Parameter {
            name: "kind",
            default: "segv",
            kind: Kind::Choice(&[
                "segv",
                "abort",
                "exit",
                "kill",
                "return",
                "handled",
                "repaired",
                "private_write",
                "shared_write",
                "plain_lock",
                "robust_lock",
                "group",
            ]),
            help: "return, handled and repaired are controls; private_write and shared_write corrupt data; \
                   the locks are held by the one that crashes; group kills the process group",
        },
        Parameter {
            name: "where",
            default: "process",
            kind: Kind::Choice(&["process", "thread"]),
            help: "what the failing one and its heartbeats are",
        },
        Parameter { name: "beats", default: "4", kind: Kind::Integer { min: 1, max: 64 }, help: "heartbeats" },
    ],
    exercises: &["tasks:processes", "tasks:threads", "blocked:clock_nanosleep"],
    needs: &[],
    run,
};

const BEAT: Duration = Duration::from_micros(500);
/// How long heartbeats have to begin, and half of it to show that they go on. A survivor needs a millisecond; a dead or
/// misled one is known by its end; only one stuck at a lock takes the whole time.
const PATIENCE_NS: u64 = 2_000_000_000;
const INTACT: u64 = 0x5a5a_5a5a_1234_5678;

/// What the heartbeats and the failing one have in common.
#[derive(Clone, Copy)]
struct Common {
    beats: &'static [AtomicU64],
    /// Data that each heartbeat checks: in memory that fork copies, and in memory that it shares.
    private: &'static AtomicU64,
    shared: &'static AtomicU64,
    /// Heartbeats that stopped because their data was wrong.
    misled: &'static AtomicU64,
    lock: Option<Lock>,
    /// 1 when the failing one may fail; 2 when it holds its lock.
    go: &'static std::sync::atomic::AtomicU32,
}

/// A POSIX mutex in shared memory.
#[derive(Clone, Copy)]
struct Lock(*mut libc::pthread_mutex_t);

// SAFETY: a process-shared pthread mutex may be used from any thread.
unsafe impl Send for Lock {}
// SAFETY: as above.
unsafe impl Sync for Lock {}

impl Lock {
    fn new(robust: bool) -> Result<Lock, Failure> {
        let at: *mut libc::pthread_mutex_t = shared_words(64)?.as_ptr().cast_mut().cast();
        // SAFETY: `at` is zeroed shared memory, large and aligned enough, never unmapped; attr is live.
        let error = unsafe {
            let mut attr: libc::pthread_mutexattr_t = std::mem::zeroed();
            libc::pthread_mutexattr_init(&mut attr);
            libc::pthread_mutexattr_setpshared(&mut attr, libc::PTHREAD_PROCESS_SHARED);
            if robust {
                libc::pthread_mutexattr_setrobust(&mut attr, libc::PTHREAD_MUTEX_ROBUST);
            }
            libc::pthread_mutex_init(at, &attr)
        };
        if error == 0 { Ok(Lock(at)) } else { Err(Failure::wrong("a mutex could not be made")) }
    }

    fn take(self) {
        // SAFETY: the mutex was initialised in `new`. EOWNERDEAD gives it to us, to be made consistent.
        unsafe {
            if libc::pthread_mutex_lock(self.0) == libc::EOWNERDEAD {
                libc::pthread_mutex_consistent(self.0);
            }
        }
    }

    fn give(self) {
        // SAFETY: the caller holds the mutex.
        unsafe { libc::pthread_mutex_unlock(self.0) };
    }
}

fn heartbeat(common: Common, index: usize) {
    loop {
        if let Some(lock) = common.lock {
            lock.take();
            lock.give();
        }
        let intact = |word: &AtomicU64| word.load(Ordering::Acquire) == INTACT;
        if !intact(common.private) || !intact(common.shared) {
            common.misled.fetch_add(1, Ordering::Release);
            return;
        }
        common.beats[index].fetch_add(1, Ordering::Release);
        clock::sleep(BEAT);
    }
}

/// Where `repaired` faults, for its handler.
static FAULTING_PAGE: AtomicUsize = AtomicUsize::new(0);

extern "C" fn end_this_thread(_: i32) {
    // SAFETY: the exit call (not exit_group) ends the calling thread only and returns nothing.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
}

extern "C" fn repair_the_page(_: i32) {
    let page_at = FAULTING_PAGE.load(Ordering::Acquire);
    // SAFETY: the page was mapped by `fault`; after this the faulting instruction runs again and succeeds.
    unsafe { libc::mprotect(page_at as *mut libc::c_void, page(), libc::PROT_READ | libc::PROT_WRITE) };
}

fn on_segv(handler: extern "C" fn(i32)) {
    // SAFETY: both handlers make only raw system calls, which are async-signal-safe.
    unsafe { libc::signal(libc::SIGSEGV, handler as *const () as libc::sighandler_t) };
}

/// Writes to a page that may not be written.
pub(crate) fn fault() {
    // SAFETY: a new mapping without access; the write faults by design and touches no object of the program.
    unsafe {
        // Rust's own handler reports stack overflows; the default action is what is wanted here, unless set above.
        let at =
            libc::mmap(std::ptr::null_mut(), page(), libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0);
        FAULTING_PAGE.store(at as usize, Ordering::Release);
        at.cast::<u8>().write_volatile(1);
    }
}

/// SIGSEGV kills, whatever handler the language runtime has set.
pub(crate) fn default_on_segv() {
    // SAFETY: restores the default action.
    unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
}

fn fail(common: Common, kind: &str) {
    while common.go.load(Ordering::Acquire) == 0 {
        crate::os::futex::wait(common.go, 0);
    }
    if let Some(lock) = common.lock {
        lock.take();
        default_on_segv();
    }
    // SAFETY: abort, exit and kill end this process as the experiment means them to.
    unsafe {
        match kind {
            "segv" | "plain_lock" | "robust_lock" => {
                default_on_segv();
                fault();
            }
            "abort" => libc::abort(),
            "exit" => libc::_exit(3),
            "kill" => {
                libc::kill(libc::getpid(), libc::SIGKILL);
            }
            "group" => {
                libc::kill(0, libc::SIGKILL);
            }
            "handled" => {
                on_segv(end_this_thread);
                fault();
            }
            "repaired" => {
                on_segv(repair_the_page);
                fault();
            }
            "private_write" => common.private.store(0xdead, Ordering::Release),
            "shared_write" => common.shared.store(0xdead, Ordering::Release),
            _ => {}
        }
    }
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (kind, place, n) = (arguments.word("kind"), arguments.word("where"), arguments.size("beats"));
    let lock = match kind {
        "plain_lock" => Some(Lock::new(false)?),
        "robust_lock" => Some(Lock::new(true)?),
        _ => None,
    };
    let common = Common {
        beats: shared_words(n)?,
        private: Box::leak(Box::new(AtomicU64::new(INTACT))),
        shared: &shared_words(1)?[0],
        misled: &shared_words(1)?[0],
        lock,
        go: &shared_futexes(1)?[0].word,
    };
    common.shared.store(INTACT, Ordering::Release);
    let mut group = if place == "process" { processes(common, kind, n)? } else { threads(common, kind, n)? };
    until(|| common.beats.iter().all(|beat| beat.load(Ordering::Acquire) > 1));
    let started = common.beats.iter().filter(|beat| beat.load(Ordering::Acquire) > 1).count();
    ensure(started == n, || format!("only {started} of {n} heartbeats began"))?;
    stage.begin();
    Gate(common.go).open();
    // The failing one's end; where it is a thread that lives on or its process's control, its time to act.
    let failing = group.len() - 1;
    let ends =
        place == "process" || !matches!(kind, "return" | "handled" | "repaired" | "private_write" | "shared_write");
    let ended = if ends { Some(group[failing].wait()?) } else { None };
    clock::sleep(Duration::from_millis(20));
    let survivors = survivors(common, &mut group[..])?;
    stage.end();
    let mut outcome = stage
        .outcome(1)
        .measure("beats", n as f64)
        .measure("survivors", survivors as f64)
        .note("failing", ended.map_or("lives on".to_string(), |e| format!("{e:?}")))
        .verified("heartbeats were counted before and after the failure");
    if let Some(how) = ended {
        outcome = outcome.measure(
            "failing_was_signalled",
            f64::from(u8::from(matches!(how, crate::os::child::Ended::Signalled(_)))),
        );
    }
    Ok(outcome)
}

fn until(holds: impl Fn() -> bool) {
    let deadline = clock::monotonic() + PATIENCE_NS;
    while !holds() && clock::monotonic() < deadline {
        clock::sleep(BEAT);
    }
}

/// How many heartbeats still beat: each gets time to do so twice, unless all have shown it or every process is gone.
fn survivors(common: Common, group: &mut [Child]) -> Result<usize, Failure> {
    let before: Vec<u64> = common.beats.iter().map(|b| b.load(Ordering::Acquire)).collect();
    let beating = || {
        let moved = |(beat, before): (&AtomicU64, &u64)| beat.load(Ordering::Acquire) > before + 1;
        common.beats.iter().zip(&before).filter(|pair| moved(*pair)).count()
    };
    let misled = || common.misled.load(Ordering::Acquire) as usize;
    let deadline = clock::monotonic() + PATIENCE_NS / 2;
    while beating() + misled() < before.len() && clock::monotonic() < deadline {
        let mut alive = 0;
        for child in group.iter_mut() {
            alive += usize::from(child.try_wait()?.is_none());
        }
        if alive == 0 {
            break;
        }
        clock::sleep(BEAT);
    }
    Ok(beating())
}

/// Heartbeats and failing one as processes, in a group of their own that does not hold this process. The failing one
/// is the last.
fn processes(common: Common, kind: &'static str, n: usize) -> Result<Vec<Child>, Failure> {
    let mut group: Vec<Child> = Vec::new();
    for index in 0..=n {
        let leader = group.first().map_or(0, Child::pid);
        let join = move |pid| {
            // SAFETY: setpgid takes two numbers. Parent and child both call it, so that neither must wait.
            unsafe { libc::setpgid(pid, leader) };
        };
        let child = Child::fork(move || {
            join(0);
            limits::crash_without_core();
            if index < n {
                heartbeat(common, index)
            } else {
                fail(common, kind)
            }
            0
        })?;
        join(child.pid());
        group.push(child);
    }
    Ok(group)
}

/// All of them as threads of one process, which is a child so that this one can see it die.
fn threads(common: Common, kind: &'static str, n: usize) -> Result<Vec<Child>, Failure> {
    let host = Child::fork(move || {
        // SAFETY: setpgid takes two numbers; kill(0) must not reach this child's parent.
        unsafe { libc::setpgid(0, 0) };
        limits::crash_without_core();
        for index in 0..n {
            std::thread::spawn(move || heartbeat(common, index));
        }
        std::thread::spawn(move || fail(common, kind));
        loop {
            clock::sleep(Duration::from_secs(1));
        }
    })?;
    Ok(vec![host])
}
