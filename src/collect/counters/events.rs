//! The events that are counted, by the names that `perf list` has.

use perf_event::events::{Cache, CacheOp, CacheResult, Event, Hardware, Software, WhichCache};

/// Two events that are compared with each other.
pub(super) type Pair = [(&'static str, Event); 2];

pub(super) const fn dtlb(result: CacheResult) -> Event {
    Event::Cache(Cache { which: WhichCache::DTLB, operation: CacheOp::READ, result })
}

/// The hardware events, by the names that `perf list` has. The first pair gives the instructions per cycle.
pub(super) const PAIRS: [Pair; 4] = [
    [("cycles", Event::Hardware(Hardware::CPU_CYCLES)), ("instructions", Event::Hardware(Hardware::INSTRUCTIONS))],
    [
        ("branches", Event::Hardware(Hardware::BRANCH_INSTRUCTIONS)),
        ("branch-misses", Event::Hardware(Hardware::BRANCH_MISSES)),
    ],
    [
        ("cache-references", Event::Hardware(Hardware::CACHE_REFERENCES)),
        ("cache-misses", Event::Hardware(Hardware::CACHE_MISSES)),
    ],
    [("dTLB-loads", dtlb(CacheResult::ACCESS)), ("dTLB-load-misses", dtlb(CacheResult::MISS))],
];

/// The software events that wait4 does not have (task-clock holds what nobody waits for).
pub(super) const CLOCK: [(&str, Software); 2] =
    [("task-clock", Software::TASK_CLOCK), ("cpu-migrations", Software::CPU_MIGRATIONS)];

/// The software events that it has.
pub(super) const EVENTS: [(&str, Software); 4] = [
    ("context-switches", Software::CONTEXT_SWITCHES),
    ("page-faults", Software::PAGE_FAULTS),
    ("minor-faults", Software::PAGE_FAULTS_MIN),
    ("major-faults", Software::PAGE_FAULTS_MAJ),
];
