//! P7: whether work for the CPU is a reason for processes rather than threads.

use super::p4;
use super::shape::{STILL, arm, claim as draft, slower};
use crate::model::{Claim, Heading, Threshold, Topic};

pub fn claim() -> Claim {
    let [_, threads, processes] = p4::arms();
    let python = |name, split| arm(name, "python", &[("split", split), ("steps", "50k"), ("cpu", "two")]);
    draft("P7", Topic::MultiProcess, Heading::Conclusion, STILL)
        .with_rounds_of("P4")
        .title("processes suit CPU-bound work", "멀티 프로세스는 CPU 바운드 작업에 유리")
        .says(
            "For CPU-bound work several processes are the better choice.",
            "CPU 바운드 작업에는 여러 프로세스를 쓰는 편이 유리하다.",
        )
        .refuted_by(
            "In native code, threads take less than 1.05 times as long as processes for the same work.",
            "네이티브 코드에서 같은 일에 스레드가 걸리는 시간이 프로세스의 1.05배에 못 미칠 때.",
        )
        .nuance(
            "True where an interpreter's lock lets one thread run at a time, as in the usual CPython.",
            "흔히 쓰는 CPython처럼 인터프리터 잠금이 스레드를 한 번에 하나만 돌리는 곳에서는 맞는 말이다.",
        )
        .arms([threads, processes])
        .arms([python("CPython threads", "threads"), python("CPython processes", "processes")])
        .primary(
            "native",
            ("threads against processes, native code", "프로세스와 견준 스레드, 네이티브 코드"),
            slower("threads", "processes", Threshold::AtLeast(1.05)),
        )
        .beside(
            "CPython",
            ("threads against processes, under CPython's lock", "프로세스와 견준 스레드, CPython 잠금 아래"),
            slower("CPython threads", "CPython processes", Threshold::AtLeast(1.05)),
        )
        .done()
}
