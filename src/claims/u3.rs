//! U3: no direct reach for hardware and kernel memory.

use super::shape::{all_of, arm, claim as draft, counts, ledger};
use crate::model::{Claim, Counted, Heading, Rounds, Threshold, Topic};

pub fn claim() -> Claim {
    draft("U3", Topic::UserMode, Heading::Concept, Rounds::Counted)
        .title("hardware only by system call", "하드웨어와 커널 메모리는 시스템 콜로만")
        .says(
            "A user program cannot reach hardware or kernel memory itself; it has to ask the kernel by a system call.",
            "유저 프로그램은 하드웨어와 커널 메모리에 직접 닿을 수 없고, 시스템 콜로 커널에 부탁해야 한다.",
        )
        .refuted_by(
            "A load or store at a kernel address succeeds in user mode.",
            "유저 모드에서 커널 주소를 읽거나 쓰는 데 성공할 때.",
        )
        .nuance(
            "Some of what the kernel knows is handed out without a call: the vDSO reads the time in user mode.",
            "커널이 아는 것 가운데 일부는 호출 없이 주어진다. vDSO는 유저 모드에서 시각을 읽는다.",
        )
        .arms([
            arm("directly", "forbidden", &[("list", "direct")]),
            arm("by asking", "forbidden", &[("list", "ask")]),
            arm("what is allowed", "forbidden", &[("list", "controls")]),
            arm("vDSO", "syscalls", &[("kind", "vdso")]),
        ])
        .primary(
            "directly",
            ("every access to a kernel address faults", "커널 주소에 대한 모든 접근이 폴트를 낸다"),
            all_of("directly", "faulted", "attempts"),
        )
        .control(
            "allowed",
            ("own memory, a call and the vDSO work", "자기 메모리, 시스템 콜, vDSO는 된다"),
            all_of("what is allowed", "allowed", "attempts"),
        )
        .beside(
            "refused when asked",
            ("asked for the same, the kernel refuses some of it", "같은 것을 부탁하면 커널이 일부를 거절한다"),
            counts("by asking", "refused", Threshold::AtLeast(1.0)),
        )
        .beside(
            "without a call",
            ("exception: the vDSO answers without a system call", "예외: vDSO는 시스템 콜 없이 답한다"),
            ledger("vDSO", Counted::Syscalls, Threshold::AtMost(0.001)),
        )
        .done()
}
