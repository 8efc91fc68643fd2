//! U2: a process and memory of its own.

use super::shape::{always, arm, claim as draft};
use crate::model::{Claim, Heading, Rounds, Topic};

pub fn claim() -> Claim {
    draft("U2", Topic::UserMode, Heading::Concept, Rounds::Counted)
        .title("a program gets its own process and memory", "실행 시 분리된 프로세스와 메모리 할당")
        .says(
            "When a program is started, the system gives it a process and a memory area apart from others.",
            "프로그램이 실행되면 OS가 다른 것과 분리된 프로세스와 메모리 영역을 준다.",
        )
        .refuted_by(
            "Two processes see each other's writes at the same address.",
            "두 프로세스가 같은 주소에 쓴 값을 서로 볼 때.",
        )
        .nuance(
            "The separation is made by address translation; until one of them writes, both use the same physical page.",
            "분리는 주소 변환으로 이루어지며, 어느 한쪽이 쓰기 전에는 같은 물리 페이지를 함께 쓴다.",
        )
        .arms([arm("process", "identity", &[("with", "process")]), arm("thread", "identity", &[("with", "thread")])])
        .primary(
            "own content",
            ("one address, different content", "주소는 같고 내용은 다르다"),
            always("process", "same_content_after_write", 0.0),
        )
        .part("own process", ("a tgid of its own", "tgid가 따로 있다"), always("process", "same_tgid", 0.0))
        .control(
            "threads",
            ("two threads see one content", "두 스레드는 같은 내용을 본다"),
            always("thread", "same_content_after_write", 1.0),
        )
        .beside(
            "own page",
            ("different physical pages after the write (read as root)", "쓴 뒤에는 물리 페이지가 다르다(root로 읽음)"),
            always("process", "same_frame_after_write", 0.0),
        )
        .beside(
            "shared before",
            ("the same physical page before it", "쓰기 전에는 같은 물리 페이지다"),
            always("process", "same_frame_before_write", 1.0),
        )
        .done()
}
