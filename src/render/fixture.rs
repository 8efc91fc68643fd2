//! Profiles built by hand for the tests: a usual one, a plain user's full of gaps, one with losses, a hostile one, an empty one.
//! Every number is invented, but in each the rows sum to their totals as in a real one.

use crate::model::*;
use std::collections::BTreeMap;

const MS: u64 = 1_000_000;
const US: u64 = 1_000;

/// A ledger from its parts, in us.
fn ledger(
    user: u64,
    kernel: u64,
    queue: u64,
    preempted: u64,
    blocked: u64,
    switches: (u64, u64),
    calls: u64,
) -> Ledger {
    let mut l = Ledger::zero();
    l.user_ns = Reading::Exact(user * US);
    l.kernel_ns = Reading::Exact(kernel * US);
    l.on_cpu_ns = l.user_ns.plus(&l.kernel_ns);
    l.run_queue_ns = Reading::Exact(queue * US);
    l.blocked_ns = Reading::Exact(blocked * US);
    l.off_cpu_voluntary_ns = l.run_queue_ns.plus(&l.blocked_ns);
    l.preempted_ns = Reading::Exact(preempted * US);
    l.lifetime_ns = Reading::Exact((user + kernel + queue + preempted + blocked) * US + 3 * US);
    l.voluntary_switches = Reading::Exact(switches.0);
    l.involuntary_switches = Reading::Exact(switches.1);
    l.migrations = Reading::Exact(switches.0 / 19);
    l.wakeups = Reading::Exact(switches.0);
    l.minor_faults = Reading::Exact(calls * 2);
    l.major_faults = Reading::Exact(switches.1 / 300);
    l.syscalls = Reading::Exact(calls);
    l
}

fn histogram(durations: &[(u64, u64)]) -> Histogram {
    let mut counts = vec![0; Histogram::BUCKETS];
    for (ns, n) in durations {
        counts[Histogram::bucket(*ns)] += n;
    }
    Histogram::from_counts(&counts)
}

/// A kind of call: calls, on-CPU and blocked time in us, longest in us.
pub(super) fn call(name: &str, number: u32, calls: u64, on_cpu: u64, blocked: u64, max: u64) -> Syscall {
    let (queue, preempted) = (blocked / 50, on_cpu / 100);
    let usual = (on_cpu + blocked) * US / calls.max(1);
    Syscall {
        abi: Abi::Native,
        number,
        name: name.into(),
        calls,
        open_at_end: 0,
        open_at_start: 0,
        errors: 0,
        errnos: BTreeMap::new(),
        interrupted: 0,
        elapsed_ns: Reading::Exact((on_cpu + blocked + queue + preempted) * US),
        on_cpu_ns: Reading::Exact(on_cpu * US),
        blocked_ns: Reading::Exact(blocked * US),
        run_queue_ns: Reading::Exact(queue * US),
        preempted_ns: Reading::Exact(preempted * US),
        elapsed_max_ns: Reading::Exact(max * US),
        on_cpu_max_ns: Reading::Exact((on_cpu * US).min(max * US)),
        elapsed: histogram(&[(usual / 3, calls * 9 / 10), (usual * 2, calls - calls * 9 / 10 - 1), (max * US, 1)]),
        on_cpu: histogram(&[(on_cpu * US / calls.max(1), calls)]),
    }
}

fn with_errors(mut call: Syscall, errnos: &[(&str, u64)]) -> Syscall {
    call.errnos = errnos.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
    call.errors = call.errnos.values().sum();
    call
}

fn never_returned(mut call: Syscall) -> Syscall {
    call.open_at_end = call.calls;
    call.elapsed = Histogram::default();
    call.on_cpu = Histogram::default();
    call.elapsed_max_ns = Reading::missing("none has returned");
    call.on_cpu_max_ns = Reading::missing("none has returned");
    call
}

fn calls() -> Vec<Syscall> {
    let mut futex =
        with_errors(call("futex", 202, 31_204, 110_000, 14_200_000, 1_100_000), &[("EAGAIN", 112), ("ETIMEDOUT", 6)]);
    futex.open_at_end = 3;
    futex.interrupted = 2;
    let mut calls = vec![
        futex,
        with_errors(call("wait4", 61, 428, 9_000, 7_700_000, 4_100_000), &[("ECHILD", 1)]),
        call("read", 0, 40_311, 210_000, 3_900_000, 800_000),
        call("mmap", 9, 18_877, 910_000, 10_000, 4_200),
        with_errors(
            call("openat", 257, 21_022, 400_000, 1_000, 3_100),
            &[("ENOENT", 4_402), ("EACCES", 3), ("ELOOP", 1), ("ENOTDIR", 12), ("EISDIR", 2)],
        ),
        never_returned(call("exit_group", 231, 214, 370_000, 0, 0)),
        call("munmap", 11, 9_812, 240_000, 0, 2_900),
        call("write", 1, 11_390, 95_000, 20_000, 9_000),
        call("clone3", 435, 397, 88_000, 0, 900),
        call("execve", 59, 214, 310_000, 4_000, 7_300),
        call("getpid", 39, 44_000, 8_000, 0, 35),
        call("clock_gettime", 228, 12_004, 1_500, 0, 18),
    ];
    let small = ["close", "fstat", "lseek", "mprotect", "brk", "pread64", "access", "rt_sigaction"];
    calls.extend(small.iter().enumerate().map(|(i, n)| {
        let i = u32::try_from(i).expect("few");
        call(n, 300 + i, 900 + u64::from(i) * 37, 700 + u64::from(i) * 90, 0, 60)
    }));
    calls
}

fn host() -> Host {
    Host {
        hostname: "build7".into(),
        kernel: "6.18.3-cloud-amd64".into(),
        architecture: "x86_64".into(),
        distribution: Some("Debian GNU/Linux 12".into()),
        cpu_model: Some("AMD EPYC 7763 64-Core Processor".into()),
        cpus: 2,
        cpus_allowed: 2,
        memory_bytes: 8 << 30,
        virtual_machine: Some(true),
        has_pmu: false,
    }
}

fn process(tgid: u32, comm: &str, threads: u64, ledger: Ledger) -> Process {
    Process {
        tgid,
        parent_tgid: Reading::Exact(4_000),
        comm: comm.into(),
        threads,
        start_ns: u64::from(tgid) * MS,
        elapsed_ns: ledger.lifetime_ns.clone(),
        peak_rss_bytes: Reading::Exact(u64::from(tgid) * 137 * 1024),
        ledger,
    }
}

fn thread(tgid: u32, tid: u32, comm: &str, ended: Ended, ledger: Ledger) -> Thread {
    let blocked = vec![blocked("futex", None, 9, 1_000)];
    Thread { tgid, tid, comm: comm.into(), start_ns: u64::from(tid) * MS, ended, ledger, blocked }
}

fn blocked(during: &str, on: Option<&str>, intervals: u64, us: u64) -> Blocked {
    Blocked { during: during.into(), on: on.map(str::to_owned), intervals, blocked_ns: us * US }
}

fn counter(name: &str, unit: Unit, total: Reading<u64>) -> Counter {
    Counter { name: name.into(), unit, total, user: None, kernel: None, source: "perf_event_open".into() }
}

fn sum<'a>(ledgers: impl Iterator<Item = &'a Ledger>) -> Ledger {
    let mut total = Ledger::zero();
    for ledger in ledgers {
        total.add(ledger);
    }
    total
}

/// A build as root with BPF on a machine without a PMU.
pub(super) fn normal() -> Profile {
    let mut threads = vec![
        thread(
            4_711,
            4_711,
            "rustc",
            Ended::Exited,
            ledger(5_100_000, 600_000, 180_000, 1_400_000, 1_800_000, (3_100, 2_000), 31_000),
        ),
        thread(
            4_711,
            4_712,
            "opt cgu.0",
            Ended::Exited,
            ledger(4_000_000, 310_000, 210_000, 1_700_000, 90_000, (900, 2_100), 9_000),
        ),
        thread(
            4_711,
            4_713,
            "opt cgu.1",
            Ended::Exited,
            ledger(3_900_000, 280_000, 260_000, 1_600_000, 95_000, (850, 1_900), 8_800),
        ),
        thread(
            4_690,
            4_690,
            "cargo",
            Ended::Exited,
            ledger(310_000, 190_000, 90_000, 60_000, 11_400_000, (9_100, 120), 40_000),
        ),
        thread(
            4_690,
            4_691,
            "cargo-jobs",
            Ended::Alive,
            ledger(4_000, 9_000, 2_000, 100, 11_900_000, (7_000, 3), 9_100),
        ),
    ];
    let names = ["rustc", "cc", "ld", "build-script-bu", "sh", "as", "collect2"];
    for i in 0u32..21 {
        let us = 310_000 - u64::from(i) * 12_000;
        let l = ledger(us, us / 6, us / 20, us / 5, us * 2, (us / 900, us / 2_000), us / 90);
        threads.push(thread(4_720 + i, 4_720 + i, names[i as usize % names.len()], Ended::Exited, l));
    }
    let mut tgids: Vec<u32> = threads.iter().map(|t| t.tgid).collect();
    tgids.dedup();
    let processes: Vec<Process> = tgids
        .iter()
        .map(|tgid| {
            let own: Vec<&Thread> = threads.iter().filter(|t| t.tgid == *tgid).collect();
            process(*tgid, &own[0].comm, own.len() as u64, sum(own.iter().map(|t| &t.ledger)))
        })
        .collect();
    let mut comms: Vec<&String> = processes.iter().map(|p| &p.comm).collect();
    comms.sort();
    comms.dedup();
    let programs = comms.iter().map(|comm| {
        let own: Vec<&Process> = processes.iter().filter(|p| p.comm == **comm).collect();
        Program {
            comm: (*comm).clone(),
            processes: own.len() as u64,
            threads: own.iter().map(|p| p.threads).sum(),
            ledger: sum(own.iter().map(|p| &p.ledger)),
        }
    });
    let total = sum(threads.iter().map(|t| &t.ledger));
    let (voluntary, involuntary) = (total.voluntary_switches.get().unwrap(), total.involuntary_switches.get().unwrap());
    let on_cpu = total.on_cpu_ns.get().unwrap();
    Profile {
        schema: SCHEMA.into(),
        osmeter: "0.1.0".into(),
        command: Command {
            argv: ["cargo", "build", "--release"].map(str::to_owned).to_vec(),
            cwd: "/home/kim/project".into(),
            tgid: 4_690,
            subject: Subject::Command,
            exit: Exit::Status(0),
        },
        window: Window { started_at: "2026-11-22T14:03:11+09:00".into(), elapsed_ns: 12_412 * MS, partial: None },
        host: host(),
        tier: Tier::Bpf,
        refused: Vec::new(),
        run_queue_latency: Reading::Exact(histogram(&[(11 * US, voluntary - 400), (2_900 * US, 400)])),
        run_queue_latency_max_ns: Reading::Exact(31 * MS),
        process_count: Reading::Exact(processes.len() as u64),
        thread_count: Reading::Exact(threads.len() as u64),
        syscalls: Reading::Exact(SyscallTable {
            calls: calls(),
            outside_calls: vec![
                KernelWork { what: "thread start".into(), count: 26, on_cpu_ns: 2_100 * US },
                KernelWork { what: "exit".into(), count: 1, on_cpu_ns: 95 * US },
            ],
        }),
        blocked: Reading::Exact(vec![
            blocked("futex", None, 29_800, 14_200_000),
            blocked("wait4", None, 428, 7_700_000),
            blocked("read", Some("pipe"), 8_120, 3_100_000),
            blocked("read", Some("disk"), 911, 800_000),
            blocked("page fault", Some("disk"), 36, 41_000),
            blocked("write", Some("regular file"), 12, 900),
        ]),
        programs: programs.collect(),
        processes,
        threads,
        counters: vec![
            counter("task-clock", Unit::Ns, Reading::Exact(on_cpu + 9 * MS)),
            counter("context-switches", Unit::Count, Reading::Exact(voluntary + involuntary)),
            counter("cycles", Unit::Count, Reading::missing("this machine has no PMU (virtual)")),
            counter("instructions", Unit::Count, Reading::missing("this machine has no PMU (virtual)")),
            counter("branches", Unit::Count, Reading::missing("this machine has no PMU (virtual)")),
            counter("cache-misses", Unit::Count, Reading::missing("this machine has no PMU (virtual)")),
        ],
        ipc: Ipc {
            total: Reading::missing("this machine has no PMU (virtual)"),
            user: Reading::missing("this machine has no PMU (virtual)"),
            kernel: Reading::missing("this machine has no PMU (virtual)"),
        },
        memory: Memory {
            largest_process_bytes: Reading::Exact(641_900_544),
            largest_process: Some("rustc".into()),
            tree: Reading::Exact(TreeMemory {
                peak_bytes: 1_488_000_000,
                kind: "PSS".into(),
                samples: 1_240,
                period_ns: 10 * MS,
            }),
        },
        rusage_user_system_ns: Reading::Exact((on_cpu - 2_010 * MS, 2_011 * MS)),
        not_measured: vec![NotMeasured {
            what: "cycles, instructions".into(),
            why: "this machine has no PMU (virtual)".into(),
            remedy: Some("a host with one, or a virtual machine that passes it on".into()),
        }],
        checks: vec![
            Check {
                what: "context switches".into(),
                unit: Unit::Count,
                ours: voluntary + involuntary,
                theirs: voluntary + involuntary,
                source: "ru_nvcsw + ru_nivcsw".into(),
                tolerance: 0,
                lower_bound: false,
                why_tolerated: None,
            },
            Check {
                what: "on-CPU time".into(),
                unit: Unit::Ns,
                ours: on_cpu,
                theirs: on_cpu + 8 * MS,
                source: "utime + stime".into(),
                tolerance: 200 * MS,
                lower_bound: false,
                why_tolerated: Some("the accounting begins at exec".into()),
            },
            Check {
                what: "run queue and preempted".into(),
                unit: Unit::Ns,
                ours: 6_500 * MS,
                theirs: 6_380 * MS,
                source: "sched_info.run_delay".into(),
                tolerance: 0,
                lower_bound: true,
                why_tolerated: None,
            },
        ],
        cost: Cost {
            hooks: vec![
                HookCost { hook: "sys_enter + sys_exit".into(), events: 200_000, ns_per_event: Reading::Exact(251.3) },
                HookCost {
                    hook: "sched_switch".into(),
                    events: voluntary + involuntary,
                    ns_per_event: Reading::Exact(309.8),
                },
            ],
            in_measured_ns: Reading::Exact(68 * MS),
            own_cpu_ns: Reading::Exact(41 * MS),
            own_peak_rss_bytes: Reading::Exact(24 << 20),
            start_up_ns: Reading::Exact(18_300 * US),
            tear_down_ns: Reading::Exact(6_100 * US),
        },
        losses: Losses::default(),
        total,
    }
}

/// A plain user where nothing but wait4 and /proc is to be had.
pub(super) fn plain_user() -> Profile {
    let need = || Reading::<u64>::missing_until("needs tier bpf", "sudo osmeter run -- make");
    let mut total = Ledger::missing("needs tier bpf");
    total.on_cpu_ns = Reading::Exact(1_930 * MS);
    total.voluntary_switches = Reading::Exact(812);
    total.involuntary_switches = Reading::Exact(97);
    total.minor_faults = Reading::Exact(41_900);
    total.major_faults = Reading::Exact(0);
    total.lifetime_ns = need();
    let why = "perf_event_paranoid is 3: this user may not open any counter";
    let remedy = "sudo sysctl kernel.perf_event_paranoid=2";
    let mut profile = empty();
    profile.command.argv = vec!["make".into(), "-j2".into()];
    profile.command.exit = Exit::Status(2);
    profile.window.elapsed_ns = 1_204 * MS;
    profile.tier = Tier::Basic;
    profile.refused = vec![
        TierRefusal {
            tier: Tier::Bpf,
            why: "the kernel refused to load a BPF program (EPERM)".into(),
            remedy: Some("sudo setcap cap_bpf,cap_perfmon+ep $(command -v osmeter)".into()),
        },
        TierRefusal { tier: Tier::Switches, why: why.into(), remedy: Some(remedy.into()) },
    ];
    profile.total = total;
    profile.run_queue_latency = Reading::missing("needs tier bpf");
    profile.run_queue_latency_max_ns = Reading::missing("needs tier bpf");
    profile.process_count = Reading::missing("needs tier bpf");
    profile.thread_count = Reading::missing("needs tier bpf");
    profile.syscalls = Reading::missing("needs tier bpf");
    profile.blocked = Reading::missing("needs tier bpf");
    profile.processes = Vec::new();
    profile.threads = Vec::new();
    profile.programs = Vec::new();
    profile.counters = vec![
        counter("task-clock", Unit::Ns, Reading::missing_until(why, remedy)),
        counter("cycles", Unit::Count, Reading::missing_until(why, remedy)),
    ];
    profile.ipc = Ipc {
        total: Reading::missing_until(why, remedy),
        user: Reading::missing_until(why, remedy),
        kernel: Reading::missing_until(why, remedy),
    };
    profile.memory.largest_process_bytes = Reading::Exact(88 << 20);
    profile.memory.largest_process = None;
    profile.memory.tree = Reading::Estimated {
        value: TreeMemory { peak_bytes: 120 << 20, kind: "RSS".into(), samples: 12, period_ns: 100 * MS },
        estimated: "sum of RSS: shared pages count in each process".into(),
    };
    profile.rusage_user_system_ns = Reading::Exact((1_500 * MS, 430 * MS));
    profile.checks = Vec::new();
    profile.cost = Cost {
        hooks: Vec::new(),
        in_measured_ns: Reading::missing("this tier runs nothing inside the command"),
        own_cpu_ns: Reading::Exact(3 * MS),
        own_peak_rss_bytes: Reading::Exact(6 << 20),
        start_up_ns: Reading::Exact(900 * US),
        tear_down_ns: Reading::missing("not timed"),
    };
    profile
}

/// Interrupted, with losses, a disagreeing check, counters of every quality and 32-bit calls.
pub(super) fn partial() -> Profile {
    let mut profile = normal();
    profile.window.partial = Some("interrupted by SIGINT after 12.4 s".into());
    profile.command.exit = Exit::Signal { signal: 2, core: false };
    profile.losses = Losses { thread_records: 17, hooks_skipped: 5, threads_summed_only: 3, ..Losses::default() };
    profile.total.wakeups = Reading::Partial { value: 40_000, lost: 5 };
    profile.process_count = Reading::Partial { value: 40, lost: 17 };
    // What the lost records would have said is in the totals only.
    profile.total.add(&ledger(900_000, 70_000, 8_000, 20_000, 400_000, (410, 77), 9_000));
    let Reading::Exact(mut table) = profile.syscalls.clone() else { panic!("the usual profile has calls") };
    let mut compat = call("waitpid", 7, 12, 40, 9_000, 2_000);
    compat.abi = Abi::Compat32;
    table.calls.push(compat);
    table.calls[2].blocked_ns = Reading::Partial { value: 3_900_000_000, lost: 5 };
    table.calls[0].open_at_start = 2;
    profile.syscalls = Reading::Partial { value: table, lost: 5 };
    profile.checks[0].theirs += 1_912;
    profile.checks[2].theirs += 900 * MS;
    profile.counters = vec![
        Counter {
            user: Some(Reading::Scaled { value: 60_000_000_000, running: 0.63 }),
            kernel: Some(Reading::Scaled { value: 9_000_000_000, running: 0.63 }),
            ..counter("cycles", Unit::Count, Reading::Scaled { value: 69_000_000_000, running: 0.63 })
        },
        counter(
            "dTLB-load-misses",
            Unit::Count,
            Reading::Estimated { value: 71_000, estimated: "from one CPU of two".into() },
        ),
    ];
    profile.ipc = Ipc { total: Reading::Exact(1.424), user: Reading::Exact(1.6), kernel: Reading::Exact(0.41) };
    profile.not_measured = Vec::new();
    profile
}

/// Names chosen by someone who means harm.
pub(super) fn hostile() -> Profile {
    let mut profile = normal();
    let names = [
        "\x1b]0;own\x07\x1b[31m",
        "=cmd()|' /C'!A0",
        "<script>x</s>",
        "a|b`c*d_e",
        "컴파일러 🦀",
        "x\ny\tz",
        "\u{202e}gpj.exe",
        "@SUM(1+9)",
    ];
    for (i, name) in names.iter().enumerate() {
        profile.processes[i].comm = (*name).into();
        profile.threads[i].comm = (*name).into();
        profile.programs[i % 7].comm = (*name).into();
    }
    profile.command.argv =
        vec!["./run me".into(), "\x1b[2J".into(), "it's".into(), "<img src=x>".into(), "한글".into()];
    profile.host.cpu_model = Some("CPU \x1b[5m | evil   model".into());
    profile.memory.largest_process = Some("\x1b[31mred".into());
    profile.not_measured[0].why = "the kernel said \x1b[1m<no>\n".into();
    profile
}

/// A command that was over before anything was seen: no calls, no time.
pub(super) fn empty() -> Profile {
    let mut profile = normal();
    profile.command.argv = vec!["true".into()];
    profile.window.elapsed_ns = 0;
    profile.total = Ledger::zero();
    profile.run_queue_latency = Reading::Exact(Histogram::default());
    profile.run_queue_latency_max_ns = Reading::missing("nothing waited");
    profile.process_count = Reading::Exact(1);
    profile.thread_count = Reading::Exact(1);
    profile.syscalls = Reading::Exact(SyscallTable::default());
    profile.blocked = Reading::Exact(Vec::new());
    profile.processes = vec![process(7, "true", 1, Ledger::zero())];
    profile.threads = vec![thread(7, 7, "true", Ended::Exited, Ledger::zero())];
    profile.programs = Vec::new();
    profile.counters = Vec::new();
    profile.memory.largest_process = Some("true".into());
    profile.memory.largest_process_bytes = Reading::Exact(1 << 20);
    profile.memory.tree = Reading::missing("it ended before the first sample");
    profile.not_measured = Vec::new();
    profile.cost.hooks.clear();
    profile.rusage_user_system_ns = Reading::Exact((0, 0));
    profile.checks = Vec::new();
    profile
}

/// All of them, by name.
pub(super) fn all() -> [(&'static str, Profile); 5] {
    [
        ("normal", normal()),
        ("plain_user", plain_user()),
        ("partial", partial()),
        ("hostile", hostile()),
        ("empty", empty()),
    ]
}
