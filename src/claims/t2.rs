//! T2: whether systems default to threads.

use super::p2::census;
use super::shape::claim as draft;
use crate::model::{Claim, Heading, Rounds, Test, Threshold, Topic};

pub fn claim() -> Claim {
    draft("T2", Topic::MultiThread, Heading::Concept, Rounds::Once)
        .with_rounds_of("P2")
        .title("systems default to multithreading", "많은 OS가 멀티 스레딩을 기본으로 함")
        .says(
            "Many systems support several processes but rely on several threads by default.",
            "많은 운영체제가 멀티 프로세스를 지원하면서도 기본으로는 멀티 스레드를 쓴다.",
        )
        .refuted_by("No measurement: see why.", "측정으로 반박할 수 없다. 이유를 보라.")
        .untestable(
            "a default is a choice of those who build a system, and 'many systems' cannot be seen from one",
            "'기본'은 시스템을 만드는 쪽의 선택이고, 기계 하나에서는 '많은 OS'를 볼 수 없다",
        )
        .arms([census()])
        .primary(
            "here and now",
            ("nearest: more than half of the processes here have several threads",
             "가장 가까운 물음: 이 기계의 프로세스 절반 이상이 스레드를 여럿 가진다"),
            Test::Share {
                arm: "this machine".into(),
                successes: "processes_threaded".into(),
                tried: "processes".into(),
                threshold: Threshold::AtLeast(0.5),
            },
        )
        .done()
}
