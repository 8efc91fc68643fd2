//! The job by async tasks on one thread: each asks and awaits; a channel brings the answers together.

use super::{Completed, Request};
use crate::os::clock::monotonic;
use std::io::Result;
use tokio::net::UnixDatagram;
use tokio::runtime::Builder;
use tokio::sync::mpsc;

async fn ask(request: Request) -> Result<Completed> {
    let start = monotonic();
    let message = request.message();
    request.connection.set_nonblocking(true)?;
    let connection = UnixDatagram::from_std(request.connection)?;
    connection.send(&message).await?;
    let mut reply = [0; 8];
    connection.recv(&mut reply).await?;
    Ok((u64::from_le_bytes(reply), monotonic() - start))
}

pub(super) fn run(requests: Vec<Request>) -> Result<Vec<Completed>> {
    Builder::new_current_thread().enable_io().build()?.block_on(async {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        for request in requests {
            let sender = sender.clone();
            tokio::spawn(async move { sender.send(ask(request).await) });
        }
        drop(sender);
        let mut completed = Vec::new();
        while let Some(answer) = receiver.recv().await {
            completed.push(answer?);
        }
        Ok(completed)
    })
}
