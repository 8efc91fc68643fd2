//! T6: a fault of one thread reaches the others.

use super::p3::crash;
use super::shape::{always, claim as draft};
use crate::model::{Claim, Heading, Rounds, Topic};

pub fn claim() -> Claim {
    let dies = |arm: &str| always(arm, "survivors", 0.0);
    let lives = |arm: &str| always(arm, "survivors", 4.0);
    draft("T6", Topic::MultiThread, Heading::Drawback, Rounds::Counted)
        .title("one thread's fault reaches the others", "한 스레드의 문제가 다른 스레드에 영향")
        .says(
            "Trouble in one thread can reach the other threads of its process.",
            "하나의 스레드에서 생긴 문제가 같은 프로세스의 다른 스레드에 영향을 줄 수 있다.",
        )
        .refuted_by(
            "Any of four sibling threads still beats after one segfaults.",
            "하나가 세그멘테이션 폴트를 낸 뒤에도 형제 스레드가 살아 있을 때.",
        )
        .nuance(
            "A fault that a handler ends or repairs stays with its thread; the default action ends the process.",
            "핸들러가 끝내거나 고치는 폴트는 그 스레드에 머문다. 프로세스를 끝내는 것은 기본 동작이다.",
        )
        .arms([
            crash("segfault", "segv", "thread"),
            crash("exit()", "exit", "thread"),
            crash("wild write", "private_write", "thread"),
            crash("fault handled", "handled", "thread"),
            crash("fault repaired", "repaired", "thread"),
            crash("return", "return", "thread"),
            crash("process segfault", "segv", "process"),
        ])
        .primary("segfault", ("none of four survives a segmentation fault", "세그멘테이션 폴트 뒤 아무도 살지 못한다"), dies("segfault"))
        .part("exit()", ("nor one that calls exit()", "exit()를 부른 경우도 마찬가지다"), dies("exit()"))
        .part("wild write", ("nor a wild write to their common data", "공동 데이터를 망친 경우도 마찬가지다"), dies("wild write"))
        .control("return", ("a thread that just ends disturbs none", "그냥 끝나는 스레드는 아무도 해치지 않는다"), lives("return"))
        .control(
            "process",
            ("as processes, all four survive", "프로세스라면 넷 모두 산다"),
            lives("process segfault"),
        )
        .beside(
            "handled",
            ("a fault whose handler ends that thread alone: four survive", "핸들러가 그 스레드만 끝내면 넷이 산다"),
            lives("fault handled"),
        )
        .beside("repaired", ("a fault that is repaired: four survive", "고쳐진 폴트라면 넷이 산다"), lives("fault repaired"))
        .done()
}
