//! All connections on one thread by epoll: the listener, the connections and a timer for requests that wait.

use super::{MESSAGE, Plan, number_of, reply};
use crate::Failure;
use crate::os::clock;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

const LISTENER: u64 = u64::MAX;
const TIMER: u64 = u64::MAX - 1;

struct EventLoop {
    epoll: OwnedFd,
    timer: OwnedFd,
    connections: HashMap<u64, TcpStream>,
    /// Deadline, connection and number of requests that wait.
    waiting: BinaryHeap<Reverse<(u64, u64, u64)>>,
    accepted: u64,
    closed: usize,
    wait_ns: u64,
}

fn owned(fd: i32, what: &str) -> Result<OwnedFd, Failure> {
    if fd < 0 {
        return Err(Failure::os(what));
    }
    // SAFETY: the descriptor is new and has no other owner.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

impl EventLoop {
    fn new(wait_ns: u64) -> Result<EventLoop, Failure> {
        let flags = libc::TFD_CLOEXEC | libc::TFD_NONBLOCK;
        // SAFETY: both take numbers only.
        let (epoll, timer) =
            unsafe { (libc::epoll_create1(libc::EPOLL_CLOEXEC), libc::timerfd_create(libc::CLOCK_MONOTONIC, flags)) };
        let event_loop = EventLoop {
            epoll: owned(epoll, "create an epoll")?,
            timer: owned(timer, "create a timer")?,
            connections: HashMap::new(),
            waiting: BinaryHeap::new(),
            accepted: 0,
            closed: 0,
            wait_ns,
        };
        event_loop.watch(event_loop.timer.as_raw_fd(), TIMER)?;
        Ok(event_loop)
    }

    fn watch(&self, fd: i32, token: u64) -> Result<(), Failure> {
        let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: token };
        // SAFETY: `event` is live and both descriptors are open.
        match unsafe { libc::epoll_ctl(self.epoll.as_raw_fd(), libc::EPOLL_CTL_ADD, fd, &mut event) } {
            0 => Ok(()),
            _ => Err(Failure::os("watch a descriptor")),
        }
    }

    fn accept_all(&mut self, listener: &TcpListener) -> Result<(), Failure> {
        loop {
            match listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(true).map_err(Failure::of("set a socket non-blocking"))?;
                    stream.set_nodelay(true).map_err(Failure::of("set TCP_NODELAY"))?;
                    self.watch(stream.as_raw_fd(), self.accepted)?;
                    self.connections.insert(self.accepted, stream);
                    self.accepted += 1;
                }
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) => return Err(Failure::Os { what: "accept a connection".into(), source: e }),
            }
        }
    }

    /// A request, whole: 16 bytes never come in parts over loopback, and one that did would be a wrong reply.
    fn readable(&mut self, token: u64) -> Result<(), Failure> {
        let Some(stream) = self.connections.get_mut(&token) else { return Ok(()) };
        let mut message = [0; MESSAGE];
        match stream.read(&mut message) {
            Ok(MESSAGE) if self.wait_ns == 0 => self.answer(token, number_of(&message)),
            Ok(MESSAGE) => {
                let deadline = clock::monotonic() + self.wait_ns;
                let first = self.waiting.is_empty();
                self.waiting.push(Reverse((deadline, token, number_of(&message))));
                if first { self.set_timer() } else { Ok(()) }
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => Ok(()),
            _ => {
                self.connections.remove(&token);
                self.closed += 1;
                Ok(())
            }
        }
    }

    fn answer(&mut self, token: u64, number: u64) -> Result<(), Failure> {
        match self.connections.get_mut(&token) {
            Some(stream) => stream.write_all(&reply(number)).map_err(Failure::of("answer a request")),
            None => Ok(()),
        }
    }

    fn set_timer(&self) -> Result<(), Failure> {
        let Some(Reverse((deadline, ..))) = self.waiting.peek() else { return Ok(()) };
        let zero = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let at = clock::timespec(std::time::Duration::from_nanos(*deadline));
        let setting = libc::itimerspec { it_interval: zero, it_value: at };
        let (timer, none) = (self.timer.as_raw_fd(), std::ptr::null_mut());
        // SAFETY: `setting` is live and the descriptor open.
        match unsafe { libc::timerfd_settime(timer, libc::TFD_TIMER_ABSTIME, &setting, none) } {
            0 => Ok(()),
            _ => Err(Failure::os("set a timer")),
        }
    }

    fn expired(&mut self) -> Result<(), Failure> {
        let mut ticks = 0u64;
        // SAFETY: the descriptor is open and `ticks` eight bytes long.
        unsafe { libc::read(self.timer.as_raw_fd(), (&raw mut ticks).cast(), 8) };
        let now = clock::monotonic();
        while let Some(Reverse((deadline, token, number))) = self.waiting.peek().copied() {
            if deadline > now {
                break;
            }
            self.waiting.pop();
            self.answer(token, number)?;
        }
        self.set_timer()
    }
}

/// Serves until every connection of the plan was closed.
pub(super) fn serve(listener: &TcpListener, plan: Plan) -> Result<(), Failure> {
    listener.set_nonblocking(true).map_err(Failure::of("set the listener non-blocking"))?;
    let mut event_loop = EventLoop::new(plan.wait.as_nanos() as u64)?;
    event_loop.watch(listener.as_raw_fd(), LISTENER)?;
    let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; 64];
    while event_loop.closed < plan.accepted() {
        let epoll = event_loop.epoll.as_raw_fd();
        // SAFETY: `events` has room for as many as are declared.
        let ready = unsafe { libc::epoll_wait(epoll, events.as_mut_ptr(), events.len() as i32, -1) };
        for event in events.iter().take(ready.max(0) as usize) {
            match event.u64 {
                LISTENER => event_loop.accept_all(listener)?,
                TIMER => event_loop.expired()?,
                token => event_loop.readable(token)?,
            }
        }
    }
    Ok(())
}
