//! K3: instructions that affect the whole machine.

use super::shape::{all_of, always, arm, claim as draft};
use crate::model::{Arm, Claim, Heading, Rounds, Source, Topic};

/// An arm that runs in a throwaway guest.
pub fn guest(name: &str, experiment: &str) -> Arm {
    Arm { name: name.into(), source: Source::Guest { experiment: experiment.into() }, heavy: true }
}

pub fn claim() -> Claim {
    draft("K3", Topic::KernelMode, Heading::Concept, Rounds::Few)
        .title("runs what affects the whole system", "전체 시스템에 영향을 미치는 명령어 수행")
        .says(
            "In kernel mode, instructions can be run that affect the whole system.",
            "커널 모드에서는 전체 시스템에 영향을 미치는 명령어를 실행할 수 있다.",
        )
        .refuted_by(
            "In a throwaway guest the kernel cannot power the machine off.",
            "버리는 가상 머신에서 커널이 기계를 끄지 못할 때.",
        )
        .arms([
            guest("the guest's kernel powers off", "power-off"),
            arm("in user mode", "privileged", &[("list", "privileged")]),
        ])
        .primary(
            "power off",
            ("asked to, the guest's kernel ends the whole guest", "부탁을 받은 커널이 가상 머신 전체를 끝낸다"),
            always("the guest's kernel powers off", "done", 1.0),
        )
        .control(
            "in user mode",
            ("the same kind of instructions fault in user mode", "같은 종류의 명령어가 유저 모드에서는 폴트를 낸다"),
            all_of("in user mode", "faulted", "instructions"),
        )
        .done()
}
