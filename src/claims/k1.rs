//! K1: what code in the kernel can reach.

use super::k3::guest;
use super::shape::{all_of, always, arm, claim as draft};
use crate::model::{Arm, Claim, Heading, Rounds, Source, Topic};

/// A program inside the kernel that reads kernel memory and says whether it could.
fn kernel_probe() -> Arm {
    let source = Source::KernelProbe { probe: "read kernel memory".into() };
    Arm { name: "in the kernel".into(), source, heavy: false }
}

pub fn claim() -> Claim {
    draft("K1", Topic::KernelMode, Heading::Concept, Rounds::Few)
        .title("kernel mode reaches everything", "커널 모드는 모든 자원에 제한 없이 접근")
        .says(
            "Code in kernel mode can reach processor, memory and storage without restriction.",
            "커널 모드의 코드는 CPU, 메모리, 저장 장치 등 모든 자원에 제한 없이 접근할 수 있다.",
        )
        .refuted_by(
            "A program inside the kernel cannot read what faulted in user mode.",
            "유저 모드에서 폴트가 난 것을 커널 안의 프로그램도 읽지 못할 때.",
        )
        .nuance(
            "Being root is not being in kernel mode: root's own loads fault as well. Hardware below (a hypervisor, an \
             enclave) still restricts the kernel.",
            "root라고 커널 모드인 것은 아니어서, root가 직접 읽어도 폴트가 난다. 그 아래의 하이퍼바이저나 보안 하드웨어는 커널도 제한한다.",
        )
        .arms([kernel_probe(), arm("in user mode", "forbidden", &[("list", "direct")]), guest("the guest's kernel shows CR3", "show-cr3")])
        .primary(
            "in the kernel",
            ("a BPF program reads kernel memory", "BPF 프로그램이 커널 메모리를 읽는다"),
            always("in the kernel", "read", 1.0),
        )
        .control(
            "in user mode",
            ("the same addresses fault in user mode", "같은 주소가 유저 모드에서는 폴트를 낸다"),
            all_of("in user mode", "faulted", "attempts"),
        )
        .beside(
            "a register",
            ("in a throwaway guest, the kernel reads CR3 (and prints it)", "버리는 가상 머신에서 커널이 CR3를 읽는다(그리고 찍는다)"),
            always("the guest's kernel shows CR3", "done", 1.0),
        )
        .done()
}
