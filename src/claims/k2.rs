//! K2: into the kernel on request, and out again.

use super::shape::{arm, claim as draft, ledger};
use crate::model::{Claim, Counted, Heading, Rounds, Threshold, Topic};

pub fn claim() -> Claim {
    let one = Threshold::Within(1.0, 1.0);
    draft("K2", Topic::KernelMode, Heading::Concept, Rounds::Counted)
        .title("entered on request, and left again", "요청 시 커널 모드로 전환하고 되돌아옴")
        .says(
            "When a user program asks, the processor enters kernel mode, does the work, and returns to user mode.",
            "유저 프로그램이 요청하면 커널 모드로 전환되어 작업을 하고 다시 유저 모드로 돌아온다.",
        )
        .refuted_by(
            "The kernel's entries do not equal the calls that the program made.",
            "커널이 센 진입 횟수가 프로그램이 한 호출 횟수와 다를 때.",
        )
        .nuance(
            "Interrupts and faults enter kernel mode as well, without being asked.",
            "부탁이 없어도 인터럽트와 폴트로 커널 모드에 들어간다.",
        )
        .arms([
            arm("getppid", "syscalls", &[("kind", "getppid"), ("n", "20k")]),
            arm("read", "syscalls", &[("kind", "read"), ("n", "20k")]),
            arm("function", "syscalls", &[("kind", "function"), ("n", "1M")]),
        ])
        .primary(
            "getppid",
            ("one entry and one return for each getppid", "getppid마다 한 번 들어가고 한 번 나온다"),
            ledger("getppid", Counted::Syscall("getppid".into()), one),
        )
        .part(
            "read",
            ("one entry and one return for each read", "read마다 한 번 들어가고 한 번 나온다"),
            ledger("read", Counted::Syscall("read".into()), one),
        )
        .control(
            "function",
            ("a function call enters the kernel not at all", "함수 호출은 커널에 들어가지 않는다"),
            ledger("function", Counted::Syscalls, Threshold::AtMost(0.001)),
        )
        .done()
}
