//! P2: how many processes a program usually has.

use super::shape::{arm, claim as draft};
use crate::model::{Arm, Claim, Heading, Rounds, Test, Threshold, Topic};

/// The arm that looks at every process of the machine.
pub fn census() -> Arm {
    arm("this machine", "census", &[])
}

pub fn claim() -> Claim {
    draft("P2", Topic::MultiProcess, Heading::Concept, Rounds::Once)
        .title("most programs run as one process", "프로그램은 대개 프로세스 하나로 실행")
        .says(
            "Most programs run as a single process; some use more for the sake of extra functions.",
            "대부분의 프로그램은 프로세스 하나로 돌고, 일부만 부가 기능을 위해 여럿을 쓴다.",
        )
        .refuted_by(
            "Fewer than half of the programs that run here have exactly one process (whole Wilson interval below 0.5).",
            "지금 이 기계에서 도는 프로그램 가운데 프로세스가 하나뿐인 것이 절반에 못 미칠 때(윌슨 구간 전체가 0.5 아래).",
        )
        .nuance(
            "A census of this machine at this moment, by executable, without kernel threads and shells.",
            "지금 이 기계의 실행 파일별 집계이며, 커널 스레드와 셸은 뺐다.",
        )
        .arms([census()])
        .primary(
            "share",
            ("more than half of the programs have one process", "절반이 넘는 프로그램의 프로세스가 하나다"),
            Test::Share {
                arm: "this machine".into(),
                successes: "programs_with_one_process".into(),
                tried: "programs".into(),
                threshold: Threshold::AtLeast(0.5),
            },
        )
        .done()
}
