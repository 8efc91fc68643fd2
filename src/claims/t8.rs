//! T8: whether waiting for I/O is a reason for threads.

use super::shape::{STILL_BUT_KERNEL, arm, claim as draft, slower};
use crate::model::{Arm, Claim, Heading, Threshold, Topic};

/// 64 clients, each of whose requests waits 2 ms as if for a disk.
fn serve(name: &str, model: &str, requests: &str) -> Arm {
    let parameters = [("model", model), ("connections", "64"), ("n", requests), ("wait", "2ms"), ("reuse", "yes")];
    arm(name, "serve", &[&parameters[..], &[("workers", "64")]].concat())
}

pub fn claim() -> Claim {
    draft("T8", Topic::MultiThread, Heading::Conclusion, STILL_BUT_KERNEL)
        .title("threads suit I/O-bound work", "멀티 스레드는 I/O 바운드 작업에 유리")
        .says(
            "For I/O-bound work several threads are the better choice.",
            "I/O 바운드 작업에는 여러 스레드를 쓰는 편이 유리하다.",
        )
        .refuted_by(
            "64 threads are not twice as fast as one at requests that wait; or other ways to wait at once do as well.",
            "기다리는 요청에 스레드 64개가 하나보다 두 배도 빠르지 않거나, 함께 기다리는 다른 방법으로도 그만큼 될 때.",
        )
        .nuance(
            "What helps is to wait for many at once; threads are one way to do it, processes and an event loop are others.",
            "도움이 되는 것은 여럿을 함께 기다리는 것이다. 스레드는 그 한 방법이고, 프로세스와 이벤트 루프도 있다.",
        )
        .arms([
            serve("one at a time", "sequential", "64"),
            serve("threads", "thread", "1024"),
            serve("processes", "process", "1024"),
            serve("event loop", "epoll", "1024"),
        ])
        .primary(
            "waiting at once",
            ("one request at a time against a thread for each connection", "연결마다 스레드를 둔 경우와 견준 한 번에 하나"),
            slower("one at a time", "threads", Threshold::AtLeast(2.0)),
        )
        .part(
            "than processes",
            ("processes against threads", "스레드와 견준 프로세스"),
            slower("processes", "threads", Threshold::AtLeast(1.05)),
        )
        .beside(
            "than an event loop",
            ("one thread with epoll against threads", "스레드와 견준 epoll을 쓰는 스레드 하나"),
            slower("event loop", "threads", Threshold::AtLeast(1.05)),
        )
        .done()
}
