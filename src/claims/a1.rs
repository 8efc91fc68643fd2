//! A1: an asynchronous call returns at once, and the caller does the next thing.

use super::shape::{always, arm, claim as draft, counts};
use crate::model::{Claim, Heading, Rounds, Threshold, Topic};

pub fn claim() -> Claim {
    let requests = |name, kind| arm(name, "nonblocking", &[("kind", kind)]);
    let returns = |arm, threshold| counts(arm, "return_share", threshold);
    draft("A1", Topic::Asynchronous, Heading::Concept, Rounds::Counted)
        .title("does not wait, does the next thing", "기다리지 않고 다음 작업을 수행")
        .says(
            "An asynchronous call does not wait for its answer; the next work is done meanwhile, without blocking.",
            "비동기 방식은 응답을 기다리지 않고, 막히지 않은 채 다음 작업을 한다.",
        )
        .refuted_by(
            "A non-blocking call on a socket takes more than a tenth of the time of its answer to return.",
            "소켓의 넌블로킹 호출이 돌아오는 데 응답까지 걸린 시간의 10분의 1을 넘길 때.",
        )
        .nuance(
            "Not for regular files: O_NONBLOCK changes nothing and epoll refuses them; io_uring or a thread is needed.",
            "일반 파일은 다르다. O_NONBLOCK은 아무것도 바꾸지 않고 epoll은 거절한다. io_uring이나 스레드가 필요하다.",
        )
        .arms([
            requests("socket", "socket"),
            requests("blocking socket", "socket_blocking"),
            requests("regular file", "file"),
            requests("file by io_uring", "file_io_uring"),
        ])
        .primary(
            "returns at once",
            ("the call returns within a tenth of the answer's time", "호출이 응답 시간의 10분의 1 안에 돌아온다"),
            returns("socket", Threshold::AtMost(0.1)),
        )
        .part(
            "works meanwhile",
            ("other work is done before the answer", "응답 전에 다른 일을 한다"),
            counts("socket", "work_steps_per_request", Threshold::AtLeast(1.0)),
        )
        .control(
            "blocking",
            ("a blocking call returns with the answer", "블로킹 호출은 응답과 함께 돌아온다"),
            returns("blocking socket", Threshold::AtLeast(0.9)),
        )
        .beside(
            "regular file",
            ("a regular file's read returns at once as well", "일반 파일의 읽기도 곧바로 돌아온다"),
            returns("regular file", Threshold::AtMost(0.1)),
        )
        .beside(
            "epoll refuses files",
            ("epoll refuses a regular file", "epoll은 일반 파일을 거절한다"),
            always("regular file", "epoll_refused", 1.0),
        )
        .beside(
            "io_uring",
            ("by io_uring the same read returns at once", "io_uring이라면 같은 읽기가 곧바로 돌아온다"),
            returns("file by io_uring", Threshold::AtMost(0.5)),
        )
        .done()
}
