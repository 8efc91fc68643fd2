//! The job by callbacks on one thread: each request leaves a function that an event loop calls with the answer.

use super::{Completed, Request};
use crate::os::clock::monotonic;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Result;
use std::rc::Rc;

type Callback = Box<dyn FnOnce() -> Result<()>>;

struct EventLoop {
    epoll: Epoll,
    callbacks: HashMap<u64, Callback>,
}

impl EventLoop {
    fn on_reply(&mut self, request: Request, then: impl FnOnce(Completed) + 'static) -> Result<()> {
        let start = monotonic();
        request.connection.set_nonblocking(true)?;
        request.connection.send(&request.message())?;
        let event = EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLONESHOT, request.number);
        self.epoll.add(&request.connection, event)?;
        let callback = move || {
            let mut reply = [0; 8];
            request.connection.recv(&mut reply)?;
            then((u64::from_le_bytes(reply), monotonic() - start));
            Ok(())
        };
        self.callbacks.insert(request.number, Box::new(callback));
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        let mut events = [EpollEvent::empty(); 32];
        while !self.callbacks.is_empty() {
            let ready = match self.epoll.wait(&mut events, EpollTimeout::NONE) {
                Err(Errno::EINTR) => 0,
                other => other?,
            };
            for event in &events[..ready] {
                if let Some(callback) = self.callbacks.remove(&event.data()) {
                    callback()?;
                }
            }
        }
        Ok(())
    }
}

pub(super) fn run(requests: Vec<Request>) -> Result<Vec<Completed>> {
    let completed = Rc::new(RefCell::new(Vec::new()));
    let mut event_loop = EventLoop { epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?, callbacks: HashMap::new() };
    for request in requests {
        let completed = completed.clone();
        event_loop.on_reply(request, move |answer| completed.borrow_mut().push(answer))?;
    }
    event_loop.run()?;
    Ok(completed.take())
}
