//! U8: the price of the way into the kernel and back.

use super::shape::{STILL, arm, claim as draft, ledger, slower};
use crate::model::{Claim, Counted, Heading, Threshold, Topic};

pub fn claim() -> Claim {
    let calls = |name, kind, size, n| arm(name, "syscalls", &[("kind", kind), ("size", size), ("n", n), ("cpu", "one")]);
    draft("U8", Topic::UserMode, Heading::Drawback, STILL)
        .title("system calls cost a mode switch", "시스템 콜의 모드 전환에 따른 지연")
        .says(
            "A system call has to switch from user mode to kernel mode and back, which takes time.",
            "시스템 콜은 유저 모드와 커널 모드를 오가야 하므로 지연이 생긴다.",
        )
        .refuted_by(
            "A call that does next to nothing in the kernel costs less than 10 function calls.",
            "커널에서 거의 아무 일도 하지 않는 시스템 콜의 비용이 함수 호출 10번에 못 미칠 때.",
        )
        .nuance(
            "It is paid per call: what a call does, and how many a program makes, decide whether it matters.",
            "호출마다 내는 값이다. 호출이 하는 일과 호출의 횟수가 그것이 중요한지를 정한다.",
        )
        .arms([
            calls("function", "function", "1", "20M"),
            calls("vDSO", "vdso", "1", "1M"),
            calls("refused call", "invalid", "1", "300k"),
            calls("getppid", "getppid", "1", "300k"),
            calls("read 1 byte", "read", "1", "200k"),
            calls("read 4 KB", "read", "4k", "200k"),
        ])
        .primary(
            "null call",
            ("getppid against a function call", "함수 호출과 견준 getppid"),
            slower("getppid", "function", Threshold::AtLeast(10.0)),
        )
        .control(
            "no crossing",
            ("the vDSO's call does not enter the kernel", "vDSO 호출은 커널에 들어가지 않는다"),
            ledger("vDSO", Counted::Syscalls, Threshold::AtMost(0.001)),
        )
        .beside(
            "vDSO",
            ("getppid against the vDSO", "vDSO와 견준 getppid"),
            slower("getppid", "vDSO", Threshold::AtLeast(2.0)),
        )
        .beside(
            "the crossing alone",
            ("a call that is refused at once, against a function call", "곧바로 거절되는 호출, 함수 호출과 견주어"),
            slower("refused call", "function", Threshold::AtLeast(10.0)),
        )
        .beside(
            "work in the kernel",
            ("read of 1 byte against getppid", "getppid와 견준 1바이트 읽기"),
            slower("read 1 byte", "getppid", Threshold::AtLeast(1.05)),
        )
        .beside(
            "more work in the kernel",
            ("read of 4 KB against 1 byte", "1바이트와 견준 4 KB 읽기"),
            slower("read 4 KB", "read 1 byte", Threshold::AtLeast(1.05)),
        )
        .done()
}
