//! Serves requests over loopback TCP in one of several ways, to a client in another process.
//!
//! Owns the parameters and the window. `server.rs` has a function for each way of serving, `event_loop.rs` the one by
//! epoll, `http.rs` the protocol by hyper, `client.rs` the other side.

mod client;
mod event_loop;
mod http;
mod server;

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::Child;
use crate::os::futex::Gate;
use crate::os::memory::shared_words;
use crate::{Arguments, Failure, Outcome, Stage};
use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub(crate) static WORKLOAD: Workload = Workload {
    name: "serve",
    concept: "one thread or process for each request, workers made beforehand, or one thread for all by events",
    unit: "request",
    parameters: &[
        Parameter {
            name: "model",
            default: "thread",
            kind: Kind::Choice(&["sequential", "thread", "process", "pool", "prefork", "epoll", "tokio"]),
            help: "thread and process: one for each connection; pool and prefork: made beforehand; epoll: plain only",
        },
        Parameter {
            name: "protocol",
            default: "plain",
            kind: Kind::Choice(&["plain", "http"]),
            help: "16 bytes each way, or HTTP/1.1 by hyper",
        },
        Parameter {
            name: "client",
            default: "async",
            kind: Kind::Choice(&["async", "sync"]),
            help: "async: every connection has a request in flight; sync: one request in flight in all",
        },
        Parameter {
            name: "connections",
            default: "16",
            kind: Kind::Integer { min: 1, max: 256 },
            help: "connections that the client keeps or makes at a time",
        },
        Parameter {
            name: "n",
            default: "400",
            kind: Kind::Integer { min: 1, max: 1_000_000 },
            help: "requests in all",
        },
        Parameter {
            name: "wait",
            default: "0",
            kind: Kind::Duration { min_ns: 0, max_ns: 1_000_000_000 },
            help: "time the server waits in each request, as if for a disk (tokio's timer rounds up to 1 ms)",
        },
        Parameter {
            name: "reuse",
            default: "no",
            kind: Kind::Choice(&["no", "yes"]),
            help: "no: a connection for each request, so that thread and process create one for each",
        },
        Parameter {
            name: "workers",
            default: "8",
            kind: Kind::Integer { min: 1, max: 256 },
            help: "workers of pool and prefork",
        },
    ],
    exercises: &["syscall:accept4", "tasks:threads", "tasks:processes", "blocked:NAME", "switches:voluntary"],
    needs: &[],
    run,
};

/// What both sides must know.
#[derive(Debug, Clone, Copy)]
struct Plan {
    http: bool,
    connections: usize,
    requests: u64,
    wait: Duration,
    reuse: bool,
    workers: usize,
}

impl Plan {
    /// How many connections the server will see.
    fn accepted(&self) -> usize {
        if self.reuse { self.connections } else { self.requests as usize }
    }

    /// The requests of connection (or lane of connections) `lane`.
    fn of_lane(&self, lane: usize) -> impl Iterator<Item = u64> + use<> {
        (lane as u64..self.requests).step_by(self.connections)
    }
}

/// A request of the plain protocol: its number, then zeros. The reply: its number, then the number's complement.
const MESSAGE: usize = 16;

fn request(number: u64) -> [u8; MESSAGE] {
    let mut message = [0; MESSAGE];
    message[..8].copy_from_slice(&number.to_le_bytes());
    message
}

fn number_of(message: &[u8]) -> u64 {
    u64::from_le_bytes(message[..8].try_into().expect("eight bytes"))
}

fn reply(number: u64) -> [u8; MESSAGE] {
    let mut message = request(number);
    message[8..].copy_from_slice(&(!number).to_le_bytes());
    message
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let model = arguments.word("model");
    let requests = arguments.number("n");
    let plan = Plan {
        http: arguments.word("protocol") == "http",
        connections: arguments.size("connections").min(requests as usize),
        requests,
        wait: arguments.duration("wait"),
        reuse: arguments.word("reuse") == "yes",
        workers: arguments.size("workers"),
    };
    if plan.http && model == "epoll" {
        return Err(Failure::unavailable("the bare event loop has no HTTP", "use model=tokio"));
    }
    let listener = TcpListener::bind("127.0.0.1:0").map_err(Failure::of("listen on loopback"))?;
    let address = listener.local_addr().map_err(Failure::of("read the port"))?;
    // std's backlog is 128 (now 4096 by default); a connection beyond it would wait a second for its next SYN.
    // SAFETY: listen on an open socket again only changes its backlog.
    unsafe { libc::listen(std::os::fd::AsRawFd::as_raw_fd(&listener), 1024) };
    let latencies = shared_words(requests as usize)?;
    let in_flight = shared_words(1)?;
    let gate = Gate::new()?;
    let (sync, go) = (arguments.word("client") == "sync", gate.0);
    let mut client = Child::fork(move || {
        Gate(go).pass();
        let ask = if sync { client::one_by_one } else { client::all_at_once };
        let done = ask(address, plan, latencies);
        match done {
            Ok(most) => {
                in_flight[0].store(most, Ordering::Release);
                0
            }
            Err(e) => {
                // The server waits in accept for connections that will not come, so it cannot be told otherwise.
                eprintln!("osmeter: workload serve: the client failed: {e}");
                // SAFETY: the parent is alive, or the death signal would have ended this child.
                unsafe { libc::kill(libc::getppid(), libc::SIGTERM) };
                1
            }
        }
    })?;
    let server = server::Server::prepare(model, listener, plan)?;
    stage.begin();
    gate.open();
    server.serve(&mut client)?;
    client.succeed("the client, which checks each reply,")?;
    stage.end();
    let samples: Vec<u64> = latencies.iter().map(|l| l.load(Ordering::Acquire)).collect();
    let answered = samples.iter().filter(|l| **l > 0).count() as u64;
    ensure(answered == requests, || format!("{answered} of {requests} requests were answered"))?;
    let seconds = stage.elapsed() as f64 / 1e9;
    Ok(stage
        .outcome(requests)
        .samples(samples)
        .measure("requests_per_s", requests as f64 / seconds)
        .measure("in_flight_max", in_flight[0].load(Ordering::Acquire) as f64)
        .at_least("syscall:accept4", if model == "tokio" || model == "epoll" { 1.0 } else { plan.accepted() as f64 })
        .verified("the client checked that each reply is its request's"))
}
