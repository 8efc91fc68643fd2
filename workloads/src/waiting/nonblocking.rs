//! How soon a call returns, how long its answer takes, and what the thread does in between.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::Child;
use crate::os::memory::{HugePages, Resident};
use crate::os::tempfile::{Block, ring, temporary};
use crate::os::{clock, compute};
use crate::{Arguments, Failure, Outcome, Stage};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

pub(crate) static WORKLOAD: Workload = Workload {
    name: "nonblocking",
    concept: "an asynchronous call returns before its answer and leaves time for other work; regular files need io_uring for it",
    unit: "request",
    parameters: &[
        Parameter {
            name: "kind",
            default: "socket",
            kind: Kind::Choice(&["socket", "socket_blocking", "file", "file_io_uring"]),
            help: "socket: O_NONBLOCK; socket_blocking: the control; file: a regular file, which ignores O_NONBLOCK",
        },
        Parameter { name: "n", default: "20", kind: Kind::Integer { min: 1, max: 100_000 }, help: "requests" },
        Parameter {
            name: "wait",
            default: "2ms",
            kind: Kind::Duration { min_ns: 10_000, max_ns: 1_000_000_000 },
            help: "how long the other side of a socket takes to answer",
        },
        Parameter { name: "dir", default: "auto", kind: Kind::Folder, help: "where the file is, removed at once" },
    ],
    exercises: &["blocked:NAME", "switches:voluntary", "syscall:recvfrom"],
    needs: &[],
    run,
};

/// Other work, in steps, between looks at whether the answer is there.
const WORK: u64 = 2_000;

#[derive(Default)]
struct Times {
    returned: Vec<u64>,
    answered: Vec<u64>,
    steps: u64,
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (kind, n) = (arguments.word("kind"), arguments.number("n"));
    match kind {
        "socket" => socket(stage, n, arguments.duration("wait"), true),
        "socket_blocking" => socket(stage, n, arguments.duration("wait"), false),
        _ => file(stage, n, arguments, kind == "file_io_uring"),
    }
}

fn report(stage: &Stage, n: u64, mut times: Times, verified: &str) -> Outcome {
    times.returned.sort_unstable();
    let middle = |sorted: &[u64]| sorted[sorted.len() / 2] as f64;
    let returned = middle(&times.returned);
    let outcome = stage.outcome(n).measure("return_p50_ns", returned).measure("work_steps", times.steps as f64);
    let outcome = outcome.samples(times.answered);
    let latency = outcome.measures.get("p50_ns").copied().unwrap_or(f64::NAN);
    outcome
        .measure("return_share", returned / latency)
        .measure("work_steps_per_request", times.steps as f64 / n as f64)
        .verified(verified)
}

/// A request to another process that takes its time; the reply is read with or without blocking.
fn socket(stage: &mut Stage, n: u64, wait: Duration, nonblocking: bool) -> Result<Outcome, Failure> {
    let (mut ours, mut theirs) = UnixStream::pair().map_err(Failure::of("pair sockets"))?;
    let mut peer = Child::fork(move || {
        let mut byte = [0u8];
        for _ in 0..n {
            if theirs.read_exact(&mut byte).is_err() {
                return 1;
            }
            clock::sleep(wait);
            byte[0] = !byte[0];
            if theirs.write_all(&byte).is_err() {
                return 1;
            }
        }
        0
    })?;
    ours.set_nonblocking(nonblocking).map_err(Failure::of("set a socket non-blocking"))?;
    let mut times = Times::default();
    stage.begin();
    for number in 0..n {
        let sent = number as u8;
        let start = clock::monotonic();
        ours.write_all(&[sent]).map_err(Failure::of("send a request"))?;
        let mut answer = [0u8];
        let mut first = true;
        loop {
            let got = ours.read(&mut answer);
            if first {
                times.returned.push(clock::monotonic() - start);
                first = false;
            }
            match got {
                Ok(1) => break,
                Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {
                    compute::walk(1, WORK);
                    times.steps += WORK;
                }
                other => return Err(Failure::wrong(format!("the socket gave {other:?}"))),
            }
        }
        times.answered.push(clock::monotonic() - start);
        ensure(answer[0] == !sent, || format!("the answer to {sent} was {}", answer[0]))?;
    }
    stage.end();
    peer.succeed("the other side")?;
    Ok(report(stage, n, times, "each answer was its request's"))
}

/// What epoll says to a regular file.
fn epoll_refuses(file: &File) -> bool {
    let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: 0 };
    // SAFETY: `event` is live; the epoll is closed again.
    unsafe {
        let epoll = libc::epoll_create1(libc::EPOLL_CLOEXEC);
        let got = libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, file.as_raw_fd(), &mut event);
        let refused = got == -1 && std::io::Error::last_os_error().raw_os_error() == Some(libc::EPERM);
        libc::close(epoll);
        refused
    }
}

/// Reads of blocks that are not in the page cache: O_NONBLOCK is set and changes nothing, but io_uring returns at once.
fn file(stage: &mut Stage, n: u64, arguments: &Arguments, queued: bool) -> Result<Outcome, Failure> {
    const BLOCK: usize = 256 << 10;
    super::fileio::must_be_on_disk(arguments)?;
    let source = temporary(arguments.folder("dir"))?;
    let blocks = n.clamp(1, 256);
    Block::fill(&source, blocks as usize * BLOCK, BLOCK)?;
    source.sync_all().map_err(Failure::of("write the temporary file out"))?;
    // SAFETY: flags and advice of an open descriptor.
    unsafe {
        libc::fcntl(source.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK);
        libc::posix_fadvise(source.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED);
        libc::posix_fadvise(source.as_raw_fd(), 0, 0, libc::POSIX_FADV_RANDOM);
    }
    let refused = epoll_refuses(&source);
    let buffer = Resident::new(BLOCK, HugePages::No)?;
    let mut queue = if queued { Some(ring(1)?) } else { None };
    let mut times = Times::default();
    stage.begin();
    for turn in 0..n {
        let number = turn % blocks;
        let at = number * BLOCK as u64;
        let start = clock::monotonic();
        match &mut queue {
            None => {
                // SAFETY: the buffer holds a block.
                let got = unsafe { libc::pread(source.as_raw_fd(), buffer.as_ptr().cast(), BLOCK, at as libc::off_t) };
                times.returned.push(clock::monotonic() - start);
                ensure(got == BLOCK as isize, || format!("a read of a regular file gave {got}"))?;
            }
            Some(ring) => {
                let fd = io_uring::types::Fd(source.as_raw_fd());
                let read = io_uring::opcode::Read::new(fd, buffer.as_ptr(), BLOCK as u32).offset(at).build();
                // SAFETY: the buffer is not touched until the completion below. IOSQE_ASYNC would cost a worker thread;
                // without it the kernel tries first and queues what would block.
                unsafe { ring.submission().push(&read) }.map_err(|_| Failure::wrong("the queue is full"))?;
                ring.submit().map_err(Failure::of("io_uring_enter"))?;
                times.returned.push(clock::monotonic() - start);
                let result = loop {
                    if let Some(entry) = ring.completion().next() {
                        break entry.result();
                    }
                    compute::walk(1, WORK);
                    times.steps += WORK;
                    // Completions may be waiting for this thread to enter the kernel.
                    ring.submit().map_err(Failure::of("io_uring_enter"))?;
                };
                ensure(result == BLOCK as i32, || format!("a queued read gave {result}"))?;
            }
        }
        times.answered.push(clock::monotonic() - start);
        // SAFETY: the buffer holds a block and its read is complete.
        let block = unsafe { std::slice::from_raw_parts(buffer.as_ptr(), BLOCK) };
        ensure(Block::is(block, number), || format!("block {number} is wrong"))?;
    }
    stage.end();
    let outcome = report(stage, n, times, "each block read held its own number");
    Ok(outcome.measure("epoll_refused", f64::from(u8::from(refused))))
}
