//! K8: whether kernel bugs are hard to trace.

use super::shape::claim as draft;
use crate::model::{Claim, Heading, Rounds, Topic};

pub fn claim() -> Claim {
    draft("K8", Topic::KernelMode, Heading::Drawback, Rounds::Once)
        .title("kernel bugs are hard to trace and fix", "커널 코드의 버그는 추적과 해결이 어려움")
        .says(
            "Bugs in kernel code are hard to trace and to fix.",
            "커널 코드의 버그는 추적하고 고치기 어렵다.",
        )
        .refuted_by("No measurement: see why.", "측정으로 반박할 수 없다. 이유를 보라.")
        .untestable(
            "'hard' is about people and their tools; no run of a program measures it (nearest: K7, whether a fault there \
             leaves anybody to look)",
            "'어렵다'는 사람과 도구의 문제여서 프로그램을 돌려 잴 수 없다(가장 가까운 것은 K7: 그곳의 폴트 뒤에 들여다볼 이가 남는가)",
        )
        .done()
}
