//! Loads the ledger's BPF programs and reads their maps. Hands out the kernel side's own records; what they mean is
//! `collect::bpf`'s matter.

mod bytes;
mod slots;

/// The skeleton that the build generates from `src/collect/bpf/ledger.bpf.c`.
#[allow(
    clippy::all,
    clippy::pedantic,
    clippy::undocumented_unsafe_blocks,
    missing_docs,
    dead_code,
    unused_qualifications
)]
mod skel {
    include!(concat!(env!("OUT_DIR"), "/ledger.skel.rs"));
}

pub use skel::types as raw;

use super::clock::monotonic_ns;
use libbpf_rs::skel::{OpenSkel, SkelBuilder};
use libbpf_rs::{Iter, Link, MapCore, MapFlags, RingBuffer, RingBufferBuilder};
use slots::Slots;
use std::cell::RefCell;
use std::io::Read;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

/// The first call number of the kernel side's call word; below it are pseudo calls.
pub const CALL_FIRST: u32 = 16;
/// The call word's bit for the 32-bit table.
pub const CALL_COMPAT: u32 = 1 << 31;
/// Rows of calls per CPU: commands rarely use more than 60 kinds.
const ROWS_PER_CPU: u32 = 128;
/// And altogether, so that memory stays bounded (14 kB a row) on machines with many CPUs.
const ROWS_AT_MOST: u32 = 2048;
/// Finished threads waiting in the ring buffer before the reader is woken.
const RING_WAKEUP_BYTES: u32 = 1 << 20;

/// Why the programs could not be loaded or read.
#[derive(Debug, thiserror::Error)]
pub enum BpfError {
    /// libbpf or the kernel refused a step.
    #[error("{step}: {source}")]
    Refused {
        /// What was tried.
        step: &'static str,
        /// What came back.
        source: libbpf_rs::Error,
    },
    /// The kernel knows no thread of the process by this id.
    #[error(
        "the kernel has no thread of process {0} under that id: osmeter runs in a PID namespace, whose ids are its own; \
         attach from outside of it"
    )]
    NoThread(u32),
    /// A map could not be mapped or an iterator not read.
    #[error("{step}: {source}")]
    Io {
        /// What was tried.
        step: &'static str,
        /// What came back.
        source: std::io::Error,
    },
}

impl BpfError {
    /// Whether the kernel said that the user may not.
    pub fn is_permission(&self) -> bool {
        let kind = match self {
            Self::Refused { source, .. } => source.kind(),
            Self::Io { source, .. } => return source.kind() == std::io::ErrorKind::PermissionDenied,
            Self::NoThread(_) => return false,
        };
        kind == libbpf_rs::ErrorKind::PermissionDenied
    }
}

fn refused(step: &'static str) -> impl FnOnce(libbpf_rs::Error) -> BpfError {
    move |source| BpfError::Refused { step, source }
}

/// When a gated command's window opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpensAt {
    /// When it enters execve.
    Exec,
    /// When it makes this system call with 1 as the argument; the window closes at the next.
    Mark(u32),
}

/// What the programs are specialised for.
#[derive(Debug, Clone)]
pub struct Options {
    /// When the window opens.
    pub opens_at: OpensAt,
    /// Whether a running process is to be taken over.
    pub adopts: bool,
    /// Numbers of execve and execveat here.
    pub exec_numbers: (u32, u32),
    /// Numbers of calls whose first argument is a descriptor.
    pub descriptor_calls: Vec<u32>,
}

/// Numbers of the whole run, apart from the records.
#[derive(Debug, Clone, Copy)]
pub struct Gauges {
    /// When the window opened, by the monotonic clock; 0 if it has not.
    pub window_start: u64,
    /// When a mark closed it; 0 if none did.
    pub window_end: u64,
    /// Threads of ours that live.
    pub live: i64,
    /// Records that did not fit the ring buffer.
    pub lost_records: u64,
    /// Threads without storage.
    pub lost_threads: u64,
    /// Calls without a row.
    pub lost_rows: u64,
    /// Switches and wakings of ours at which the hook did not run.
    pub unseen: (u64, u64),
}

/// The loaded programs.
pub struct Programs {
    // Order matters: what borrows the object is dropped before it.
    links: Vec<Link>,
    ring: RingBuffer<'static>,
    finished: Rc<RefCell<Vec<raw::record>>>,
    slots: Slots,
    skel: skel::LedgerSkel<'static>,
}

impl Programs {
    /// Loads the programs; nothing runs yet.
    pub fn load(options: &Options) -> Result<Self, BpfError> {
        silence_libbpf();
        let object = Box::leak(Box::new(MaybeUninit::uninit()));
        let mut open = skel::LedgerSkelBuilder::default().open(object).map_err(refused("opening the BPF object"))?;
        let cpus = libbpf_rs::num_possible_cpus().map_err(refused("counting possible CPUs"))?;
        let cpus = u32::try_from(cpus).unwrap_or(u32::MAX);
        let rows = (cpus.saturating_mul(ROWS_PER_CPU)).min(ROWS_AT_MOST).max(cpus.saturating_mul(16)) + 1;
        specialise(&mut open, options, rows);
        open.progs.adopt_threads.set_autoload(options.adopts);
        open.maps.slots.set_max_entries(cpus).map_err(refused("sizing the per-CPU slots"))?;
        open.maps.totals.set_max_entries(cpus).map_err(refused("sizing the per-CPU totals"))?;
        open.maps.rows.set_max_entries(rows).map_err(refused("sizing the rows of calls"))?;
        let skel = open.load().map_err(refused("loading the BPF programs"))?;
        let slots = Slots::map(skel.maps.slots.as_fd(), cpus as usize, size_of::<raw::slot>())
            .map_err(|source| BpfError::Io { step: "mapping the per-CPU slots", source })?;
        let finished = Rc::new(RefCell::new(Vec::new()));
        let ring = build_ring(&skel, Rc::clone(&finished))?;
        Ok(Self { links: Vec::new(), ring, finished, slots, skel })
    }

    /// Attaches the programs to their tracepoints. They count nothing until a thread is theirs.
    pub fn attach(&mut self) -> Result<(), BpfError> {
        let progs = &self.skel.progs;
        let hooks = [
            &progs.task_newtask,
            &progs.sched_wakeup_new,
            &progs.sched_process_exec,
            &progs.sched_process_exit,
            &progs.signal_deliver,
            &progs.sched_waking,
            &progs.sched_switch,
            &progs.sys_exit,
            &progs.sys_enter,
        ];
        for hook in hooks {
            self.links.push(hook.attach().map_err(refused("attaching to a tracepoint"))?);
        }
        Ok(())
    }

    /// Makes the single thread of a process that waits at a gate the measured one.
    pub fn watch_gated(&mut self, pidfd: BorrowedFd<'_>, tgid: u32, record_flags: u32) -> Result<(), BpfError> {
        const GATED: u32 = 2;
        let now = monotonic_ns();
        let thread = raw::thread {
            active: GATED,
            left: now,
            start: now,
            tgid,
            tid: tgid,
            flags: record_flags,
            ..Default::default()
        };
        if let Some(bss) = self.skel.maps.bss_data.as_deref_mut() {
            bss.live = 1;
        }
        let key = pidfd.as_raw_fd().to_ne_bytes();
        self.skel.maps.threads.update(&key, bytes::of(&thread), MapFlags::ANY).map_err(refused("marking the command"))
    }

    /// Takes over all threads of a running process. The window opens now.
    pub fn adopt(&mut self, tgid: u32) -> Result<(), BpfError> {
        if let Some(bss) = self.skel.maps.bss_data.as_deref_mut() {
            bss.attach_tgid = tgid;
            bss.window_start = monotonic_ns();
        }
        walk(&self.skel.progs.adopt_threads, &mut Vec::new())?;
        // The walk compares the ids of the initial namespace. Finding nobody is no measurement of nothing.
        let gauges = self.gauges();
        if gauges.live == 0 && gauges.lost_threads == 0 { Err(BpfError::NoThread(tgid)) } else { Ok(()) }
    }

    /// Becomes readable when finished threads wait to be taken.
    pub fn ring_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the ring owns this descriptor and lives as long as the borrow of self.
        unsafe { BorrowedFd::borrow_raw(self.ring.epoll_fd()) }
    }

    /// Takes the records of threads that finished since the last call.
    pub fn take_finished(&self) -> Result<Vec<raw::record>, BpfError> {
        self.ring.consume().map_err(refused("reading the ring buffer"))?;
        Ok(std::mem::take(&mut self.finished.borrow_mut()))
    }

    /// Stops all counting on every CPU and returns the time at which it did.
    pub fn stop(&mut self) -> u64 {
        self.slots.stop();
        let now = monotonic_ns();
        if let Some(bss) = self.skel.maps.bss_data.as_deref_mut() {
            bss.end_time = now;
        }
        now
    }

    /// The records of threads that live, their open intervals closed at the time of [`Self::stop`].
    pub fn live_threads(&self) -> Result<Vec<raw::record>, BpfError> {
        let mut all = Vec::new();
        walk(&self.skel.progs.walk_live, &mut all)?;
        Ok(all.chunks_exact(size_of::<raw::record>()).filter_map(bytes::read).collect())
    }

    /// Lets the programs count the calling thread, after [`Self::stop`]: to time what that costs it.
    pub fn track_this_thread(&mut self) -> Result<(), BpfError> {
        const YES: u32 = 1;
        if let Some(bss) = self.skel.maps.bss_data.as_deref_mut() {
            bss.window_end = 0;
            bss.window_start = 1;
        }
        let now = monotonic_ns();
        let thread = raw::thread { active: YES, start: now, left: now, left_runnable: 1, ..Default::default() };
        let (own, _open) = self.this_thread()?;
        self.skel.maps.threads.update(&own, bytes::of(&thread), MapFlags::ANY).map_err(refused("tracking osmeter"))?;
        self.slots.go_on();
        leave_the_cpu();
        Ok(())
    }

    /// Ends [`Self::track_this_thread`].
    pub fn untrack_this_thread(&mut self) -> Result<(), BpfError> {
        let (own, _open) = self.this_thread()?;
        self.skel.maps.threads.delete(&own).map_err(refused("tracking osmeter"))?;
        leave_the_cpu();
        Ok(())
    }

    /// The key of the calling process's first thread in task storage, and the descriptor that it names.
    fn this_thread(&self) -> Result<([u8; 4], OwnedFd), BpfError> {
        let fd =
            super::pidfd::open(std::process::id()).map_err(|source| BpfError::Io { step: "pidfd_open", source })?;
        Ok((fd.as_raw_fd().to_ne_bytes(), fd))
    }

    /// Detaches everything.
    pub fn detach(&mut self) {
        self.links.clear();
    }

    /// The rows of calls in use.
    pub fn rows(&self) -> Result<Vec<raw::row>, BpfError> {
        let used = self.skel.maps.data_data.as_deref().map_or(0, |data| data.rows_used);
        let all = (1..used).filter_map(|i| self.lookup(&self.skel.maps.rows, i).transpose());
        all.collect()
    }

    /// The totals of each CPU.
    pub fn totals(&self) -> Result<Vec<raw::totals>, BpfError> {
        let cpus = self.skel.maps.totals.max_entries();
        (0..cpus).filter_map(|i| self.lookup(&self.skel.maps.totals, i).transpose()).collect()
    }

    /// Blocked time by reason of ended threads, and of reasons that a thread had no place for.
    pub fn reasons(&self) -> Result<Vec<(raw::reason_key, raw::work)>, BpfError> {
        let map = &self.skel.maps.reasons;
        let mut all = Vec::new();
        for key in map.keys() {
            let value = map.lookup(&key, MapFlags::ANY).map_err(refused("reading the reasons"))?;
            if let (Some(key), Some(work)) = (bytes::read(&key), value.as_deref().and_then(bytes::read)) {
                all.push((key, work));
            }
        }
        Ok(all)
    }

    /// Numbers of the whole run.
    pub fn gauges(&self) -> Gauges {
        let bss = self.skel.maps.bss_data.as_deref();
        let of = |f: fn(&raw::bss) -> u64| bss.map_or(0, f);
        Gauges {
            window_start: of(|b| b.window_start),
            window_end: of(|b| b.window_end),
            live: bss.map_or(0, |b| b.live),
            lost_records: of(|b| b.lost_records),
            lost_threads: of(|b| b.lost_threads),
            lost_rows: of(|b| b.lost_rows),
            unseen: (of(|b| b.unseen_switches), of(|b| b.unseen_wakings)),
        }
    }

    /// Hook runs that the kernel skipped because the program was already running on that CPU.
    pub fn skipped_runs(&self) -> u64 {
        let mine: Vec<u32> = self.links.iter().filter_map(|l| l.info().ok().map(|i| i.prog_id)).collect();
        libbpf_rs::query::ProgInfoIter::default()
            .filter(|info| mine.contains(&info.id))
            .map(|info| info.recursion_misses)
            .sum()
    }

    fn lookup<T: bytes::Plain>(&self, map: &impl MapCore, index: u32) -> Result<Option<T>, BpfError> {
        let value = map.lookup(&index.to_ne_bytes(), MapFlags::ANY).map_err(refused("reading a map"))?;
        Ok(value.as_deref().and_then(bytes::read))
    }
}

fn specialise(open: &mut skel::OpenLedgerSkel<'_>, options: &Options, rows: u32) {
    if let Some(rodata) = open.maps.rodata_data.as_deref_mut() {
        rodata.max_rows = rows;
        (rodata.nr_execve, rodata.nr_execveat) = options.exec_numbers;
        if let OpensAt::Mark(number) = options.opens_at {
            rodata.start_at_mark = 1;
            rodata.nr_mark = number;
        }
        for number in &options.descriptor_calls {
            if let Some(flag) = rodata.fd_calls.get_mut(*number as usize) {
                *flag = 1;
            }
        }
    }
    if let Some(bss) = open.maps.bss_data.as_deref_mut() {
        bss.ring_wakeup_bytes = RING_WAKEUP_BYTES;
    }
}

fn build_ring(
    skel: &skel::LedgerSkel<'static>,
    finished: Rc<RefCell<Vec<raw::record>>>,
) -> Result<RingBuffer<'static>, BpfError> {
    let mut builder = RingBufferBuilder::new();
    let take = move |data: &[u8]| {
        if let Some(record) = bytes::read(data) {
            finished.borrow_mut().push(record);
        }
        0
    };
    builder.add(&skel.maps.finished, take).map_err(refused("mapping the ring buffer"))?;
    builder.build().map_err(refused("mapping the ring buffer"))
}

/// Runs an iterator program over all threads and collects what it writes.
fn walk(program: &libbpf_rs::ProgramMut<'_>, into: &mut Vec<u8>) -> Result<(), BpfError> {
    let link = program.attach().map_err(refused("attaching a task iterator"))?;
    let mut iter = Iter::new(&link).map_err(refused("starting a task iterator"))?;
    iter.read_to_end(into).map_err(|source| BpfError::Io { step: "walking over the live threads", source })?;
    Ok(())
}

/// A thread that the programs begin or cease to count is met at its next switch.
fn leave_the_cpu() {
    std::thread::sleep(std::time::Duration::from_micros(1));
}

/// libbpf prints what it tries on stderr, which is the command's.
fn silence_libbpf() {
    libbpf_rs::set_print(None);
}
