//! S1: a synchronous call waits, blocked, for its answer.

use super::shape::{arm, claim as draft, ledger};
use crate::model::{Claim, Counted, Heading, Metric, Quantity, Rounds, Scale, Test, Threshold, Topic};

pub fn claim() -> Claim {
    let switches = |arm, threshold| ledger(arm, Counted::VoluntarySwitches, threshold);
    let blocked = Test::Exact {
        quantity: Quantity::of("socket request", Metric::Counted(Counted::BlockedNs))
            .part_of(Quantity::of("socket request", Metric::Counted(Counted::LifetimeNs))),
        threshold: Threshold::AtLeast(0.5),
        scale: Scale::Share,
    };
    draft("S1", Topic::Synchronous, Heading::Concept, Rounds::Counted)
        .title("waits, blocked, for the answer", "응답을 기다리는 동안 블로킹")
        .says(
            "After a synchronous request the caller waits, blocked, until the answer is there.",
            "동기 방식은 요청을 보낸 뒤 응답이 올 때까지 블로킹된 채 기다린다.",
        )
        .refuted_by(
            "A read that has to wait does not take the thread off the CPU: fewer than one voluntary switch a request.",
            "기다려야 하는 읽기가 스레드를 CPU에서 내려놓지 않을 때: 요청마다 자발적 전환이 한 번에 못 미칠 때.",
        )
        .nuance(
            "A call whose answer is there already does not block, however synchronous: a cached read stays on the CPU.",
            "답이 이미 있으면 동기 호출이라도 막히지 않는다. 캐시에 있는 읽기는 CPU를 떠나지 않는다.",
        )
        .arms([
            arm("socket request", "nonblocking", &[("kind", "socket_blocking")]),
            arm("direct read", "fileio", &[("cache", "direct"), ("n", "300"), ("size", "8M")]),
            arm("cached read", "fileio", &[("cache", "cached"), ("n", "5k"), ("size", "8M")]),
        ])
        .primary(
            "socket",
            ("a voluntary switch for each request to a socket", "소켓 요청마다 자발적 전환 한 번"),
            // The other side, a process of the same tree, sleeps and waits as well.
            switches("socket request", Threshold::AtLeast(1.0)),
        )
        .part(
            "disk",
            ("a voluntary switch for each read that reaches the disk", "디스크까지 가는 읽기마다 자발적 전환 한 번"),
            switches("direct read", Threshold::AtLeast(0.9)),
        )
        .control(
            "cached",
            ("a cached read does not wait", "캐시에 있는 읽기는 기다리지 않는다"),
            switches("cached read", Threshold::AtMost(0.05)),
        )
        .beside("blocked", ("most of the time is spent blocked", "대부분의 시간을 막힌 채 보낸다"), blocked)
        .done()
}
