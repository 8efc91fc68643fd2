//! Moves a cached file to another file or to a socket: by read and write, or by calls that stay in the kernel.

use crate::descriptor::{Kind, Parameter, Workload};
use crate::failure::ensure;
use crate::os::child::Child;
use crate::os::tempfile::{Block, polled_ring, ring, temporary};
use crate::{Arguments, Failure, Outcome, Stage};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::{AsRawFd, FromRawFd};

pub(crate) static WORKLOAD: Workload = Workload {
    name: "copy",
    concept: "work moved into the kernel saves crossings and copies: sendfile, splice, copy_file_range, queued calls",
    unit: "byte",
    parameters: &[
        Parameter {
            name: "by",
            default: "readwrite",
            kind: Kind::Choice(&["readwrite", "sendfile", "splice", "copy_file_range", "io_uring", "io_uring_poll"]),
            help: "how; copy_file_range copies to files only; io_uring_poll: a kernel thread polls the queue, no calls",
        },
        Parameter {
            name: "to",
            default: "socket",
            kind: Kind::Choice(&["socket", "file"]),
            help: "where to: a loopback TCP socket that another process empties, or a file",
        },
        Parameter { name: "size", default: "64M", kind: Kind::Bytes { min: 4096, max: 1 << 30 }, help: "bytes in all" },
        Parameter {
            name: "piece",
            default: "64k",
            kind: Kind::Bytes { min: 512, max: 1 << 20 },
            help: "bytes for each call",
        },
        Parameter { name: "dir", default: "auto", kind: Kind::Folder, help: "where the files are, removed at once" },
    ],
    exercises: &["syscall:read", "syscall:write", "syscall:sendfile", "syscall:splice", "kernel_share"],
    needs: &[],
    run,
};

const BLOCK: usize = 4096;

fn run(arguments: &Arguments, stage: &mut Stage) -> Result<Outcome, Failure> {
    let (by, to) = (arguments.word("by"), arguments.word("to"));
    let (piece, dir) = (arguments.size("piece"), arguments.folder("dir"));
    let size = arguments.size("size") / BLOCK * BLOCK;
    if by == "copy_file_range" && to == "socket" {
        return Err(Failure::unavailable("copy_file_range writes to files only", "use to=file"));
    }
    let mut source = temporary(dir)?;
    Block::fill(&source, size, BLOCK)?;
    source.seek(SeekFrom::Start(0)).map_err(Failure::of("rewind the source"))?;
    let (sink, reader) = if to == "file" { (temporary(dir)?, None) } else { socket(size)? };
    let mut mover = Mover::new(by, piece, to == "file")?;
    stage.begin();
    let mut moved = 0;
    while moved < size {
        let got = mover.step(&source, &sink, moved, size - moved)?;
        ensure(got > 0, || format!("{by} moved nothing after {moved} bytes"))?;
        moved += got;
    }
    let calls = mover.calls;
    if let Some(mut reader) = reader {
        drop(sink);
        reader.succeed("the reader at the other end, which checks the bytes,")?;
        stage.end();
    } else {
        stage.end();
        Block::check(&sink, size, BLOCK)?;
    }
    let mut outcome =
        stage.outcome(size as u64).measure("calls", calls as f64).verified("every block arrived in order");
    for name in mover.names() {
        outcome = outcome.at_least(&format!("syscall:{name}"), (calls / mover.names().len() as u64) as f64);
    }
    Ok(outcome)
}

/// A connected loopback socket and the process that empties and checks it.
fn socket(size: usize) -> Result<(File, Option<Child>), Failure> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(Failure::of("listen on loopback"))?;
    let address = listener.local_addr().map_err(Failure::of("read the port"))?;
    let reader = Child::fork(move || {
        let Ok((mut stream, _)) = listener.accept() else { return 1 };
        let mut buffer = vec![0u8; 1 << 18];
        let (mut filled, mut block) = (0usize, 0u64);
        loop {
            match stream.read(&mut buffer[filled..]) {
                Ok(0) => return i32::from(block as usize * BLOCK != size || filled != 0),
                Ok(n) => filled += n,
                Err(_) => return 1,
            }
            let whole = filled / BLOCK * BLOCK;
            for at in (0..whole).step_by(BLOCK) {
                if !Block::is(&buffer[at..at + BLOCK], block) {
                    return 1;
                }
                block += 1;
            }
            buffer.copy_within(whole..filled, 0);
            filled -= whole;
        }
    })?;
    let stream = std::net::TcpStream::connect(address).map_err(Failure::of("connect on loopback"))?;
    Ok((File::from(std::os::fd::OwnedFd::from(stream)), Some(reader)))
}

/// Pieces that a queued call moves at a time.
const CHAIN: usize = 8;
/// Looks at the completion queue before sleeping. Without a CPU to spare the polling thread waits for this one's.
const PATIENCE: u32 = 20_000;

/// One way of moving, with what it keeps between calls.
struct Mover {
    piece: usize,
    by: &'static str,
    buffer: Vec<u8>,
    pipe: Option<(File, File)>,
    ring: Option<io_uring::IoUring>,
    to_file: bool,
    calls: u64,
}

fn moved(result: isize, what: &str) -> Result<usize, Failure> {
    if result < 0 { Err(Failure::os(what)) } else { Ok(result as usize) }
}

impl Mover {
    fn new(by: &'static str, piece: usize, to_file: bool) -> Result<Mover, Failure> {
        let pipe = if by == "splice" {
            let mut ends = [0i32; 2];
            // SAFETY: `ends` is live; both descriptors are new and owned by the files made of them.
            let pair = unsafe {
                moved(libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) as isize, "create a pipe")?;
                libc::fcntl(ends[1], libc::F_SETPIPE_SZ, piece as i32);
                (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1]))
            };
            Some(pair)
        } else {
            None
        };
        let ring = match by {
            "io_uring" => Some(ring(2 * CHAIN as u32)?),
            "io_uring_poll" => Some(polled_ring(2 * CHAIN as u32)?),
            _ => None,
        };
        let buffer = vec![0; piece * if ring.is_some() { CHAIN } else { 1 }];
        Ok(Mover { piece, by, buffer, pipe, ring, to_file, calls: 0 })
    }

    fn names(&self) -> &'static [&'static str] {
        match self.by {
            "sendfile" => &["sendfile"],
            "splice" => &["splice"],
            "copy_file_range" => &["copy_file_range"],
            "io_uring" => &["io_uring_enter"],
            "io_uring_poll" => &[],
            _ => &["read", "write"],
        }
    }

    /// Moves a piece, or a chain of them, of what is left; the source and the sink stand at `done`.
    fn step(&mut self, source: &File, sink: &File, done: usize, left: usize) -> Result<usize, Failure> {
        let piece = self.piece.min(left);
        let (from, into) = (source.as_raw_fd(), sink.as_raw_fd());
        let null = std::ptr::null_mut();
        let none = std::ptr::null_mut::<libc::loff_t>();
        match self.by {
            "sendfile" => {
                self.calls += 1;
                // SAFETY: both descriptors are open; the source's own offset is used.
                moved(unsafe { libc::sendfile(into, from, null, piece) }, "sendfile")
            }
            "copy_file_range" => {
                self.calls += 1;
                // SAFETY: both descriptors are open; their own offsets are used.
                let n = unsafe { libc::syscall(libc::SYS_copy_file_range, from, none, into, none, piece, 0) };
                moved(n as isize, "copy_file_range")
            }
            "splice" => {
                let (out, input) = self.pipe.as_ref().expect("splice has a pipe");
                let (out, input) = (out.as_raw_fd(), input.as_raw_fd());
                // SAFETY: all descriptors are open; their own offsets are used.
                let all = unsafe {
                    let n = moved(libc::splice(from, none, input, none, piece, libc::SPLICE_F_MOVE), "splice")?;
                    let mut left = n;
                    while left > 0 {
                        left -= moved(libc::splice(out, none, into, none, left, libc::SPLICE_F_MOVE), "splice")?;
                        self.calls += 1;
                    }
                    n
                };
                self.calls += 1;
                Ok(all)
            }
            "io_uring" | "io_uring_poll" => self.queued(from, into, done, left),
            _ => {
                // SAFETY: both descriptors are open and the buffer holds at least `piece` bytes.
                unsafe {
                    let n = moved(libc::read(from, self.buffer.as_mut_ptr().cast(), piece), "read")?;
                    let mut written = 0;
                    self.calls += 1;
                    while written < n {
                        let at = self.buffer.as_ptr().add(written).cast();
                        written += moved(libc::write(into, at, n - written), "write")?;
                        self.calls += 1;
                    }
                    Ok(n)
                }
            }
        }
    }

    /// Up to [`CHAIN`] reads, each linked to a write and that to the next read, submitted and awaited together.
    fn queued(&mut self, from: i32, into: i32, done: usize, left: usize) -> Result<usize, Failure> {
        use io_uring::{opcode, squeue::Flags, types::Fd};
        let ring = self.ring.as_mut().expect("io_uring has a ring");
        let (mut all, mut entries) = (0usize, 0u64);
        // Published as a whole when dropped: a polling kernel ends a chain at the last entry that it sees.
        let mut queue = ring.submission();
        while all < left && entries < CHAIN as u64 {
            let piece = self.piece.min(left - all);
            let offset = (done + all) as u64;
            let last = all + piece == left || entries + 1 == CHAIN as u64;
            // SAFETY: the buffer has room for CHAIN pieces.
            let at = unsafe { self.buffer.as_mut_ptr().add(entries as usize * self.piece) };
            let read = opcode::Read::new(Fd(from), at, piece as u32).offset(offset).build();
            // A socket has no position and takes the whole of it or less; MSG_WAITALL makes it whole.
            let write = if self.to_file {
                opcode::Write::new(Fd(into), at, piece as u32).offset(offset).build()
            } else {
                opcode::Send::new(Fd(into), at, piece as u32).flags(libc::MSG_WAITALL).build()
            };
            let write = if last { write } else { write.flags(Flags::IO_LINK) };
            // SAFETY: the buffer outlives both, which are awaited before it is used again.
            let pushed = unsafe {
                queue
                    .push(&read.flags(Flags::IO_LINK).user_data(piece as u64))
                    .and_then(|()| queue.push(&write.user_data(piece as u64)))
            };
            pushed.map_err(|_| Failure::wrong("the submission queue is full"))?;
            all += piece;
            entries += 1;
        }
        drop(queue);
        self.await_all(2 * entries as usize)?;
        Ok(all)
    }

    fn await_all(&mut self, entries: usize) -> Result<(), Failure> {
        let ring = self.ring.as_mut().expect("io_uring has a ring");
        let mut looks = 0;
        if ring.params().is_setup_sqpoll() {
            // Enters the kernel only to wake the polling thread, should it have gone to sleep.
            ring.submit().map_err(Failure::of("io_uring_enter"))?;
            while ring.completion().len() < entries && looks < PATIENCE {
                std::hint::spin_loop();
                looks += 1;
            }
        }
        if ring.completion().len() < entries {
            ring.submit_and_wait(entries).map_err(Failure::of("io_uring_enter"))?;
            self.calls += 1;
        }
        for entry in ring.completion() {
            let wanted = entry.user_data() as i32;
            ensure(entry.result() == wanted, || format!("a queued call moved {} of {wanted}", entry.result()))?;
        }
        Ok(())
    }
}
