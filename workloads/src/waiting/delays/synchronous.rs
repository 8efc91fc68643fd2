//! The job in sequence: ask, wait, go on.

use super::{Completed, Request};
use crate::os::clock::monotonic;
use std::io::Result;

pub(super) fn run(requests: Vec<Request>) -> Result<Vec<Completed>> {
    let mut completed = Vec::new();
    for request in requests {
        let start = monotonic();
        request.connection.send(&request.message())?;
        let mut reply = [0; 8];
        request.connection.recv(&mut reply)?;
        completed.push((u64::from_le_bytes(reply), monotonic() - start));
    }
    Ok(completed)
}
