//! Reads or writes blocks of a temporary file in random order: through the page cache or past it, one at a time or
//! queued.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::clock;
use crate::os::memory::{HugePages, Resident};
use crate::os::tempfile::{Block, in_memory, reopen, ring, temporary};
use crate::{Arguments, Failure, Outcome, Stage};
use std::fs::File;
use std::os::fd::AsRawFd;

pub(crate) static WORKLOAD: Workload = Workload {
    name: "fileio",
    concept: "a read that reaches the disk blocks; queued reads overlap; a cached read neither blocks nor gains by queueing",
    unit: "block read",
    parameters: &[
        Parameter {
            name: "by",
            default: "pread",
            kind: Kind::Choice(&["pread", "io_uring"]),
            help: "one blocking call for each block, or a queue",
        },
        Parameter {
            name: "cache",
            default: "direct",
            kind: Kind::Choice(&["direct", "cached", "cold"]),
            help: "direct: O_DIRECT; cached: all in the page cache; cold: the page cache, emptied of the file",
        },
        Parameter {
            name: "depth",
            default: "1",
            kind: Kind::Integer { min: 1, max: 128 },
            help: "reads in flight (io_uring)",
        },
        Parameter {
            name: "block",
            default: "4k",
            kind: Kind::Bytes { min: 512, max: 1 << 20 },
            help: "bytes for each read, a power of two",
        },
        Parameter { name: "n", default: "500", kind: Kind::Integer { min: 1, max: 10_000_000 }, help: "reads" },
        Parameter {
            name: "size",
            default: "32M",
            kind: Kind::Bytes { min: 1 << 20, max: 1 << 30 },
            help: "size of the file",
        },
        Parameter { name: "dir", default: "auto", kind: Kind::Folder, help: "where the file is, removed at once" },
    ],
    exercises: &["syscall:pread64", "syscall:io_uring_enter", "blocked:pread64", "switches:voluntary"],
    needs: &[],
    run,
};

/// Reads of random blocks into aligned buffers, one for each place in the queue.
struct Reads {
    file: File,
    block: usize,
    blocks: u64,
    buffers: Resident,
    seed: u64,
}

impl Reads {
    fn next_block(&mut self) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % self.blocks
    }

    fn buffer(&self, place: usize) -> *mut u8 {
        // SAFETY: the mapping holds `block` bytes for each place of the queue.
        unsafe { self.buffers.as_ptr().add(place * self.block) }
    }

    fn holds(&self, place: usize, number: u64) -> bool {
        // SAFETY: as above; the read into it is complete.
        Block::is(unsafe { std::slice::from_raw_parts(self.buffer(place), self.block) }, number)
    }

    /// One at a time; returns the latencies and how many blocks were right.
    fn one_by_one(&mut self, n: u64) -> (Vec<u64>, u64) {
        let mut samples = Vec::with_capacity(n as usize);
        let mut right = 0;
        for _ in 0..n {
            let number = self.next_block();
            let at = (number * self.block as u64) as libc::off_t;
            let start = clock::monotonic();
            // SAFETY: the buffer holds `block` bytes.
            let got = unsafe { libc::pread(self.file.as_raw_fd(), self.buffer(0).cast(), self.block, at) };
            samples.push(clock::monotonic() - start);
            right += u64::from(got == self.block as isize && self.holds(0, number));
        }
        (samples, right)
    }

    /// `depth` in flight. A completion's place in the queue is used for the next read at once.
    fn queued(&mut self, n: u64, ring: &mut io_uring::IoUring, depth: usize) -> Result<(Vec<u64>, u64, u64), Failure> {
        let mut samples = Vec::with_capacity(n as usize);
        let mut places = vec![(0u64, 0u64); depth];
        let (mut started, mut right, mut enters) = (0u64, 0, 0);
        let mut free: Vec<usize> = (0..depth).collect();
        while (samples.len() as u64) < n {
            while started < n
                && let Some(place) = free.pop()
            {
                let number = self.next_block();
                places[place] = (number, clock::monotonic());
                let fd = io_uring::types::Fd(self.file.as_raw_fd());
                let entry = io_uring::opcode::Read::new(fd, self.buffer(place), self.block as u32)
                    .offset(number * self.block as u64)
                    .build()
                    .user_data(place as u64);
                // SAFETY: the place's buffer is not touched until its completion.
                unsafe { ring.submission().push(&entry) }.map_err(|_| Failure::wrong("the queue is full"))?;
                started += 1;
            }
            ring.submit_and_wait(1).map_err(Failure::of("io_uring_enter"))?;
            enters += 1;
            let now = clock::monotonic();
            let done: Vec<(usize, i32)> = ring.completion().map(|e| (e.user_data() as usize, e.result())).collect();
            for (place, result) in done {
                let (number, start) = places[place];
                samples.push(now - start);
                right += u64::from(result == self.block as i32 && self.holds(place, number));
                free.push(place);
            }
        }
        Ok((samples, right, enters))
    }
}

/// Reads of a folder in memory never block, whatever the flags.
pub(super) fn must_be_on_disk(arguments: &Arguments) -> Result<(), Failure> {
    let folder = arguments.folder("dir");
    if in_memory(folder) {
        let why = format!("{} is in memory, where no read reaches a disk", folder.display());
        return Err(Failure::unavailable(why, "give a folder on a disk by dir="));
    }
    Ok(())
}

fn prepare(arguments: &Arguments, depth: usize) -> Result<Reads, Failure> {
    let block = arguments.size("block").next_power_of_two();
    let size = arguments.size("size") / block * block;
    let file = temporary(arguments.folder("dir"))?;
    Block::fill(&file, size, block)?;
    let cache = arguments.word("cache");
    if cache != "cached" {
        must_be_on_disk(arguments)?;
        // The kernel drops only clean pages.
        file.sync_all().map_err(Failure::of("write the temporary file out"))?;
        // SAFETY: advice about an open descriptor.
        unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
    }
    let file = match cache {
        "direct" => reopen(&file, libc::O_DIRECT)?,
        _ => {
            // No read-ahead: a random read should read its own block alone.
            // SAFETY: as above.
            unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_RANDOM) };
            file
        }
    };
    let buffers = Resident::new(block * depth, HugePages::No)?;
    let seed = arguments.number("n") ^ 0x5851_f42d_4c95_7f2d;
    Ok(Reads { file, block, blocks: (size / block) as u64, buffers, seed })
}

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (n, queued) = (arguments.number("n"), arguments.word("by") == "io_uring");
    let depth = if queued { arguments.size("depth") } else { 1 };
    let mut reads = prepare(arguments, depth)?;
    let mut queue = if queued { Some(ring(depth.next_power_of_two() as u32)?) } else { None };
    stage.begin();
    let before = clock::thread_switches();
    let (samples, right, enters) = match &mut queue {
        Some(ring) => reads.queued(n, ring, depth)?,
        None => {
            let (samples, right) = reads.one_by_one(n);
            (samples, right, 0)
        }
    };
    let after = clock::thread_switches();
    stage.end();
    ensure(right == n, || format!("{right} of {n} reads gave the right block"))?;
    let voluntary = after.0 - before.0;
    let latency_sum: u64 = samples.iter().sum();
    let outcome = stage
        .outcome(n)
        .samples(samples)
        .measure("latency_sum_ns", latency_sum as f64)
        .measure("in_flight_mean", latency_sum as f64 / stage.elapsed() as f64)
        .measure("switches_voluntary", voluntary as f64)
        .measure("switches_voluntary_per_read", voluntary as f64 / n as f64)
        .at_least("switches:voluntary", voluntary as f64)
        .verified("each block read held its own number");
    Ok(if queued { outcome.at_least("syscall:io_uring_enter", enters as f64) } else { outcome.calls("pread64", n) })
}
