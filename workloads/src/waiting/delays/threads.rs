//! The job by threads: each asks and waits; a channel brings the answers together.

use super::{Completed, Request};
use crate::os::clock::monotonic;
use std::io::Result;
use std::sync::mpsc;
use std::thread;

fn ask(request: &Request) -> Result<Completed> {
    let start = monotonic();
    request.connection.send(&request.message())?;
    let mut reply = [0; 8];
    request.connection.recv(&mut reply)?;
    Ok((u64::from_le_bytes(reply), monotonic() - start))
}

pub(super) fn run(requests: Vec<Request>) -> Result<Vec<Completed>> {
    let (sender, receiver) = mpsc::channel();
    let mut running = Vec::new();
    for request in requests {
        let sender = sender.clone();
        running.push(thread::spawn(move || sender.send(ask(&request))));
    }
    drop(sender);
    let completed = receiver.into_iter().collect();
    for thread in running {
        let _ = thread.join();
    }
    completed
}
