//! n requests that take random times, made in sequence, by threads, by async tasks or by callbacks.
//!
//! Owns the parameters, the process that answers, and the judgement of the order. The job itself is in four twins, one
//! file each, which differ in nothing but their way of waiting.

mod asynchronous;
mod callbacks;
mod synchronous;
mod threads;

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::Child;
use crate::os::clock;
use crate::{Arguments, Failure, Outcome, Stage, Twin};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;

pub(crate) static WORKLOAD: Workload = Workload {
    name: "delays",
    concept: "waiting for one answer after the other keeps their order and adds up; waiting for all at once does neither",
    unit: "request",
    parameters: &[
        Parameter {
            name: "by",
            default: "sync",
            kind: Kind::Choice(&["sync", "threads", "async", "callbacks"]),
            help: "sync: one request in flight; threads: a thread each; async and callbacks: one thread for all",
        },
        Parameter { name: "n", default: "20", kind: Kind::Integer { min: 1, max: 200 }, help: "requests" },
        Parameter {
            name: "longest",
            default: "5ms",
            kind: Kind::Duration { min_ns: 10_000, max_ns: 1_000_000_000 },
            help: "each takes a random time up to this",
        },
        Parameter {
            name: "seed",
            default: "1",
            kind: Kind::Integer { min: 0, max: u64::MAX },
            help: "of the random times",
        },
    ],
    exercises: &["blocked:recvfrom", "blocked:epoll_wait", "switches:voluntary", "tasks:threads"],
    needs: &[],
    run,
};

/// The twins' sources, for whoever wants to compare them.
pub(crate) static TWINS: &[Twin] = &[
    Twin { by: "sync", source: include_str!("synchronous.rs") },
    Twin { by: "threads", source: include_str!("threads.rs") },
    Twin { by: "async", source: include_str!("asynchronous.rs") },
    Twin { by: "callbacks", source: include_str!("callbacks.rs") },
];

/// A request and its connection. The message is its number and the time it shall take, the reply its number.
struct Request {
    number: u64,
    takes_ns: u64,
    connection: UnixDatagram,
}

impl Request {
    fn message(&self) -> [u8; 16] {
        let mut message = [0; 16];
        message[..8].copy_from_slice(&self.number.to_le_bytes());
        message[8..].copy_from_slice(&self.takes_ns.to_le_bytes());
        message
    }
}

/// A request's number and how long its answer took, in ns. The twins return these in the order of completion.
type Completed = (u64, u64);

fn random_times(n: u64, longest: u64, seed: u64) -> Vec<u64> {
    let mut state = seed;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % longest + 1
        })
        .collect()
}

/// Answers each request when its time has come, however many there are at once.
fn answer(connections: &[UnixDatagram]) -> std::io::Result<()> {
    let mut polled: Vec<libc::pollfd> =
        connections.iter().map(|c| libc::pollfd { fd: c.as_raw_fd(), events: libc::POLLIN, revents: 0 }).collect();
    let mut due: BinaryHeap<Reverse<(u64, usize, u64)>> = BinaryHeap::new();
    let mut answered = 0;
    while answered < connections.len() {
        let timeout = due.peek().map(|Reverse((at, ..))| {
            clock::timespec(std::time::Duration::from_nanos(at.saturating_sub(clock::monotonic())))
        });
        let at = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: `polled` and the timeout, if any, are live.
        unsafe { libc::ppoll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, at, std::ptr::null()) };
        let now = clock::monotonic();
        for (index, entry) in polled.iter_mut().enumerate().filter(|(_, entry)| entry.revents != 0) {
            let mut message = [0u8; 16];
            connections[index].recv(&mut message)?;
            entry.revents = 0;
            entry.fd = -1; // one request for each connection: not asked again
            let word = |at: usize| u64::from_le_bytes(message[at..at + 8].try_into().expect("eight bytes"));
            due.push(Reverse((now + word(8), index, word(0))));
        }
        while let Some(Reverse((at, index, number))) = due.peek().copied() {
            if at > clock::monotonic() {
                break;
            }
            due.pop();
            connections[index].send(&number.to_le_bytes())?;
            answered += 1;
        }
    }
    Ok(())
}

/// Pairs out of order: an earlier request that completed after a later one.
fn inversions(order: &[u64]) -> u64 {
    let later_smaller = |(at, number): (usize, &u64)| order[at + 1..].iter().filter(|n| *n < number).count() as u64;
    order.iter().enumerate().map(later_smaller).sum()
}

/// The order in which answers are handed on when each waits for those with smaller numbers, and the most that waited.
fn in_sequence(order: &[u64]) -> (Vec<u64>, usize) {
    let (mut held, mut handed_on, mut most) = (BinaryHeap::new(), Vec::new(), 0);
    for number in order {
        held.push(Reverse(*number));
        while held.peek() == Some(&Reverse(handed_on.len() as u64)) {
            handed_on.extend(held.pop().map(|Reverse(n)| n));
        }
        most = most.max(held.len());
    }
    (handed_on, most)
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (by, n) = (arguments.word("by"), arguments.number("n"));
    let times = random_times(n, arguments.number("longest"), arguments.number("seed"));
    let (mut requests, mut theirs) = (Vec::new(), Vec::new());
    for (number, takes_ns) in times.iter().enumerate() {
        let (connection, other) = UnixDatagram::pair().map_err(Failure::of("pair sockets"))?;
        requests.push(Request { number: number as u64, takes_ns: *takes_ns, connection });
        theirs.push(other);
    }
    let mut answering = Child::fork(|| i32::from(answer(&theirs).is_err()))?;
    drop(theirs);
    stage.begin();
    let before = clock::thread_switches();
    let completed = match by {
        "sync" => synchronous::run(requests),
        "threads" => threads::run(requests),
        "async" => asynchronous::run(requests),
        _ => callbacks::run(requests),
    };
    let after = clock::thread_switches();
    stage.end();
    let completed = completed.map_err(Failure::of("make the requests"))?;
    answering.succeed("the process that answers")?;
    judge(stage, by, &times, &completed, after.0 - before.0)
}

fn judge(stage: &Stage, by: &str, times: &[u64], completed: &[Completed], voluntary: u64) -> Result<Outcome, Failure> {
    let order: Vec<u64> = completed.iter().map(|(number, _)| *number).collect();
    let mut all = order.clone();
    all.sort_unstable();
    ensure(all.iter().copied().eq(0..times.len() as u64), || "not every request completed once".into())?;
    let early = completed.iter().find(|(number, latency)| *latency < times[*number as usize]);
    ensure(early.is_none(), || format!("a request completed early: {early:?}"))?;
    let (handed_on, held) = in_sequence(&order);
    let latencies: Vec<u64> = completed.iter().map(|(_, latency)| *latency).collect();
    let sum: u64 = latencies.iter().sum();
    let outcome = stage
        .outcome(times.len() as u64)
        .samples(latencies)
        .measure("latency_sum_ns", sum as f64)
        .measure("elapsed_per_latency_sum", stage.elapsed() as f64 / sum as f64)
        .measure("delay_sum_ns", times.iter().sum::<u64>() as f64)
        .measure("delay_longest_ns", times.iter().max().copied().unwrap_or(0) as f64)
        .measure("inversions", inversions(&order) as f64)
        .measure("inversions_in_sequence", inversions(&handed_on) as f64)
        .measure("held_back_max", held as f64)
        .measure("in_flight_mean", sum as f64 / stage.elapsed() as f64)
        .measure("switches_voluntary_of_first_thread", voluntary as f64)
        .at_least("switches:voluntary", voluntary as f64)
        .verified("every request completed once, none before its time");
    Ok(if by == "threads" { outcome.at_least("tasks:threads", times.len() as f64) } else { outcome })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inversions_are_counted_and_mended() {
        assert_eq!(inversions(&[0, 1, 2, 3]), 0);
        assert_eq!(inversions(&[3, 2, 1, 0]), 6);
        assert_eq!(inversions(&[1, 0, 3, 2]), 2);
        assert_eq!(in_sequence(&[2, 0, 3, 1]), (vec![0, 1, 2, 3], 2));
    }
}
