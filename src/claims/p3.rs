//! P3: a crash stays inside its process, and the ways in which it does not.

use super::shape::{always, arm, claim as draft};
use crate::model::{Arm, Claim, Heading, Rounds, Topic};

/// Four heartbeats beside one that fails.
pub fn crash(name: &str, kind: &str, place: &str) -> Arm {
    arm(name, "crash", &[("kind", kind), ("where", place)])
}

pub fn claim() -> Claim {
    let lives = |arm: &str| always(arm, "survivors", 4.0);
    let dies = |arm: &str| always(arm, "survivors", 0.0);
    draft("P3", Topic::MultiProcess, Heading::Advantage, Rounds::Counted)
        .title("a crash stays inside its process", "비정상 종료가 다른 프로세스에 번지지 않음")
        .says(
            "A process that ends abnormally does not affect the others.",
            "한 프로세스가 비정상 종료되어도 다른 프로세스는 영향을 받지 않는다.",
        )
        .refuted_by(
            "Of four sibling processes fewer than four still beat after one crashes.",
            "하나가 죽은 뒤 형제 프로세스 넷 가운데 넷이 모두 살아 있지 않을 때.",
        )
        .nuance(
            "What processes share on purpose is not protected: shared memory, a plain lock in it, a process group.",
            "일부러 나누어 쓰는 것은 보호되지 않는다. 공유 메모리, 그 안의 보통 잠금, 프로세스 그룹이 그렇다.",
        )
        .arms([
            crash("segfault", "segv", "process"),
            crash("abort", "abort", "process"),
            crash("exit", "exit", "process"),
            crash("killed", "kill", "process"),
            crash("threads", "segv", "thread"),
            crash("shared memory", "shared_write", "process"),
            crash("plain lock", "plain_lock", "process"),
            crash("robust lock", "robust_lock", "process"),
            crash("process group", "group", "process"),
        ])
        .primary("segfault", ("four of four survive a segmentation fault", "세그멘테이션 폴트 뒤 넷 모두 생존"), lives("segfault"))
        .part("abort", ("four of four survive an abort", "abort 뒤 넷 모두 생존"), lives("abort"))
        .part("exit", ("four of four survive an exit", "exit 뒤 넷 모두 생존"), lives("exit"))
        .part("killed", ("four of four survive a kill", "강제 종료 뒤 넷 모두 생존"), lives("killed"))
        .control("threads", ("as threads, none survives", "스레드라면 하나도 살아남지 못한다"), dies("threads"))
        .beside(
            "shared memory",
            ("exception: a write to shared memory reaches all four", "예외: 공유 메모리에 쓴 것은 넷 모두에 닿는다"),
            dies("shared memory"),
        )
        .beside(
            "plain lock",
            ("exception: a plain lock held by the dead one stops all four", "예외: 죽은 쪽이 쥔 보통 잠금은 넷 모두를 세운다"),
            dies("plain lock"),
        )
        .beside(
            "robust lock",
            ("a robust lock is handed on, and four of four survive", "견고한(robust) 잠금은 넘겨지고 넷 모두 산다"),
            lives("robust lock"),
        )
        .beside(
            "process group",
            ("exception: a signal to the process group ends all four", "예외: 프로세스 그룹에 보낸 시그널은 넷 모두를 끝낸다"),
            dies("process group"),
        )
        .done()
}
