//! U9: low-level work from user mode.

use super::shape::{all_of, arm, claim as draft, counts};
use crate::model::{Claim, Heading, Rounds, Threshold, Topic};

pub fn claim() -> Claim {
    draft("U9", Topic::UserMode, Heading::Drawback, Rounds::Counted)
        .title("no low-level work in user mode", "low-level 작업을 할 수 없음")
        .says("A user program cannot do low-level work.", "유저 프로그램은 low-level 작업을 할 수 없다.")
        .refuted_by(
            "Privileged instructions or kernel addresses work directly, or the kernel never does such work on request.",
            "특권 명령어나 커널 주소 접근이 그대로 되거나, 반대로 부탁해도 커널이 그런 일을 전혀 해 주지 않을 때.",
        )
        .nuance(
            "Not directly. The kernel does it on request (ioctl, mmap of devices), or hands a device over (VFIO) or runs a \
             checked program for it (eBPF).",
            "직접은 못 한다. 그러나 부탁하면 커널이 해 주거나(ioctl, 장치 mmap), 장치를 넘겨주거나(VFIO), 검사한 프로그램을 대신 \
             돌려 준다(eBPF).",
        )
        .arms([
            arm("privileged instructions", "privileged", &[("list", "privileged")]),
            arm("kernel addresses", "forbidden", &[("list", "direct")]),
            arm("by asking", "forbidden", &[("list", "ask")]),
        ])
        .primary(
            "instructions",
            ("every privileged instruction faults", "모든 특권 명령어가 폴트를 낸다"),
            all_of("privileged instructions", "faulted", "instructions"),
        )
        .part(
            "addresses",
            ("every access to a kernel address faults", "커널 주소에 대한 모든 접근이 폴트를 낸다"),
            all_of("kernel addresses", "faulted", "attempts"),
        )
        .beside(
            "on request",
            ("asked properly, the kernel grants some of it", "제대로 부탁하면 커널이 일부를 해 준다"),
            counts("by asking", "allowed", Threshold::AtLeast(1.0)),
        )
        .done()
}
