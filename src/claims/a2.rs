//! A2: requests handled side by side.

use super::s2::hundred;
use super::shape::{STILL, claim as draft, slower};
use crate::model::{Claim, Heading, Metric, Quantity, Scale, Test, Threshold, Topic};

pub fn claim() -> Claim {
    let once = Test::Effect {
        quantity: Quantity::of("asynchronous", Metric::Elapsed)
            .part_of(Quantity::of("asynchronous", Metric::Measure("delay_longest_ns".into()))),
        threshold: Threshold::AtMost(3.0),
        scale: Scale::Times,
    };
    draft("A2", Topic::Asynchronous, Heading::Concept, STILL)
        .title("requests are handled side by side", "요청의 병렬 처리 가능")
        .says(
            "Asynchronously, many requests can be handled side by side.",
            "비동기 방식에서는 여러 요청을 나란히 처리할 수 있다.",
        )
        .refuted_by(
            "100 asynchronous requests take more than half as long as one after the other.",
            "비동기 요청 100개가 차례로 보낸 것의 절반보다 오래 걸릴 때.",
        )
        .nuance(
            "The waiting is side by side, on one thread; the work is not, unless there are more threads.",
            "나란히 진행되는 것은 기다림이며 스레드는 하나다. 계산은 스레드를 더 두지 않으면 나란히 되지 않는다.",
        )
        .arms([hundred("synchronous", "sync"), hundred("asynchronous", "async"), hundred("threads", "threads")])
        .primary(
            "speed-up",
            ("one after the other against asynchronously", "비동기와 견준 차례로 하기"),
            slower("synchronous", "asynchronous", Threshold::AtLeast(2.0)),
        )
        .beside("near the longest", ("all take about as long as the longest of them", "전체가 가장 긴 하나와 비슷하다"), once)
        .beside(
            "threads as well",
            ("one after the other against a thread each", "스레드마다 하나씩과 견준 차례로 하기"),
            slower("synchronous", "threads", Threshold::AtLeast(2.0)),
        )
        .done()
}
