//! What the hooks cost on this machine, now: the same loop of cheap calls, and of switches, with the hooks and without.
//!
//! Done after the numbers of the run have been read, with the same loaded programs, so that nothing of it is in them.

use crate::sys::bpf::{BpfError, Programs};
use crate::sys::clock::monotonic_ns;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

/// Calls in a batch, and batches: the quickest batch is the one that nothing disturbed.
const CALLS: u32 = 100;
const BATCHES: u32 = 12;
/// Round trips in a batch.
const TRIPS: u32 = 4;

/// What one event costs, in ns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HookCosts {
    /// A system call's entry and exit.
    pub call_ns: f64,
    /// A voluntary switch: leaving the CPU, being woken, entering it again.
    pub switch_ns: f64,
}

/// Times the loops with the hooks counting this thread, and again after they are detached.
pub fn calibrate(programs: &mut Programs) -> Result<HookCosts, BpfError> {
    let mut peer = Peer::start();
    programs.track_this_thread()?;
    let hooked = Loops::time(&mut peer);
    programs.untrack_this_thread()?;
    programs.detach();
    let bare = Loops::time(&mut peer);
    let call_ns = (hooked.call_ns - bare.call_ns).max(0.0);
    // A round trip has two calls of this thread, and one switch.
    let switch_ns = (hooked.trip_ns - bare.trip_ns - 2.0 * call_ns).max(0.0);
    Ok(HookCosts { call_ns, switch_ns })
}

struct Loops {
    call_ns: f64,
    trip_ns: f64,
}

impl Loops {
    fn time(peer: &mut Option<Peer>) -> Self {
        let call_ns = quickest(CALLS, || {
            std::hint::black_box(nix::unistd::getppid());
        });
        let trip_ns = peer.as_mut().map_or(0.0, |peer| quickest(TRIPS, || peer.round_trip()));
        Self { call_ns, trip_ns }
    }
}

#[allow(clippy::cast_precision_loss)] // a batch lasts microseconds
fn quickest(times: u32, mut once: impl FnMut()) -> f64 {
    let batch = |_| {
        let start = monotonic_ns();
        (0..times).for_each(|_| once());
        (monotonic_ns() - start) as f64 / f64::from(times)
    };
    (0..BATCHES).map(batch).fold(f64::INFINITY, f64::min)
}

/// A thread that answers every byte.
struct Peer(UnixStream);

impl Peer {
    fn start() -> Option<Self> {
        let (ours, mut theirs) = UnixStream::pair().ok()?;
        std::thread::Builder::new()
            .spawn(move || {
                let mut byte = [0];
                while matches!(theirs.read(&mut byte), Ok(1)) && theirs.write_all(&byte).is_ok() {}
            })
            .ok()?;
        Some(Self(ours))
    }

    fn round_trip(&mut self) {
        let mut byte = [0];
        // If the peer is gone both fail at once and the figure is that of two failing calls: no harm.
        let _ = self.0.write_all(&byte);
        let _ = self.0.read(&mut byte);
    }
}
