//! T7: shared data needs locks, and locks can slow.

use super::shape::{STILL, arm, claim as draft, level, measure, slower};
use crate::model::{Claim, Heading, Scale, Threshold, Topic};

pub fn claim() -> Claim {
    let locks = |name, kind, section, n| arm(name, "locks", &[("kind", kind), ("section", section), ("n", n), ("cpu", "two")]);
    let slows = Threshold::AtLeast(1.1);
    draft("T7", Topic::MultiThread, Heading::Drawback, STILL)
        .title("shared data needs locks, which slow", "공유 자원의 동기화가 성능을 낮춤")
        .says(
            "Threads reach for the same data, so they have to be synchronised, and that can cost speed.",
            "여러 스레드가 공유 자원에 접근하므로 동기화가 필요하고, 그 때문에 느려질 수 있다.",
        )
        .refuted_by(
            "No update is lost without a lock, or a shared lock is less than 1.1 times as slow as a lock for each thread.",
            "잠금이 없어도 갱신이 사라지지 않거나, 함께 쓰는 잠금이 스레드별 잠금의 1.1배만큼도 느리지 않을 때.",
        )
        .nuance(
            "The contention slows, not the lock: locks that nobody else wants scale. False sharing slows without any lock.",
            "느리게 하는 것은 잠금이 아니라 다툼이다. 아무도 다투지 않는 잠금은 코어 수만큼 빨라지고, 거짓 공유는 잠금 없이도 느리다.",
        )
        .arms([
            locks("no lock", "none", "0", "200k"),
            locks("one lock", "mutex", "0", "200k"),
            locks("a lock each", "shards", "0", "200k"),
            arm("one thread", "locks", &[("kind", "shards"), ("workers", "1"), ("n", "400k"), ("cpu", "two")]),
            locks("one lock, 270 ns held", "mutex", "270ns", "50k"),
            locks("a lock each, 270 ns held", "shards", "270ns", "50k"),
            locks("one cache line", "false_sharing", "0", "1M"),
            locks("a cache line each", "padded", "0", "1M"),
        ])
        .primary(
            "contention",
            ("one lock for two threads against a lock each", "스레드마다 잠금을 둔 경우와 견준 공유 잠금 하나"),
            slower("one lock", "a lock each", slows),
        )
        .part(
            "lost updates",
            ("without a lock updates are lost", "잠금이 없으면 갱신이 사라진다"),
            level("no lock", measure("lost"), Threshold::AtLeast(1.0), Scale::Count),
        )
        .control(
            "no contention",
            ("two threads with a lock each are faster than one", "잠금을 따로 가진 두 스레드는 하나보다 빠르다"),
            slower("one thread", "a lock each", Threshold::AtLeast(1.3)),
        )
        .beside(
            "a longer section",
            ("the same with 270 ns of work under the lock", "잠금 안에서 270 ns를 일하는 경우"),
            slower("one lock, 270 ns held", "a lock each, 270 ns held", slows),
        )
        .beside(
            "false sharing",
            ("own counters on one cache line against a line each", "캐시 줄 하나에 모인 각자의 카운터"),
            slower("one cache line", "a cache line each", slows),
        )
        .done()
}
