//! Counters of a fake machine: no kernel, no PMU needed. Then those of this one.

use super::events::dtlb;
use super::*;
use crate::subject::{self, Spec};
use perf_event::events::CacheResult;
use std::cell::RefCell;
use std::collections::HashMap;

/// A machine that answers each event as told; anything else counts 100 in 10 of 10 ns.
#[derive(Debug, Default)]
struct Fake {
    refuse: Vec<(Option<Event>, Mode, i32)>,
    counts: HashMap<(String, Mode), Count>,
    opened: RefCell<Vec<(String, Mode, u32, bool)>>,
    enabled: RefCell<Vec<usize>>,
}

fn key(event: &Event) -> String {
    format!("{event:?}")
}

const CYCLES: Event = Event::Hardware(Hardware::CPU_CYCLES);
const INSTRUCTIONS: Event = Event::Hardware(Hardware::INSTRUCTIONS);

impl Fake {
    fn with(mut self, event: &Event, mode: Mode, value: u64, enabled_ns: u64, running_ns: u64) -> Self {
        self.counts.insert((key(event), mode), Count { value, enabled_ns, running_ns });
        self
    }

    fn refusing(mut self, event: Option<Event>, mode: Mode, errno: i32) -> Self {
        self.refuse.push((event, mode, errno));
        self
    }
}

impl Source for &Fake {
    type Counter = usize;

    fn open(&self, event: &Event, mode: Mode, tid: u32, _: Start, leader: Option<&usize>) -> io::Result<usize> {
        for (refused, in_mode, errno) in &self.refuse {
            let hardware = !matches!(event, Event::Software(_));
            if *in_mode == mode && refused.as_ref().map_or(hardware || *errno != libc::ENOENT, |r| r == event) {
                return Err(io::Error::from_raw_os_error(*errno));
            }
        }
        let mut opened = self.opened.borrow_mut();
        opened.push((key(event), mode, tid, leader.is_some()));
        Ok(opened.len() - 1)
    }

    fn enable(&self, counter: &usize) -> io::Result<()> {
        self.enabled.borrow_mut().push(*counter);
        Ok(())
    }

    fn read(&self, counter: &usize) -> io::Result<Count> {
        let (event, mode, _, _) = self.opened.borrow()[*counter].clone();
        let plain = Count { value: 100, enabled_ns: 10, running_ns: 10 };
        Ok(self.counts.get(&(event, mode)).copied().unwrap_or(plain))
    }
}

fn machine(has_pmu: bool) -> Host {
    Host {
        hostname: "h".into(),
        kernel: "6".into(),
        architecture: "x86_64".into(),
        distribution: None,
        cpu_model: None,
        cpus: 1,
        cpus_allowed: 1,
        memory_bytes: 1,
        virtual_machine: Some(true),
        has_pmu,
    }
}

fn readings(fake: &Fake, which: Which) -> CounterReadings {
    let mut counters = Counters::from_source(fake, which, &machine(true));
    counters.arm(Target::gated(42));
    counters.finish()
}

fn counter<'a>(readings: &'a CounterReadings, name: &str) -> &'a Counter {
    readings.counters.iter().find(|c| c.name == name).unwrap_or_else(|| panic!("no {name} in {readings:#?}"))
}

#[test]
fn a_counter_that_shared_the_pmu_is_scaled_by_the_time_it_ran() {
    let fake = Fake::default().with(&CYCLES, Mode::User, 630, 100, 63).with(&CYCLES, Mode::Kernel, 50, 100, 100);
    let readings = readings(&fake, Which::Hardware);
    let cycles = counter(&readings, "cycles");
    assert_eq!(cycles.user, Some(Reading::Scaled { value: 1000, running: 0.63 }));
    assert_eq!(cycles.kernel, Some(Reading::Exact(50)));
    assert_eq!(cycles.total, Reading::Scaled { value: 1050, running: 0.63 });
}

#[test]
fn a_counter_that_never_ran_is_missing_and_not_zero() {
    let fake = Fake::default().with(&CYCLES, Mode::User, 0, 100, 0).with(&INSTRUCTIONS, Mode::User, 0, 0, 0);
    let readings = readings(&fake, Which::Hardware);
    assert!(counter(&readings, "cycles").total.is_missing());
    assert!(counter(&readings, "instructions").total.is_missing());
    assert!(readings.ipc.total.is_missing());
}

#[test]
fn instructions_per_cycle_need_counters_that_ran_together() {
    let together = Fake::default()
        .with(&CYCLES, Mode::User, 200, 100, 50)
        .with(&INSTRUCTIONS, Mode::User, 300, 100, 50)
        .with(&CYCLES, Mode::Kernel, 100, 100, 100)
        .with(&INSTRUCTIONS, Mode::Kernel, 50, 100, 100);
    let ipc = readings(&together, Which::Hardware).ipc;
    assert_eq!(ipc.user, Reading::Scaled { value: 1.5, running: 0.5 });
    assert_eq!(ipc.kernel, Reading::Exact(0.5));
    assert_eq!(ipc.total, Reading::Scaled { value: 1.3, running: 0.5 }); // (600 + 50) / (400 + 100)

    let apart = Fake::default().with(&CYCLES, Mode::User, 200, 100, 50).with(&INSTRUCTIONS, Mode::User, 300, 100, 40);
    assert!(readings(&apart, Which::Hardware).ipc.user.is_missing());
}

#[test]
fn the_two_of_a_pair_are_in_one_group_on_each_thread() {
    let fake = Fake::default();
    readings(&fake, Which::Hardware);
    let opened = fake.opened.borrow();
    assert!(opened.contains(&(key(&CYCLES), Mode::User, 42, false)));
    assert!(opened.contains(&(key(&INSTRUCTIONS), Mode::User, 42, true)));
    assert!(fake.enabled.borrow().is_empty(), "a gated child's counters start at exec");
}

#[test]
fn on_a_running_process_leaders_are_enabled_once_all_are_open() {
    let fake = Fake::default();
    let mut counters = Counters::from_source(&fake, Which::Hardware, &machine(true));
    counters.arm(Target::running(std::process::id()));
    let (opened, enabled) = (fake.opened.borrow(), fake.enabled.borrow());
    assert_eq!(enabled.len(), opened.iter().filter(|(_, _, _, member)| !member).count());
    assert!(enabled.iter().all(|i| !opened[*i].3));
}

#[test]
fn a_process_that_slept_all_the_while_counted_exactly_nothing() {
    let fake = Fake::default().with(&CYCLES, Mode::User, 0, 0, 0).with(&CYCLES, Mode::Kernel, 0, 0, 0);
    let mut counters = Counters::from_source(&fake, Which::Hardware, &machine(true));
    counters.arm(Target::running(std::process::id()));
    let readings = counters.finish();
    assert_eq!(counter(&readings, "cycles").total, Reading::Exact(0));
    assert!(readings.ipc.total.is_missing());
}

#[test]
fn without_a_pmu_every_row_has_the_one_reason() {
    let none = Fake::default().refusing(None, Mode::User, libc::ENOENT).refusing(None, Mode::Kernel, libc::ENOENT);
    let readings = readings(&none, Which::All);
    let reasons: Vec<_> = readings.counters.iter().filter(|c| c.total.is_missing()).map(|c| c.total.clone()).collect();
    assert_eq!(reasons.len(), 2 * PAIRS.len());
    assert!(reasons.iter().all(|r| *r == reasons[0]), "{reasons:?}");
    assert!(matches!(&reasons[0], Reading::Missing { missing, remedy: Some(_) } if missing.contains("no PMU")));
    assert_eq!(counter(&readings, "task-clock").total, Reading::Exact(100));
    assert!(readings.ipc.total.is_missing());
}

#[test]
fn what_wait4_counts_is_not_counted_again() {
    let fake = Fake::default();
    let readings = readings(&fake, Which::BesideWait4);
    let software: Vec<&str> = readings.counters.iter().take(2).map(|c| c.name.as_str()).collect();
    assert_eq!(software, ["task-clock", "cpu-migrations"]);
    assert_eq!(readings.counters.len(), 2 + 2 * PAIRS.len());
}

#[test]
fn one_event_the_pmu_lacks_leaves_the_others() {
    let fake = Fake::default().refusing(Some(dtlb(CacheResult::MISS)), Mode::User, libc::ENOENT).refusing(
        Some(dtlb(CacheResult::MISS)),
        Mode::Kernel,
        libc::ENOENT,
    );
    let readings = readings(&fake, Which::Hardware);
    assert!(counter(&readings, "dTLB-load-misses").total.is_missing());
    assert_eq!(counter(&readings, "dTLB-loads").total, Reading::Exact(200));
}

#[test]
fn a_plain_user_gets_user_mode_named_as_such_and_never_a_zero_for_a_switch() {
    let plain = Fake::default().refusing(None, Mode::Both, libc::EACCES).refusing(None, Mode::Kernel, libc::EACCES);
    let readings = readings(&plain, Which::All);
    for name in ["context-switches", "cpu-migrations"] {
        assert!(counter(&readings, name).total.is_missing(), "{name}");
    }
    assert_eq!(counter(&readings, "page-faults:u").total, Reading::Exact(100));
    assert_eq!(counter(&readings, "task-clock").total, Reading::Exact(100));
    let cycles = counter(&readings, "cycles:u");
    assert_eq!(cycles.total, Reading::Exact(100));
    assert!(cycles.kernel.as_ref().is_some_and(Reading::is_missing));
    assert!(readings.ipc.user.value().is_some() && readings.ipc.kernel.is_missing());
}

#[test]
fn a_user_who_may_count_nothing_gets_reasons_only() {
    let refuse = |fake: Fake, mode| fake.refusing(None, mode, libc::EACCES);
    let fake = [Mode::Both, Mode::User, Mode::Kernel].into_iter().fold(Fake::default(), refuse);
    let readings = readings(&fake, Which::All);
    assert!(readings.counters.iter().all(|c| c.total.is_missing()), "{readings:?}");
}

#[test]
fn on_this_machine_the_software_counters_agree_with_wait4() {
    let host = crate::host::describe();
    let mut counters = Counters::new(Which::All, &host);
    const PROCESSES: u64 = 6;
    let script = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; for i in 1 2 3 4 5; do /bin/true; done";
    let gated = subject::spawn(&Spec::command(["/bin/sh", "-c", script])).unwrap();
    counters.arm(Target::gated(gated.tgid()));
    let reaped = gated.open().unwrap().reap().unwrap();
    let readings = counters.finish();
    let clock = &counter(&readings, "task-clock").total;
    let Some(clock) = clock.get() else {
        crate::tests::skip("counters of this machine", &format!("{clock:?}"));
        return;
    };
    // perf's clock starts when exec has happened, wait4's a moment before it began.
    assert!(clock <= reaped.cpu_ns + reaped.cpu_ns / 20 && clock >= reaped.cpu_ns / 2, "{clock} {reaped:?}");
    let switches = readings.counters.iter().find(|c| c.name == "context-switches").unwrap();
    match switches.total {
        // perf lets go of a thread before its last switch, and of any other on its way out.
        Reading::Exact(n) => {
            let theirs = reaped.voluntary_switches + reaped.involuntary_switches;
            assert!(n <= theirs && theirs - n <= PROCESSES * 4, "{n} {theirs}");
        }
        _ => assert!(switches.total.is_missing(), "{switches:?}"),
    }
    assert_eq!(counter_missing(&readings, "cycles"), !host.has_pmu);
}

fn counter_missing(readings: &CounterReadings, name: &str) -> bool {
    readings.counters.iter().filter(|c| c.name.starts_with(name)).all(|c| c.total.is_missing())
}
