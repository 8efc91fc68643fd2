//! A token handed round a ring of tasks on one CPU, each hop one switch. The engine of `pingpong`, `ring` and
//! `cachekeep`; owns the tasks, the token and the counts of switches, not the parameters.
//!
//! The tasks run under SCHED_BATCH: a task woken under it does not preempt its waker, so that a hop is one voluntary
//! switch. Under SCHED_OTHER a ring of eight makes up to 1.5 switches a hop.

use crate::os::memory::{HugePages, Resident, shared_futexes, shared_words};
use crate::os::{clock, clone, futex};
use crate::{Failure, Outcome, Stage};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// What the tasks share, as `clone` flags; `thread` is a plain POSIX thread.
pub(super) const SHARES: &[&str] = &["process", "vm", "files", "vm+files", "thread"];
/// What carries the token.
pub(super) const CARRIERS: &[&str] = &["futex", "pipe", "eventfd", "socket"];

/// Rounds before the window, so that every task has run and its pages are there.
const WARM_ROUNDS: u64 = 50;

pub(super) struct Ring {
    pub(super) tasks: usize,
    pub(super) rounds: u64,
    pub(super) share: &'static str,
    pub(super) carrier: &'static str,
    /// Bytes that each task reads through at each hop.
    pub(super) working_set: usize,
    pub(super) batch: bool,
}

/// How the token reaches one task.
#[derive(Clone, Copy)]
enum Carrier {
    Futex(&'static AtomicU32),
    /// Read and write end, and the bytes of one token: an eventfd takes eight.
    Descriptor(i32, i32, usize),
}

impl Carrier {
    fn new(kind: &str) -> Result<Carrier, Failure> {
        let mut ends = [0i32; 2];
        // SAFETY: `ends` is live; eventfd takes no pointer.
        let made = unsafe {
            match kind {
                "futex" => return Ok(Carrier::Futex(&shared_futexes(1)?[0].word)),
                "pipe" => libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC),
                "socket" => {
                    libc::socketpair(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0, ends.as_mut_ptr())
                }
                _ => {
                    ends = [libc::eventfd(0, libc::EFD_CLOEXEC); 2];
                    ends[0]
                }
            }
        };
        if made < 0 {
            return Err(Failure::os(format!("create a {kind}")));
        }
        Ok(Carrier::Descriptor(ends[0], ends[1], if kind == "eventfd" { 8 } else { 1 }))
    }

    fn give(self) {
        match self {
            Carrier::Futex(word) => {
                word.store(1, Ordering::Release);
                futex::wake(word, 1);
            }
            Carrier::Descriptor(_, to, bytes) => {
                let token = 1u64;
                // SAFETY: the descriptor is open and `token` has at least `bytes` bytes.
                unsafe { libc::write(to, (&raw const token).cast(), bytes) };
            }
        }
    }

    fn take(self) {
        match self {
            Carrier::Futex(word) => {
                while word.swap(0, Ordering::Acquire) == 0 {
                    futex::wait(word, 0);
                }
            }
            Carrier::Descriptor(from, _, bytes) => {
                let mut token = 0u64;
                // SAFETY: the descriptor is open and `token` has at least `bytes` bytes.
                unsafe { libc::read(from, (&raw mut token).cast(), bytes) };
            }
        }
    }
}

/// One task's place in the ring: what it waits for, whom it hands to, where it counts.
#[derive(Clone, Copy)]
struct Place {
    mine: Carrier,
    next: Carrier,
    rounds: u64,
    /// Hops made, voluntary and involuntary switches within the window.
    counts: &'static [AtomicU64],
    set: (usize, usize),
    finish: &'static AtomicU32,
}

/// Reads one word of each cache line. Also called in tasks that share the creator's thread-local storage.
pub(super) fn touch(at: *const u8, bytes: usize) -> u64 {
    let mut sum = 0u64;
    for offset in (0..bytes).step_by(64) {
        // SAFETY: the caller's memory is `bytes` long and resident.
        sum = sum.wrapping_add(unsafe { at.add(offset).cast::<u64>().read_volatile() });
    }
    sum
}

impl Place {
    /// The whole life of a task that is not the first. Raw calls and atomics only: see `os::clone`.
    fn live(self) -> i32 {
        let mut before = (0, 0);
        for round in 0..WARM_ROUNDS + self.rounds {
            self.mine.take();
            if round == WARM_ROUNDS {
                before = clock::thread_switches();
            }
            touch(self.set.0 as *const u8, self.set.1);
            self.counts[0].fetch_add(1, Ordering::Relaxed);
            if round + 1 == WARM_ROUNDS + self.rounds {
                self.count(before, clock::thread_switches());
            }
            self.next.give();
        }
        // Not yet the end: taking an address space down inside the window would be charged to the switches.
        while self.finish.load(Ordering::Acquire) == 0 {
            futex::wait(self.finish, 0);
        }
        0
    }

    fn count(&self, before: (u64, u64), after: (u64, u64)) {
        self.counts[1].store(after.0 - before.0, Ordering::Release);
        self.counts[2].store(after.1 - before.1, Ordering::Release);
    }
}

fn flags(share: &str) -> i32 {
    match share {
        "vm" => libc::CLONE_VM,
        "files" => libc::CLONE_FILES,
        "vm+files" => libc::CLONE_VM | libc::CLONE_FILES,
        _ => 0,
    }
}

fn batch_policy() -> Result<(), Failure> {
    let parameter = libc::sched_param { sched_priority: 0 };
    // SAFETY: `parameter` is live; SCHED_BATCH takes priority 0 and needs no privilege.
    match unsafe { libc::sched_setscheduler(0, libc::SCHED_BATCH, &parameter) } {
        0 => Ok(()),
        _ => Err(Failure::os("set SCHED_BATCH")),
    }
}

impl Ring {
    /// Runs the ring. `visit` is called by the first task at each of its turns within the window.
    pub(super) fn run(&self, stage: &mut Stage, mut visit: impl FnMut(*const u8, usize)) -> Result<Outcome, Failure> {
        if self.batch {
            batch_policy()?;
        }
        let carriers = (0..self.tasks).map(|_| Carrier::new(self.carrier)).collect::<Result<Vec<_>, _>>()?;
        let counts = shared_words(self.tasks * 3)?;
        let sets =
            (0..self.tasks).map(|_| Resident::new(self.working_set, HugePages::No)).collect::<Result<Vec<_>, _>>()?;
        let finish = &shared_futexes(1)?[0].word;
        let place = |index: usize| Place {
            mine: carriers[index],
            next: carriers[(index + 1) % self.tasks],
            rounds: self.rounds,
            counts: &counts[index * 3..index * 3 + 3],
            set: (sets[index].as_ptr() as usize, self.working_set),
            finish,
        };
        let mut children = Vec::new();
        let mut threads = Vec::new();
        for index in 1..self.tasks {
            let place = place(index);
            if self.share == "thread" {
                threads.push(std::thread::spawn(move || place.live()));
            } else {
                children.push(clone::spawn(flags(self.share), Box::new(move || place.live()))?);
            }
        }
        self.lead(stage, place(0), &mut visit);
        finish.store(1, Ordering::Release);
        futex::wake(finish, i32::MAX);
        for child in &mut children {
            child.succeed("a task of the ring")?;
        }
        for thread in threads {
            thread.join().map_err(|_| Failure::wrong("a thread of the ring panicked"))?;
        }
        self.judge(stage, counts)
    }

    /// The first task: it brings the token in, and its turns bound the window.
    fn lead(&self, stage: &mut Stage, place: Place, visit: &mut impl FnMut(*const u8, usize)) {
        let set = place.set.0 as *const u8;
        for _ in 0..WARM_ROUNDS {
            touch(set, place.set.1);
            place.next.give();
            place.mine.take();
        }
        stage.begin();
        let before = clock::thread_switches();
        for _ in 0..self.rounds {
            visit(set, place.set.1);
            place.counts[0].fetch_add(1, Ordering::Relaxed);
            place.next.give();
            place.mine.take();
        }
        place.count(before, clock::thread_switches());
        stage.end();
    }

    fn judge(&self, stage: &Stage, counts: &[AtomicU64]) -> Result<Outcome, Failure> {
        let column = |c: usize| counts.iter().skip(c).step_by(3).map(|w| w.load(Ordering::Acquire)).sum::<u64>();
        let tasks = self.tasks as u64;
        let hops = self.rounds * tasks;
        let made = column(0);
        let right = hops + WARM_ROUNDS * (tasks - 1);
        crate::failure::ensure(made == right, || format!("the token was held {made} times, not {right}"))?;
        let (voluntary, involuntary) = (column(1), column(2));
        let outcome = stage
            .outcome(hops)
            .measure("hops", hops as f64)
            .measure("switches", (voluntary + involuntary) as f64)
            .measure("switches_voluntary", voluntary as f64)
            .measure("switches_involuntary", involuntary as f64)
            .measure("switches_per_hop", (voluntary + involuntary) as f64 / hops as f64)
            // Each task reads its own counts within the window, so the window holds these and perhaps a few more.
            .at_least("switches:voluntary", voluntary as f64)
            .at_least("switches:involuntary", involuntary as f64)
            .calls("getrusage", 2 * tasks)
            .verified(format!("each of {tasks} tasks held the token {} times", self.rounds));
        Ok(match self.carrier {
            "futex" => outcome.at_least("syscall:futex", hops as f64),
            // Each task but the first has its first read open when the window opens, so it ends one read more than it
            // starts; and the last give of every round is a write.
            "socket" | "pipe" | "eventfd" => {
                outcome.calls("write", hops).at_least("syscall:read", (hops - tasks) as f64)
            }
            _ => outcome,
        })
    }
}
