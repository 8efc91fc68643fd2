//! The kernel side's rows, one per kind of call and CPU, as the table of system calls.

use super::names::{Doing, work_name};
use crate::collect::call_names::{call_name, error_name};
use crate::model::{Abi, Histogram, KernelWork, Reading, Syscall, SyscallTable};
use crate::sys::bpf::raw;
use std::collections::BTreeMap;

/// `flags` of a record: the call that it was in when the window opened began before.
const OPEN_START: u32 = 1;

/// Merges the rows of all CPUs, the kernel work outside calls and the calls that live threads are in.
pub fn table(rows: &[raw::row], totals: &[raw::totals], live: &[raw::record]) -> SyscallTable {
    let mut calls: BTreeMap<(Abi, u32), Syscall> = BTreeMap::new();
    for row in rows {
        if let Doing::Call(abi, number) = Doing::from_word(row.call) {
            add_row(calls.entry((abi, number)).or_insert_with(|| empty(abi, number)), row);
        }
    }
    let mut work: BTreeMap<u32, KernelWork> = BTreeMap::new();
    for (number, part) in totals.iter().flat_map(|t| (0u32..).zip(&t.work)).filter(|(_, part)| part.count > 0) {
        add_work(&mut work, number, part.count, part.ns);
    }
    for record in live {
        let parts = &record.open;
        let elapsed = record.end.saturating_sub(parts.enter);
        match Doing::from_word(record.call) {
            Doing::Outside => {}
            Doing::Work(number) => {
                add_work(&mut work, number, 1, elapsed.saturating_sub(parts.blocked + parts.queue + parts.preempted));
            }
            Doing::Call(abi, number) => {
                let call = calls.entry((abi, number)).or_insert_with(|| empty(abi, number));
                call.calls += 1;
                call.open_at_end += 1;
                call.open_at_start += u64::from(record.flags & OPEN_START != 0 && parts.enter == record.start);
                add_times(call, elapsed, parts.blocked, parts.queue, parts.preempted);
            }
        }
    }
    SyscallTable { calls: calls.into_values().collect(), outside_calls: work.into_values().collect() }
}

fn empty(abi: Abi, number: u32) -> Syscall {
    let none_returned = || Reading::missing("no call of this kind has returned");
    Syscall {
        abi,
        number,
        name: call_name(abi, number),
        calls: 0,
        open_at_end: 0,
        open_at_start: 0,
        errors: 0,
        errnos: BTreeMap::new(),
        interrupted: 0,
        elapsed_ns: Reading::Exact(0),
        on_cpu_ns: Reading::Exact(0),
        blocked_ns: Reading::Exact(0),
        run_queue_ns: Reading::Exact(0),
        preempted_ns: Reading::Exact(0),
        elapsed_max_ns: none_returned(),
        on_cpu_max_ns: none_returned(),
        elapsed: Histogram::default(),
        on_cpu: Histogram::default(),
    }
}

fn add_row(call: &mut Syscall, row: &raw::row) {
    let quick = Histogram::from_counts(&row.quick);
    let slow = Histogram::from_counts(&row.slow_elapsed);
    call.calls += quick.count() + slow.count() + row.open_end;
    call.open_at_end += row.open_end;
    call.open_at_start += row.open_start;
    call.interrupted += row.interrupted;
    add_times(call, row.elapsed, row.blocked, row.queue, row.preempted);
    if quick.count() + slow.count() > 0 {
        raise(&mut call.elapsed_max_ns, row.quick_max.max(row.slow_elapsed_max));
        raise(&mut call.on_cpu_max_ns, row.quick_max.max(row.slow_on_cpu_max));
    }
    call.elapsed.merge(&quick);
    call.elapsed.merge(&slow);
    call.on_cpu.merge(&quick);
    call.on_cpu.merge(&Histogram::from_counts(&row.slow_on_cpu));
    for (errno, count) in (0..).zip(row.errors).filter(|(_, count)| *count > 0) {
        call.errors += count;
        let name = match errno {
            0 => "other".to_owned(),
            134 => error_name(524),
            _ => error_name(errno),
        };
        *call.errnos.entry(name).or_default() += count;
    }
}

fn add_times(call: &mut Syscall, elapsed: u64, blocked: u64, queue: u64, preempted: u64) {
    let on_cpu = elapsed.saturating_sub(blocked + queue + preempted);
    for (sum, part) in [
        (&mut call.elapsed_ns, elapsed),
        (&mut call.on_cpu_ns, on_cpu),
        (&mut call.blocked_ns, blocked),
        (&mut call.run_queue_ns, queue),
        (&mut call.preempted_ns, preempted),
    ] {
        *sum = sum.plus(&Reading::Exact(part));
    }
}

fn raise(max: &mut Reading<u64>, to: u64) {
    *max = Reading::Exact(max.get().unwrap_or(0).max(to));
}

fn add_work(work: &mut BTreeMap<u32, KernelWork>, number: u32, count: u64, ns: u64) {
    let what = || KernelWork { what: work_name(number).to_owned(), count: 0, on_cpu_ns: 0 };
    let entry = work.entry(number).or_insert_with(what);
    entry.count += count;
    entry.on_cpu_ns += ns;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::bpf::CALL_FIRST;

    fn row(number: u32, quick_ns: u64, times: u64) -> raw::row {
        let mut row = raw::row {
            call: number + CALL_FIRST,
            elapsed: quick_ns * times,
            quick_max: quick_ns,
            ..Default::default()
        };
        row.quick[Histogram::bucket(quick_ns)] = times;
        row
    }

    #[test]
    fn rows_of_two_cpus_are_one_call() {
        let table = table(&[row(0, 100, 3), row(0, 900, 1)], &[], &[]);
        let [read] = &table.calls[..] else { panic!("{:?}", table.calls) };
        assert_eq!((read.calls, read.elapsed_ns.get(), read.elapsed_max_ns.get()), (4, Some(1_200), Some(900)));
    }

    #[test]
    fn a_call_that_left_the_cpu_has_two_distributions() {
        let mut slow = raw::row { call: CALL_FIRST, elapsed: 1_000, blocked: 700, queue: 200, ..Default::default() };
        slow.slow_elapsed[Histogram::bucket(1_000)] = 1;
        slow.slow_on_cpu[Histogram::bucket(100)] = 1;
        slow.slow_elapsed_max = 1_000;
        slow.slow_on_cpu_max = 100;
        let table = table(&[slow], &[], &[]);
        assert_eq!(table.calls[0].on_cpu_ns.get(), Some(100));
        assert_eq!(table.calls[0].on_cpu_max_ns.get(), Some(100));
        assert_eq!(table.calls[0].elapsed.count(), 1);
    }

    #[test]
    fn a_call_open_at_the_end_counts_with_its_time_so_far_and_no_maximum() {
        let live = raw::record {
            call: CALL_FIRST + 1,
            end: 500,
            open: raw::open_call { enter: 100, blocked: 300, queue: 0, preempted: 0 },
            ..Default::default()
        };
        let table = table(&[], &[], &[live]);
        let write = &table.calls[0];
        assert_eq!(
            (write.calls, write.open_at_end, write.elapsed_ns.get(), write.on_cpu_ns.get()),
            (1, 1, Some(400), Some(100))
        );
        assert!(write.elapsed_max_ns.is_missing());
    }

    #[test]
    fn errors_keep_their_names() {
        let mut failing = row(0, 10, 5);
        failing.errors[2] = 3;
        failing.errors[0] = 1;
        let table = table(&[failing], &[], &[]);
        assert_eq!(table.calls[0].errors, 4);
        assert_eq!(table.calls[0].errnos["ENOENT"], 3);
        assert_eq!(table.calls[0].errnos["other"], 1);
    }
}
