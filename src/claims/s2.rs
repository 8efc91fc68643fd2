//! S2: everything in sequence.

use super::shape::{arm, claim as draft, counts};
use crate::model::{Arm, Claim, Heading, Rounds, Threshold, Topic};

/// Requests that take random times, one at a time.
pub fn delays(name: &str, by: &str) -> Arm {
    arm(name, "delays", &[("by", by)])
}

/// A hundred of them.
pub fn hundred(name: &str, by: &str) -> Arm {
    arm(name, "delays", &[("by", by), ("n", "100"), ("longest", "2ms")])
}

pub fn claim() -> Claim {
    draft("S2", Topic::Synchronous, Heading::Concept, Rounds::Counted)
        .title("everything is done in sequence", "모든 작업을 순차적으로 처리")
        .says("Synchronous work is done one thing after the other.", "동기 방식은 모든 작업을 차례로 처리한다.")
        .refuted_by(
            "The whole does not take as long as the sum of its requests (within 10 %).",
            "전체 시간이 요청들의 합과 10 % 넘게 다를 때.",
        )
        .arms([delays("synchronous", "sync"), delays("asynchronous", "async")])
        .primary(
            "sum",
            ("elapsed time over the sum of latencies is 1 (± 10 %)", "전체 시간이 지연의 합과 같다(± 10 %)"),
            counts("synchronous", "elapsed_per_latency_sum", Threshold::Within(0.9, 1.1)),
        )
        .part(
            "in flight",
            ("one request in flight on average, no more", "동시에 진행되는 요청은 평균 하나를 넘지 않는다"),
            counts("synchronous", "in_flight_mean", Threshold::AtMost(1.0)),
        )
        .control(
            "asynchronous",
            ("asynchronously, it is far less than the sum", "비동기라면 합보다 훨씬 짧다"),
            counts("asynchronous", "elapsed_per_latency_sum", Threshold::AtMost(0.5)),
        )
        .done()
}
