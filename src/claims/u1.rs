//! U1: what user mode may not do, by the processor's own rule.

use super::shape::{all_of, always, arm, claim as draft};
use crate::model::{Claim, Heading, Rounds, Topic};

pub fn claim() -> Claim {
    draft("U1", Topic::UserMode, Heading::Concept, Rounds::Counted)
        .title("user mode is a restricted environment", "유저 모드는 제한된 환경")
        .says(
            "Application programs run in an environment in which they may not do everything.",
            "애플리케이션은 할 수 있는 일이 제한된 환경에서 실행된다.",
        )
        .refuted_by("A privileged instruction runs in user mode.", "유저 모드에서 특권 명령어가 하나라도 실행될 때.")
        .nuance(
            "The processor refuses them to everybody: being root is not being in kernel mode.",
            "프로세서는 누구에게나 거부한다. root라고 해서 커널 모드인 것은 아니다.",
        )
        .arms([
            arm("privileged instructions", "privileged", &[("list", "privileged")]),
            arm("plain instructions", "privileged", &[("list", "controls")]),
        ])
        .primary(
            "faults",
            ("every privileged instruction faults", "모든 특권 명령어가 폴트를 낸다"),
            all_of("privileged instructions", "faulted", "instructions"),
        )
        .control(
            "others run",
            ("instructions without privilege run", "특권이 필요 없는 명령어는 실행된다"),
            all_of("plain instructions", "ran", "instructions"),
        )
        .beside(
            "for root too",
            ("this check ran as root (user id 0)", "이 검사는 root(사용자 번호 0)로 실행되었다"),
            always("privileged instructions", "uid", 0.0),
        )
        .done()
}
