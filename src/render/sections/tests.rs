//! Sums: whatever is shown and whatever is not, the lines of a table and their total agree.

use super::super::fixture;
use super::super::grid::{Grid, Value, Weight};
use super::*;
use crate::model::{Ledger, Process, Reading, Syscall};
use proptest::prelude::*;

/// A cell as a number that can be summed.
fn number(value: &Value) -> Option<i128> {
    match value {
        Value::Count(r) | Value::Bytes(r) => r.get().map(i128::from),
        Value::Time(r) => r.value().map(|v| i128::from(*v)),
        _ => None,
    }
}

/// Checks every column of a table that has a total there; says how many it were.
fn check_sums(grid: &Grid, of: &str) -> usize {
    let Some(total) = grid.lines.iter().find(|l| l.weight == Weight::Total) else { return 0 };
    let mut checked = 0;
    for (c, column) in grid.columns.iter().enumerate().filter(|(_, column)| !column.single) {
        let Some(total) = number(&total.cells[c]) else { continue };
        let lines = grid.lines.iter().filter(|l| l.weight != Weight::Total);
        let sum: Option<i128> = lines.map(|l| number(&l.cells[c])).sum();
        assert_eq!(sum, Some(total), "{} of {of}", column.name);
        checked += 1;
    }
    checked
}

fn check_all(profile: &Profile, choice: Choice) -> usize {
    let report = report(profile, choice);
    report.sections.iter().filter_map(|s| s.grid.as_ref().map(|g| check_sums(g, &s.title))).sum()
}

fn call() -> impl Strategy<Value = Syscall> {
    let small = 1u64..2_000_000;
    ("[a-z]{1,12}", 1u64..100_000, small.clone(), small.clone(), small, 0u64..50).prop_map(
        |(name, calls, on_cpu, blocked, max, errors)| {
            let mut call = fixture::call(&name, 1, calls, on_cpu, blocked, max);
            call.errors = errors;
            call
        },
    )
}

fn ledger() -> impl Strategy<Value = Ledger> {
    proptest::array::uniform8(0u64..1 << 40).prop_map(|n| {
        let mut l = Ledger::zero();
        l.user_ns = Reading::Exact(n[0]);
        l.kernel_ns = Reading::Exact(n[1]);
        l.on_cpu_ns = Reading::Exact(n[0] + n[1]);
        l.run_queue_ns = Reading::Exact(n[2]);
        l.preempted_ns = Reading::Exact(n[3]);
        l.blocked_ns = Reading::Exact(n[4]);
        l.lifetime_ns = Reading::Exact(n[0] + n[1] + n[2] + n[3] + n[4] + n[7] % 1_000);
        l.voluntary_switches = Reading::Exact(n[5]);
        l.syscalls = Reading::Exact(n[6]);
        l
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn lines_and_the_rest_sum_to_the_total(
        calls in proptest::collection::vec(call(), 1..40),
        ledgers in proptest::collection::vec(ledger(), 1..40),
        lost in ledger(),
        top in 0usize..40,
        key in 0usize..SortKey::ALL.len(),
    ) {
        let mut profile = fixture::normal();
        let Reading::Exact(table) = &mut profile.syscalls else { panic!("the usual profile has calls") };
        table.calls = calls;
        let usual = profile.processes[0].clone();
        profile.total = lost; // in the total, but not kept one by one
        profile.processes = ledgers.into_iter().map(|ledger| Process { ledger, ..usual.clone() }).collect();
        profile.processes.iter().for_each(|p| profile.total.add(&p.ledger));
        profile.programs.clear();
        let choice = Choice { top, sort: SortKey::ALL[key].1, errors: true };
        // calls (7), blocked on (2), processes (15 less peak RSS and the coarse columns)
        prop_assert!(check_all(&profile, choice) > 20);
    }
}

#[test]
fn every_fixture_sums_whatever_is_shown() {
    let mut checked = 0;
    for (_, profile) in fixture::all() {
        for top in [0, 1, 5, 15, usize::MAX] {
            for (_, sort) in SortKey::ALL {
                checked += check_all(&profile, Choice { top, sort, errors: false });
            }
        }
    }
    assert!(checked > 1_000, "{checked}");
}

#[test]
fn rows_that_exceed_the_total_are_called_out() {
    let mut profile = fixture::normal();
    profile.total.blocked_ns = Reading::Exact(1);
    let report = report(&profile, Choice { top: 15, sort: SortKey::Elapsed, errors: false });
    let notes = report.sections.iter().flat_map(|s| &s.notes);
    assert!(notes.into_iter().any(|n| n.text.contains("more than the total") && n.text.contains("blocked time")));
}

#[test]
fn each_reason_is_given_once_and_for_every_value_it_explains() {
    let report = report(&fixture::plain_user(), Choice { top: 15, sort: SortKey::Elapsed, errors: false });
    let section = report.sections.iter().find(|s| s.title == "Not measured").expect("much is missing");
    let of = |why: &str| section.notes.iter().filter(|n| n.text.contains(why)).collect::<Vec<_>>();
    let bpf = of("needs tier bpf");
    assert_eq!(bpf.len(), 1);
    for what in ["user", "kernel", "run queue", "blocked", "system calls", "wake-ups"] {
        assert!(bpf[0].text.contains(what), "{what} in {}", bpf[0].text);
    }
    assert_eq!(bpf[0].remedy.as_deref(), Some("sudo osmeter run -- make"));
    assert_eq!(of("perf_event_paranoid").len(), 1);
}

#[test]
fn nothing_missing_is_shown_as_zero() {
    let report = report(&fixture::plain_user(), Choice { top: 15, sort: SortKey::Elapsed, errors: true });
    let values = report.sections.iter().filter_map(|s| s.grid.as_ref()).flat_map(|g| &g.lines).flat_map(|l| &l.cells);
    for value in values {
        if let Value::Text(text) = value {
            assert_ne!(text, "0");
        }
        assert_ne!(number(value), Some(0), "{value:?}");
    }
}
