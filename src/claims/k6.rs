//! K6: whether multitasking, synchronisation and switching happen in the kernel.

use super::shape::{always, arm, claim as draft, counts, ledger};
use crate::model::{Claim, Counted, Heading, Rounds, Threshold, Topic};

pub fn claim() -> Claim {
    draft("K6", Topic::KernelMode, Heading::Advantage, Rounds::Counted)
        .title("multitasking and switching happen there", "멀티태스킹, 동기화, 컨텍스트 스위칭이 가능")
        .says(
            "Multitasking, thread synchronisation and context switches are done in kernel mode.",
            "멀티태스킹, 스레드 동기화, 컨텍스트 스위칭은 커널 모드에서 이루어진다.",
        )
        .refuted_by(
            "A spinner that never gives up its CPU is never switched out, or switching is never done without the kernel.",
            "CPU를 놓지 않는 작업이 전혀 교체되지 않거나, 반대로 커널 없이는 전환이 전혀 이루어지지 않을 때.",
        )
        .nuance(
            "Only the kernel can take a CPU away. But coroutines switch, and atomics synchronise, in user mode.",
            "CPU를 빼앗는 것은 커널만 할 수 있다. 그러나 코루틴은 유저 모드에서 전환하고 원자 연산은 유저 모드에서 동기화한다.",
        )
        .arms([
            arm("two spinners, one CPU", "preempt", &[("time", "50ms")]),
            arm("coroutines", "coroutines", &[("n", "1M")]),
            arm("atomics", "locks", &[("kind", "atomic"), ("n", "100k"), ("cpu", "two")]),
        ])
        .primary(
            "preemption",
            ("a spinner is switched out against its will", "CPU를 놓지 않는 작업도 교체된다"),
            counts("two spinners, one CPU", "switches_involuntary", Threshold::AtLeast(1.0)),
        )
        .part(
            "switching",
            ("switching needs the kernel: coroutines enter it at every switch", "전환에는 커널이 필요하다: 코루틴도 전환마다 커널에 들어간다"),
            ledger("coroutines", Counted::Syscalls, Threshold::AtLeast(1.0)),
        )
        .part(
            "synchronisation",
            ("synchronising needs the kernel: atomics enter it at every use", "동기화에는 커널이 필요하다: 원자 연산도 쓸 때마다 커널에 들어간다"),
            ledger("atomics", Counted::Syscalls, Threshold::AtLeast(1.0)),
        )
        .control("no update is lost", ("atomics lose no update", "원자 연산은 갱신을 잃지 않는다"), always("atomics", "lost", 0.0))
        .done()
}
