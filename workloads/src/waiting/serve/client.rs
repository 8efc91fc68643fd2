//! The client: a lane for each connection, all at once or one by one. Returns the most requests that were in flight.

use super::{MESSAGE, Plan, http, reply, request};
use crate::os::clock;
use std::cell::Cell;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn wrong(number: u64) -> Error {
    Error::new(ErrorKind::InvalidData, format!("the reply to request {number} is not its own"))
}

/// A blocking connection. It is closed by reset where each request has its own, or the ports would run out in TIME_WAIT.
fn connect(address: SocketAddr, plan: Plan) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    if !plan.reuse {
        close_by_reset(&stream);
    }
    Ok(stream)
}

fn close_by_reset(stream: &impl std::os::fd::AsRawFd) {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    let size = std::mem::size_of::<libc::linger>() as u32;
    let at = (&raw const linger).cast();
    // SAFETY: `linger` is live and `size` its size.
    unsafe { libc::setsockopt(stream.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LINGER, at, size) };
}

fn ask_plain(stream: &mut TcpStream, number: u64) -> Result<()> {
    stream.write_all(&request(number))?;
    let mut answer = [0; MESSAGE];
    stream.read_exact(&mut answer)?;
    if answer == reply(number) { Ok(()) } else { Err(wrong(number)) }
}

/// A request by hand: the blocking twin of what hyper does. The reply's head ends in an empty line, its body is known.
fn ask_http(stream: &mut TcpStream, number: u64) -> Result<()> {
    write!(stream, "GET /{number} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let wanted = http::body(number);
    let mut answer = Vec::with_capacity(512);
    let mut piece = [0; 512];
    loop {
        let n = stream.read(&mut piece)?;
        if n == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        answer.extend_from_slice(&piece[..n]);
        let head = answer.windows(4).position(|w| w == b"\r\n\r\n");
        if let Some(body) = head.map(|at| &answer[at + 4..])
            && body.len() >= wanted.len()
        {
            let good = answer.starts_with(b"HTTP/1.1 200") && body == wanted.as_bytes();
            return if good { Ok(()) } else { Err(wrong(number)) };
        }
    }
}

/// One request after the other, each waited for by a blocking read.
pub(super) fn one_by_one(address: SocketAddr, plan: Plan, latencies: &'static [AtomicU64]) -> Result<u64> {
    let mut lanes: Vec<Option<TcpStream>> = (0..plan.connections).map(|_| None).collect();
    for number in 0..plan.requests {
        let lane = &mut lanes[number as usize % plan.connections];
        let start = clock::monotonic();
        let mut stream = match lane.take() {
            Some(stream) => stream,
            None => connect(address, plan)?,
        };
        if plan.http {
            ask_http(&mut stream, number)?
        } else {
            ask_plain(&mut stream, number)?
        }
        latencies[number as usize].store(clock::monotonic() - start, Ordering::Release);
        if plan.reuse {
            *lane = Some(stream);
        }
    }
    Ok(1)
}

/// A connection of the asynchronous client.
enum Lane {
    Plain(tokio::net::TcpStream),
    Http(http::Sender),
}

impl Lane {
    async fn connect(address: SocketAddr, plan: Plan) -> Result<Lane> {
        let stream = tokio::net::TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        if !plan.reuse {
            close_by_reset(&stream);
        }
        Ok(if plan.http { Lane::Http(http::Sender::new(stream).await?) } else { Lane::Plain(stream) })
    }

    async fn ask(&mut self, number: u64) -> Result<()> {
        match self {
            Lane::Plain(stream) => {
                stream.write_all(&request(number)).await?;
                let mut answer = [0; MESSAGE];
                stream.read_exact(&mut answer).await?;
                if answer == reply(number) { Ok(()) } else { Err(wrong(number)) }
            }
            Lane::Http(sender) => {
                if sender.get(number).await? == http::body(number).as_bytes() {
                    Ok(())
                } else {
                    Err(wrong(number))
                }
            }
        }
    }
}

/// Every lane has a request in flight; one thread serves them all.
pub(super) fn all_at_once(address: SocketAddr, plan: Plan, latencies: &'static [AtomicU64]) -> Result<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let most = Rc::new(Cell::new((0u64, 0u64)));
    let local = tokio::task::LocalSet::new();
    let lanes = (0..plan.connections).map(|lane| {
        let most = most.clone();
        local.spawn_local(async move {
            let mut kept = None;
            for number in plan.of_lane(lane) {
                let start = clock::monotonic();
                let (now, highest) = most.get();
                most.set((now + 1, highest.max(now + 1)));
                let mut connection = match kept.take() {
                    Some(connection) => connection,
                    None => Lane::connect(address, plan).await?,
                };
                connection.ask(number).await?;
                latencies[number as usize].store(clock::monotonic() - start, Ordering::Release);
                most.set((most.get().0 - 1, most.get().1));
                kept = plan.reuse.then_some(connection);
            }
            Ok::<(), Error>(())
        })
    });
    let lanes: Vec<_> = lanes.collect();
    runtime.block_on(local.run_until(async {
        for lane in lanes {
            lane.await.map_err(Error::other)??;
        }
        Ok::<(), Error>(())
    }))?;
    Ok(most.get().1)
}
