//! K5: whether the kernel manages calls and processes efficiently.

use super::shape::{STILL_BUT_KERNEL, arm, claim as draft, level};
use crate::model::{Claim, Heading, Metric, Scale, Threshold, Topic};

pub fn claim() -> Claim {
    let below = |arm: &str, ns: f64| level(arm, Metric::ElapsedPerOperation, Threshold::AtMost(ns), Scale::Ns);
    draft("K5", Topic::KernelMode, Heading::Advantage, STILL_BUT_KERNEL)
        .title("manages calls and processes efficiently", "시스템 콜과 프로세스를 효율적으로 관리")
        .says(
            "The kernel can manage system calls and processes efficiently.",
            "커널은 시스템 콜과 프로세스를 효율적으로 관리할 수 있다.",
        )
        .refuted_by("No measurement: see why.", "측정으로 반박할 수 없다. 이유를 보라.")
        .untestable(
            "'efficiently' needs something to compare with, and a machine runs one kernel at a time",
            "'효율적'이라면 견줄 상대가 있어야 하는데, 기계는 한 번에 커널 하나만 돌린다",
        )
        .nuance(
            "The table shows what each operation costs here; another kernel's table can be laid beside it.",
            "표는 여기서 작업마다 드는 비용을 보여 주며, 다른 커널의 표와 나란히 놓을 수 있다.",
        )
        .arms([
            arm("null call", "syscalls", &[("kind", "getppid"), ("n", "300k")]),
            arm("thread", "create", &[("kind", "thread"), ("n", "1k")]),
            arm("process", "create", &[("kind", "fork"), ("n", "200")]),
            arm("program", "create", &[("kind", "posix_spawn"), ("n", "50")]),
            arm("switch", "pingpong", &[("share", "process")]),
        ])
        .primary(
            "null call",
            ("nearest: a null system call takes at most 1 us", "가장 가까운 물음: 빈 시스템 콜이 1 us를 넘지 않는다"),
            below("null call", 1_000.0),
        )
        .beside("thread", ("a thread is created and ended within 100 us", "스레드의 생성과 종료가 100 us 안"), below("thread", 1e5))
        .beside("process", ("a forked process within 1 ms", "fork한 프로세스는 1 ms 안"), below("process", 1e6))
        .beside("program", ("a program within 5 ms", "프로그램 실행은 5 ms 안"), below("program", 5e6))
        .beside("switch", ("a round trip of two switches within 20 us", "전환 두 번의 왕복이 20 us 안"), below("switch", 2e4))
        .done()
}
