//! T5: what a thread for each request saves in response time, beside a process for each.

use super::shape::{STILL_BUT_KERNEL, arm, claim as draft, measure, ratio};
use crate::model::{Arm, Claim, Heading, Threshold, Topic};

/// One connection for each request, one request at a time.
fn serve(name: &str, model: &str) -> Arm {
    arm(name, "serve", &[("model", model), ("client", "sync"), ("n", "150"), ("connections", "1")])
}

pub fn claim() -> Claim {
    let by_median = |over, under, threshold| ratio(over, under, measure("p50_ns"), threshold);
    draft("T5", Topic::MultiThread, Heading::Advantage, STILL_BUT_KERNEL)
        .title("shorter response: no process to create", "프로세스를 만들지 않아 응답 시간 단축")
        .says(
            "A thread answers a request sooner, since no process has to be created for it.",
            "요청마다 프로세스를 만들지 않으므로 스레드는 더 빨리 응답한다.",
        )
        .refuted_by(
            "The median response of a process for each request is less than 1.05 times that of a thread for each.",
            "요청마다 프로세스를 만들 때의 응답 시간 중앙값이 스레드를 만들 때의 1.05배에 못 미칠 때.",
        )
        .nuance(
            "The creation is what takes time: with workers made beforehand the difference goes.",
            "시간이 드는 것은 생성이다. 일꾼을 미리 만들어 두면 차이가 사라진다.",
        )
        .arms([
            serve("a thread each", "thread"),
            serve("a process each", "process"),
            serve("threads made before", "pool"),
            serve("processes made before", "prefork"),
        ])
        .primary(
            "for each request",
            ("a process for each request against a thread", "요청마다 스레드를 만드는 경우와 견준 프로세스"),
            by_median("a process each", "a thread each", Threshold::AtLeast(1.05)),
        )
        .beside(
            "made beforehand",
            ("made beforehand, they differ by less than a quarter", "미리 만들어 두면 차이가 4분의 1 안이다"),
            by_median("processes made before", "threads made before", Threshold::Within(0.8, 1.25)),
        )
        .done()
}
