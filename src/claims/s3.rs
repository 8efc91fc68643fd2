//! S3: where order matters.

use super::shape::{always, arm, claim as draft, counts};
use crate::model::{Arm, Claim, Heading, Rounds, Threshold, Topic};

/// Requests whose delays differ by more than a busy machine's scheduling does.
fn delayed(name: &str, by: &str) -> Arm {
    arm(name, "delays", &[("by", by), ("n", "30"), ("longest", "20ms")])
}

pub fn claim() -> Claim {
    draft("S3", Topic::Synchronous, Heading::Conclusion, Rounds::Counted)
        .title("used where order must be kept", "순서가 유지되어야 하는 경우에 사용")
        .says(
            "Synchronous work is used where the order of things has to be kept.",
            "동기 방식은 작업의 순서가 반드시 지켜져야 할 때 쓰인다.",
        )
        .refuted_by(
            "Of 30 synchronous requests with random delays, any completes out of order.",
            "임의의 지연을 가진 동기 요청 30개 가운데 하나라도 순서가 어긋날 때.",
        )
        .nuance(
            "It keeps order; whether it is used for that, no machine can say. Sequence numbers keep order too.",
            "순서를 지키는 것은 사실이다. 그 때문에 쓰이는지는 기계가 말할 수 없다. 순서 번호로도 순서를 지킬 수 있다.",
        )
        .arms([delayed("synchronous", "sync"), delayed("threads", "threads"), delayed("asynchronous", "async")])
        .primary(
            "order kept",
            ("no synchronous request completes out of order", "동기 요청은 순서가 어긋나지 않는다"),
            always("synchronous", "inversions", 0.0),
        )
        .control(
            "order lost",
            ("asynchronous requests do", "비동기 요청은 어긋난다"),
            counts("asynchronous", "inversions", Threshold::AtLeast(1.0)),
        )
        .beside(
            "threads",
            ("so do requests of a thread each", "스레드마다 보낸 요청도 어긋난다"),
            counts("threads", "inversions", Threshold::AtLeast(1.0)),
        )
        .beside(
            "sequence numbers",
            ("with sequence numbers none is handed on out of order", "순서 번호를 쓰면 어긋난 채 넘겨지지 않는다"),
            always("asynchronous", "inversions_in_sequence", 0.0),
        )
        .done()
}
