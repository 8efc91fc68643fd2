//! T1: threads are flows of control within one process.

use super::shape::{always, arm, claim as draft};
use crate::model::{Claim, Heading, Rounds, Topic};

pub fn claim() -> Claim {
    draft("T1", Topic::MultiThread, Heading::Concept, Rounds::Counted)
        .title("threads are flows within one process", "스레드는 프로세스 안의 실행 흐름")
        .says(
            "A process can hold several flows of control, its threads.",
            "한 프로세스 안에 여러 실행 흐름, 곧 스레드가 있을 수 있다.",
        )
        .refuted_by(
            "Two threads differ in tgid, share a tid, or do not see each other's writes at one address.",
            "두 스레드의 tgid가 다르거나 tid가 같거나, 같은 주소에 쓴 값을 서로 보지 못할 때.",
        )
        .arms([arm("thread", "identity", &[("with", "thread")]), arm("process", "identity", &[("with", "process")])])
        .primary("one process", ("the thread has its creator's tgid", "만든 쪽과 tgid가 같다"), always("thread", "same_tgid", 1.0))
        .part("own flow", ("and a tid of its own", "tid는 따로 있다"), always("thread", "same_tid", 0.0))
        .part(
            "one memory",
            ("what it writes is seen at the same address", "쓴 값이 같은 주소에서 보인다"),
            always("thread", "same_content_after_write", 1.0),
        )
        .control(
            "process",
            ("a process has a tgid of its own", "프로세스라면 tgid가 다르다"),
            always("process", "same_tgid", 0.0),
        )
        .beside(
            "one frame",
            ("both map the same physical page (read as root)", "둘이 같은 물리 페이지를 쓴다(root로 읽음)"),
            always("thread", "same_frame_after_write", 1.0),
        )
        .done()
}
