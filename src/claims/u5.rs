//! U5: debugging user programs.

use super::p3::crash;
use super::shape::{always, arm, claim as draft};
use crate::model::{Claim, Heading, Rounds, Topic};

pub fn claim() -> Claim {
    draft("U5", Topic::UserMode, Heading::Advantage, Rounds::Counted)
        .title("easy to debug, errors stay inside", "디버깅이 쉽고 에러가 전파되지 않음")
        .says(
            "Each application has an environment of its own, so debugging is easy and errors do not spread.",
            "애플리케이션마다 환경이 따로라서 디버깅이 쉽고, 에러가 퍼지지 않는다.",
        )
        .refuted_by("'Easy' by no measurement: see why.", "'쉽다'는 측정으로 반박할 수 없다. 이유를 보라.")
        .untestable(
            "'easy' is a judgement; what can be tested is that a debugger sees a faulty process and errors stay inside",
            "'쉽다'는 판단의 문제다. 시험할 수 있는 것은 디버거가 잘못된 프로세스를 들여다보고 에러가 그 안에 머문다는 것이다",
        )
        .arms([arm("ptrace", "debug", &[]), crash("segfault", "segv", "process")])
        .primary(
            "a debugger sees",
            ("nearest: another process reads its variable and sees its fault", "가장 가까운 물음: 다른 프로세스가 변수를 읽고 폴트를 본다"),
            always("ptrace", "fault_seen", 1.0),
        )
        .part(
            "errors stay",
            ("four of four siblings survive the fault", "형제 넷이 모두 살아남는다"),
            always("segfault", "survivors", 4.0),
        )
        .done()
}
