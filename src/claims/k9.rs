//! K9: whether the kernel needs deep understanding.

use super::shape::claim as draft;
use crate::model::{Claim, Heading, Rounds, Topic};

pub fn claim() -> Claim {
    draft("K9", Topic::KernelMode, Heading::Drawback, Rounds::Once)
        .title("needs deep understanding of the OS", "OS에 대한 깊은 이해가 필요")
        .says(
            "Work on the kernel needs a deep understanding of the operating system.",
            "커널을 다루려면 OS를 깊이 이해해야 한다.",
        )
        .refuted_by("No measurement: see why.", "측정으로 반박할 수 없다. 이유를 보라.")
        .untestable(
            "what somebody has to understand is not a property of a machine, and nothing that runs on one is near to it",
            "무엇을 이해해야 하는지는 기계의 성질이 아니며, 기계에서 돌려 볼 만한 가까운 물음도 없다",
        )
        .done()
}
