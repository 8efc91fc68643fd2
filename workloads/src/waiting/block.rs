//! Blocks for a known time, n times, in one known system call.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::{Child, Ended};
use crate::os::futex::Gate;
use crate::os::memory::shared_futexes;
use crate::os::{clock, futex};
use crate::{Arguments, Failure, Outcome, Relation, Stage};
use std::time::Duration;

pub(crate) static WORKLOAD: Workload = Workload {
    name: "block",
    concept: "a blocking call takes the thread off the CPU until what it waits for happens",
    unit: "blocking call",
    parameters: &[
        Parameter {
            name: "kind",
            default: "nanosleep",
            kind: Kind::Choice(&[
                "nanosleep",
                "clock_nanosleep",
                "futex",
                "poll",
                "select",
                "epoll_wait",
                "rt_sigtimedwait",
                "timerfd",
                "recv",
                "accept",
                "pipe",
                "eventfd",
                "flock",
                "wait4",
            ]),
            help: "the call; pipe, eventfd and flock wait for another process, wait4 for its end, the rest for a timeout",
        },
        Parameter { name: "n", default: "5", kind: Kind::Integer { min: 1, max: 10_000 }, help: "how many times" },
        Parameter {
            name: "time",
            default: "10ms",
            kind: Kind::Duration { min_ns: 1_000_000, max_ns: 10_000_000_000 },
            help: "how long each time",
        },
    ],
    exercises: &["blocked:NAME", "switches:voluntary", "syscall:NAME"],
    needs: &[],
    run,
};

/// A call that blocks once, and the name the kernel's table has for it.
struct Blocker {
    syscall: &'static str,
    /// False when the call did not end as it must.
    call: Box<dyn FnMut() -> bool>,
    /// Lets the other process go; called once, right after the window opens.
    release: Option<Gate>,
    peer: Option<Child>,
}

fn blocker(syscall: &'static str, call: impl FnMut() -> bool + 'static) -> Result<Blocker, Failure> {
    Ok(Blocker { syscall, call: Box::new(call), release: None, peer: None })
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn checked(fd: i32, what: &str) -> Result<i32, Failure> {
    if fd < 0 { Err(Failure::os(what)) } else { Ok(fd) }
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (kind, n, time) = (arguments.word("kind"), arguments.number("n"), arguments.duration("time"));
    let mut blocker = make(kind, n, time)?;
    let mut samples = Vec::with_capacity(n as usize);
    let mut good = 0;
    stage.begin();
    if let Some(gate) = &blocker.release {
        gate.open();
    }
    for _ in 0..n {
        let start = clock::monotonic();
        good += u64::from((blocker.call)());
        samples.push(clock::monotonic() - start);
    }
    stage.end();
    if let Some(peer) = &mut blocker.peer {
        peer.succeed("the process that releases")?;
    }
    ensure(good == n, || format!("{good} of {n} calls ended as they must"))?;
    let inside: u64 = samples.iter().sum();
    let meant = n as f64 * time.as_nanos() as f64;
    // A timeout starts a little before the thread leaves the CPU, and a peer's delay a little before our call.
    let least = meant * 0.95 - 1e6;
    ensure(inside as f64 >= least, || format!("only {inside} ns were spent inside the calls, of {meant} meant"))?;
    let name = blocker.syscall;
    let calls = if name == "wait4" || name == "flock" { Relation::AtLeast } else { Relation::Exactly };
    Ok(stage
        .outcome(n)
        .samples(samples)
        .measure("inside_ns", inside as f64)
        .measure("meant_ns", meant)
        .expect(format!("syscall:{name}"), calls, n as f64)
        .expect(format!("blocked:{name}"), Relation::AtLeast, least.max(0.0))
        .expect("switches:voluntary", Relation::AtLeast, n as f64)
        .verified(format!("{n} calls lasted as long as meant, in sum")))
}

fn make(kind: &'static str, n: u64, time: Duration) -> Result<Blocker, Failure> {
    match kind {
        "pipe" | "eventfd" | "flock" | "wait4" => with_peer(kind, n, time),
        "timerfd" | "recv" | "accept" => with_descriptor(kind, time),
        _ => with_timeout(kind, time),
    }
}

/// Calls that take their timeout as an argument. aarch64 has no poll, select and epoll_wait; libc calls the newer form.
fn with_timeout(kind: &str, time: Duration) -> Result<Blocker, Failure> {
    let older = cfg!(target_arch = "x86_64");
    let span = clock::timespec(time);
    let ms = time.as_millis() as i32;
    let null = std::ptr::null_mut::<libc::timespec>();
    match kind {
        "nanosleep" => blocker("nanosleep", move || {
            // SAFETY: `span` is live; no remainder is asked for.
            unsafe { libc::syscall(libc::SYS_nanosleep, &span, null) == 0 }
        }),
        "clock_nanosleep" => blocker("clock_nanosleep", move || {
            // SAFETY: `span` is live; no remainder is asked for.
            unsafe { libc::syscall(libc::SYS_clock_nanosleep, libc::CLOCK_MONOTONIC, 0, &span, null) == 0 }
        }),
        "futex" => {
            let word = &shared_futexes(1)?[0].word;
            blocker("futex", move || {
                // SAFETY: the word and `span` are live.
                let got = unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, 0, &span) };
                got == -1 && errno() == libc::ETIMEDOUT
            })
        }
        "poll" => blocker(if older { "poll" } else { "ppoll" }, move || {
            // SAFETY: no descriptors are given.
            unsafe { libc::poll(std::ptr::null_mut(), 0, ms) == 0 }
        }),
        "select" => blocker("pselect6", move || {
            let none = std::ptr::null_mut();
            // SAFETY: no sets are given; `span` is live.
            unsafe { libc::pselect(0, none, none, none, &span, std::ptr::null()) == 0 }
        }),
        "epoll_wait" => {
            // SAFETY: takes no pointer.
            let epoll = checked(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }, "create an epoll")?;
            blocker(if older { "epoll_wait" } else { "epoll_pwait" }, move || {
                let mut event = libc::epoll_event { events: 0, u64: 0 };
                // SAFETY: `event` is live and room for one is declared.
                unsafe { libc::epoll_wait(epoll, &mut event, 1, ms) == 0 }
            })
        }
        _ => blocker("rt_sigtimedwait", move || {
            // SAFETY: a sigset_t is plain bits and filled by sigemptyset; `span` is live.
            let got = unsafe {
                let mut set: libc::sigset_t = std::mem::zeroed();
                libc::sigemptyset(&mut set);
                libc::sigaddset(&mut set, libc::SIGUSR1);
                libc::sigtimedwait(&set, std::ptr::null_mut(), &span)
            };
            got == -1 && errno() == libc::EAGAIN
        }),
    }
}

/// Calls on a descriptor that ends the wait by itself: a timer, a socket with a receive timeout.
fn with_descriptor(kind: &str, time: Duration) -> Result<Blocker, Failure> {
    if kind == "timerfd" {
        // SAFETY: takes no pointer.
        let made = unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_CLOEXEC) };
        let timer = checked(made, "create a timer")?;
        let every = clock::timespec(time);
        let setting = libc::itimerspec { it_interval: every, it_value: every };
        let mut armed = false;
        return blocker("read", move || {
            let mut ticks = 0u64;
            // SAFETY: the descriptor is open, `setting` and `ticks` are live and of the right size.
            unsafe {
                if !armed {
                    libc::timerfd_settime(timer, 0, &setting, std::ptr::null_mut());
                    armed = true;
                }
                libc::read(timer, (&raw mut ticks).cast(), 8) == 8
            }
        });
    }
    let socket = if kind == "recv" {
        let mut ends = [0i32; 2];
        // SAFETY: `ends` is live.
        checked(unsafe { libc::socketpair(libc::AF_UNIX, libc::SOCK_STREAM, 0, ends.as_mut_ptr()) }, "pair sockets")?;
        ends[0]
    } else {
        use std::os::fd::IntoRawFd;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(Failure::of("listen on loopback"))?;
        listener.into_raw_fd()
    };
    let limit = libc::timeval { tv_sec: time.as_secs() as _, tv_usec: time.subsec_micros() as _ };
    let size = std::mem::size_of::<libc::timeval>() as u32;
    // SAFETY: `limit` is live and `size` is its size.
    let set = unsafe { libc::setsockopt(socket, libc::SOL_SOCKET, libc::SO_RCVTIMEO, (&raw const limit).cast(), size) };
    checked(set, "set a receive timeout")?;
    if kind == "recv" {
        return blocker("recvfrom", move || {
            let mut byte = 0u8;
            // SAFETY: `byte` is live and one byte is asked for.
            let got = unsafe { libc::recv(socket, (&raw mut byte).cast(), 1, 0) };
            got == -1 && errno() == libc::EAGAIN
        });
    }
    blocker("accept4", move || {
        let none = std::ptr::null_mut();
        // SAFETY: no address is asked for.
        let got = unsafe { libc::accept4(socket, none, none.cast(), libc::SOCK_CLOEXEC) };
        got == -1 && errno() == libc::EAGAIN
    })
}

/// Calls that another process ends. It sleeps in clock_nanosleep and releases by write (flock: by flock; wait4: by its
/// own end), so that its calls are not taken for the blocked one's.
fn with_peer(kind: &'static str, n: u64, time: Duration) -> Result<Blocker, Failure> {
    if kind == "wait4" {
        return waiting_for_children(n, time);
    }
    let gate = Gate::new()?;
    let pass = Gate(gate.0);
    if kind == "flock" {
        return waiting_for_lock(n, time, gate);
    }
    let mut ends = [0i32; 2];
    // SAFETY: `ends` is live; eventfd takes no pointer.
    let made = unsafe {
        if kind == "pipe" {
            libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC)
        } else {
            ends = [libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_SEMAPHORE); 2];
            ends[0]
        }
    };
    checked(made, "create a pipe or eventfd")?;
    let peer = Child::fork(move || {
        pass.pass();
        let sent = (0..n).all(|_| {
            clock::sleep(time);
            let one = 1u64;
            // SAFETY: the descriptor is open and `one` is eight bytes long.
            unsafe { libc::write(ends[1], (&raw const one).cast(), 8) == 8 }
        });
        i32::from(!sent)
    })?;
    let call = move || {
        let mut got = 0u64;
        // SAFETY: the descriptor is open and `got` is eight bytes long.
        unsafe { libc::read(ends[0], (&raw mut got).cast(), 8) == 8 }
    };
    Ok(Blocker { syscall: "read", call: Box::new(call), release: Some(gate), peer: Some(peer) })
}

/// The children are forked before the window; each one's sleep starts when the one before it has ended.
fn waiting_for_children(n: u64, time: Duration) -> Result<Blocker, Failure> {
    crate::failure::ensure(n <= 64, || format!("wait4 takes n up to 64, not {n}"))?;
    let turns = shared_futexes(n as usize)?;
    let mut children = Vec::new();
    for turn in turns {
        let mine = &turn.word;
        children.push(Child::fork(move || {
            Gate(mine).pass();
            clock::sleep(time);
            7
        })?);
    }
    let mut next = 0;
    let call = move || {
        Gate(&turns[next].word).open();
        let ended = children[next].wait();
        next += 1;
        matches!(ended, Ok(Ended::Exited(7)))
    };
    blocker("wait4", call)
}

/// The other process holds the lock for `time`, gives it up, and takes it again once we have had it.
fn waiting_for_lock(n: u64, time: Duration, gate: Gate) -> Result<Blocker, Failure> {
    let path = std::env::temp_dir().join(format!("osmeter-lock-{}", std::process::id()));
    let name = std::ffi::CString::new(path.as_os_str().as_encoded_bytes()).map_err(Failure::of("name a lock file"))?;
    let open = || {
        // SAFETY: `name` is a live C string.
        unsafe { libc::open(name.as_ptr(), libc::O_RDWR | libc::O_CREAT | libc::O_CLOEXEC, 0o600) }
    };
    // Two open file descriptions: a lock belongs to the description, which fork would share.
    let (ours, theirs) = (checked(open(), "open a lock file")?, checked(open(), "open a lock file")?);
    // SAFETY: as above.
    unsafe { libc::unlink(name.as_ptr()) };
    let words = shared_futexes(2)?;
    let (held, freed) = (&words[0].word, &words[1].word);
    // The peer takes the lock before the window, and says so.
    let pass = gate.0;
    let peer = Child::fork(move || {
        let turns = (0..n as u32).all(|turn| {
            // SAFETY: the descriptor is open.
            let took = unsafe { libc::flock(theirs, libc::LOCK_EX) == 0 };
            held.store(turn + 1, std::sync::atomic::Ordering::Release);
            futex::wake(held, 1);
            if turn == 0 {
                Gate(pass).pass();
            }
            clock::sleep(time);
            // SAFETY: the descriptor is open.
            let gave = unsafe { libc::flock(theirs, libc::LOCK_UN) == 0 };
            while freed.load(std::sync::atomic::Ordering::Acquire) <= turn {
                futex::wait(freed, turn);
            }
            took && gave
        });
        i32::from(!turns)
    })?;
    let until_held = move |turn: u32| {
        while held.load(std::sync::atomic::Ordering::Acquire) <= turn {
            futex::wait(held, turn);
        }
    };
    until_held(0);
    let mut turn = 0u32;
    let call = move || {
        until_held(turn);
        // SAFETY: the descriptor is open.
        let good = unsafe { libc::flock(ours, libc::LOCK_EX) == 0 && libc::flock(ours, libc::LOCK_UN) == 0 };
        turn += 1;
        freed.store(turn, std::sync::atomic::Ordering::Release);
        futex::wake(freed, 1);
        good
    };
    Ok(Blocker { syscall: "flock", call: Box::new(call), release: Some(gate), peer: Some(peer) })
}
