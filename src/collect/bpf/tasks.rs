//! Records of threads as threads, processes and programs, in bounded memory.

use super::{names::reason_names, sums};
use crate::model::{Blocked, Ended, Process, Program, Reading, Thread};
use crate::sys::bpf::raw;
use std::collections::{BTreeMap, HashMap};

/// Threads, and as many processes, that are kept one by one; more are in the sums only.
const KEPT: usize = 20_000;
/// `ended` of a record: the thread goes on under another program's name.
const ENDED_EXEC: u32 = 1;
const ENDED_ALIVE: u32 = 2;
/// `flags` of a record: the thread leads its process.
const LEADER: u32 = 4;

/// What has come in so far.
#[derive(Default)]
pub struct Tasks {
    threads: Vec<raw::record>,
    /// Parts of threads up to an exec, waiting for the part that follows.
    before_exec: HashMap<u32, raw::record>,
    processes: Vec<ProcessSums>,
    /// The process that a tgid means now: ids are used again.
    by_tgid: HashMap<u32, usize>,
    programs: BTreeMap<[u8; 16], ProgramSums>,
    summed_only: u64,
}

struct ProcessSums {
    tgid: u32,
    parent: u32,
    comm: [u8; 16],
    threads: u64,
    start: u64,
    end: u64,
    peak_rss_pages: u64,
    leader_ended: bool,
    sums: raw::sums,
}

#[derive(Default)]
struct ProgramSums {
    processes: u64,
    threads: u64,
    sums: raw::sums,
}

/// The tasks as the model has them.
pub struct Rows {
    /// By thread.
    pub threads: Vec<Thread>,
    /// By process.
    pub processes: Vec<Process>,
    /// By program name.
    pub programs: Vec<Program>,
    /// Threads that are in the sums only.
    pub summed_only: u64,
}

impl Tasks {
    /// Takes one record.
    pub fn add(&mut self, record: &raw::record) {
        self.add_to_program(record);
        self.add_to_process(record);
        let mut whole = *record;
        if let Some(before) = self.before_exec.remove(&record.tid) {
            if before.end == record.start {
                whole = joined(&before, record);
            } else {
                self.keep(before);
            }
        }
        if record.ended == ENDED_EXEC {
            self.before_exec.insert(record.tid, whole);
        } else {
            self.keep(whole);
        }
    }

    /// Whether the leader's last record has come in.
    pub fn has_ended(&self, tgid: u32) -> bool {
        self.by_tgid.get(&tgid).is_some_and(|i| self.processes[*i].leader_ended)
    }

    /// All rows; times are relative to the start of the window.
    pub fn finish(mut self, window_start: u64, page_bytes: u64) -> Rows {
        // What is left here went on under its leader's id: an exec from another thread.
        for (_, record) in std::mem::take(&mut self.before_exec) {
            self.keep(record);
        }
        let processes = self.processes.iter().map(|p| process(p, window_start, page_bytes)).collect();
        let threads = self.threads.iter().map(|r| thread(r, window_start)).collect();
        let programs = self.programs.iter().map(|(comm, p)| program(comm, p)).collect();
        Rows { threads, processes, programs, summed_only: self.summed_only }
    }

    fn keep(&mut self, record: raw::record) {
        if self.threads.len() < KEPT {
            self.threads.push(record);
        } else {
            self.summed_only += 1;
        }
    }

    fn add_to_program(&mut self, record: &raw::record) {
        let program = self.programs.entry(record.process_comm).or_default();
        program.threads += 1;
        program.processes += u64::from(record.flags & LEADER != 0);
        sums::add(&mut program.sums, &record.sums);
    }

    fn add_to_process(&mut self, record: &raw::record) {
        let known = self.by_tgid.get(&record.tgid).copied();
        let known = known.filter(|i| !(self.processes[*i].leader_ended && record.start >= self.processes[*i].end));
        let index = match known {
            Some(index) => index,
            None if self.processes.len() < KEPT => {
                self.processes.push(ProcessSums::new(record));
                self.by_tgid.insert(record.tgid, self.processes.len() - 1);
                self.processes.len() - 1
            }
            None => return,
        };
        self.processes[index].add(record);
    }
}

impl ProcessSums {
    fn new(record: &raw::record) -> Self {
        Self {
            tgid: record.tgid,
            parent: record.parent_tgid,
            comm: record.process_comm,
            threads: 0,
            start: record.start,
            end: record.end,
            peak_rss_pages: 0,
            leader_ended: false,
            sums: raw::sums::default(),
        }
    }

    fn add(&mut self, record: &raw::record) {
        let leader = record.flags & LEADER != 0;
        if leader {
            self.comm = record.process_comm;
            self.parent = record.parent_tgid;
            self.leader_ended = record.ended != ENDED_EXEC;
        }
        // An exec from another thread ends the leader, not the process.
        self.leader_ended &= record.ended != ENDED_EXEC;
        self.threads += u64::from(record.ended != ENDED_EXEC);
        self.start = self.start.min(record.start);
        self.end = self.end.max(record.end);
        self.peak_rss_pages = self.peak_rss_pages.max(record.peak_rss_pages);
        sums::add(&mut self.sums, &record.sums);
    }
}

/// A thread's part before an exec and the part after it.
fn joined(before: &raw::record, after: &raw::record) -> raw::record {
    let mut whole = *after;
    whole.start = before.start;
    sums::add(&mut whole.sums, &before.sums);
    for reason in before.reasons.iter().filter(|r| r.intervals > 0) {
        let same = |r: &&mut raw::reason| r.intervals == 0 || (r.call, r.kind) == (reason.call, reason.kind);
        if let Some(place) = whole.reasons.iter_mut().find(same) {
            (place.call, place.kind) = (reason.call, reason.kind);
            place.intervals += reason.intervals;
            place.ns += reason.ns;
        } else {
            whole.other_intervals += reason.intervals;
            whole.other_ns += reason.ns;
        }
    }
    whole.other_intervals += before.other_intervals;
    whole.other_ns += before.other_ns;
    whole
}

/// A comm as text: up to the first zero byte; what is not UTF-8 is replaced.
fn text(comm: &[u8; 16]) -> String {
    let end = comm.iter().position(|b| *b == 0).unwrap_or(comm.len());
    String::from_utf8_lossy(&comm[..end]).into_owned()
}

fn thread(record: &raw::record, window_start: u64) -> Thread {
    Thread {
        tgid: record.tgid,
        tid: record.tid,
        comm: text(&record.comm),
        start_ns: record.start.saturating_sub(window_start),
        ended: if record.ended == ENDED_ALIVE { Ended::Alive } else { Ended::Exited },
        ledger: sums::ledger(&record.sums, 0),
        blocked: blocked(record),
    }
}

fn blocked(record: &raw::record) -> Vec<Blocked> {
    let kept = record.reasons.iter().filter(|r| r.intervals > 0).map(|r| {
        let (during, on) = reason_names(r.call, r.kind);
        Blocked { during, on, intervals: r.intervals, blocked_ns: r.ns }
    });
    let other = (record.other_intervals > 0).then(|| Blocked {
        during: "other".to_owned(),
        on: None,
        intervals: record.other_intervals,
        blocked_ns: record.other_ns,
    });
    kept.chain(other).collect()
}

fn process(p: &ProcessSums, window_start: u64, page_bytes: u64) -> Process {
    Process {
        tgid: p.tgid,
        parent_tgid: Reading::Exact(p.parent),
        comm: text(&p.comm),
        threads: p.threads,
        start_ns: p.start.saturating_sub(window_start),
        elapsed_ns: Reading::Exact(p.end.saturating_sub(p.start)),
        peak_rss_bytes: match p.peak_rss_pages {
            // The kernel brings signal->maxrss up to date when the last thread exits.
            0 => Reading::missing("known when the process has ended"),
            pages => Reading::Exact(pages * page_bytes),
        },
        ledger: sums::ledger(&p.sums, 0),
    }
}

fn program(comm: &[u8; 16], p: &ProgramSums) -> Program {
    Program { comm: text(comm), processes: p.processes, threads: p.threads, ledger: sums::ledger(&p.sums, 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(tgid: u32, tid: u32, comm: &str, start: u64, end: u64, ended: u32) -> raw::record {
        let mut bytes = [0; 16];
        bytes[..comm.len()].copy_from_slice(comm.as_bytes());
        let sums = raw::sums { lifetime: end - start, user: end - start, ..Default::default() };
        let flags = if tgid == tid { LEADER } else { 0 };
        raw::record {
            ended,
            flags,
            tgid,
            tid,
            start,
            end,
            comm: bytes,
            process_comm: bytes,
            sums,
            ..Default::default()
        }
    }

    #[test]
    fn a_forked_child_that_executes_is_one_thread_and_two_programs() {
        let mut tasks = Tasks::default();
        tasks.add(&record(7, 7, "sh", 100, 150, ENDED_EXEC));
        tasks.add(&record(7, 7, "ls", 150, 400, 0));
        let rows = tasks.finish(100, 4096);
        assert_eq!(rows.threads.len(), 1);
        assert_eq!(rows.threads[0].comm, "ls");
        assert_eq!(rows.threads[0].ledger.lifetime_ns.get(), Some(300));
        let names: Vec<_> = rows.programs.iter().map(|p| (p.comm.as_str(), p.ledger.user_ns.get())).collect();
        assert_eq!(names, [("ls", Some(250)), ("sh", Some(50))]);
        assert_eq!(rows.processes.len(), 1);
        assert_eq!(rows.processes[0].threads, 1);
    }

    #[test]
    fn a_process_id_used_again_is_another_process() {
        let mut tasks = Tasks::default();
        tasks.add(&record(7, 7, "a", 100, 200, 0));
        tasks.add(&record(7, 7, "b", 300, 400, 0));
        assert_eq!(tasks.finish(0, 4096).processes.len(), 2);
    }

    #[test]
    fn threads_of_a_process_are_summed_and_the_leader_names_it() {
        let mut tasks = Tasks::default();
        tasks.add(&record(7, 8, "worker", 120, 180, 0));
        tasks.add(&record(7, 7, "main", 100, 200, 0));
        let rows = tasks.finish(100, 4096);
        let [p] = &rows.processes[..] else { panic!("one process") };
        assert_eq!((p.comm.as_str(), p.threads, p.start_ns), ("main", 2, 0));
        assert_eq!(p.elapsed_ns.get(), Some(100));
        assert_eq!(p.ledger.user_ns.get(), Some(160));
    }

    #[test]
    fn more_threads_than_are_kept_stay_in_the_sums() {
        let mut tasks = Tasks::default();
        for i in 0..=u32::try_from(KEPT).unwrap() {
            tasks.add(&record(1, i + 2, "t", 0, 1, 0));
        }
        let rows = tasks.finish(0, 4096);
        assert_eq!((rows.threads.len(), rows.summed_only), (KEPT, 1));
        assert_eq!(rows.programs[0].threads, KEPT as u64 + 1);
    }
}
