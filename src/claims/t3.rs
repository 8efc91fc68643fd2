//! T3: what creating a thread costs beside creating a process.

use super::shape::{STILL_BUT_KERNEL, arm, claim as draft, heavy, slower};
use crate::model::{Claim, Heading, Threshold, Topic};

pub fn claim() -> Claim {
    let create = |name, kind, rss, n| arm(name, "create", &[("kind", kind), ("rss", rss), ("n", n)]);
    let twice = Threshold::AtLeast(2.0);
    draft("T3", Topic::MultiThread, Heading::Advantage, STILL_BUT_KERNEL)
        .title("threads are created and ended fast", "스레드는 생성과 종료가 빠름")
        .says(
            "Threads share what their process has, so they are created and ended faster and carry less data.",
            "스레드는 프로세스의 자원을 나누어 쓰므로 더 빨리 만들어지고 끝나며, 딸린 데이터도 적다.",
        )
        .refuted_by(
            "Creating and ending a forked process takes less than twice as long as a thread (parent of 10 MB).",
            "프로세스를 fork해서 끝내는 시간이 스레드의 두 배에 못 미칠 때(부모 10 MB).",
        )
        .nuance(
            "The price of fork grows with the parent's memory, whose page tables it copies; that of a thread, of vfork and \
             of posix_spawn does not.",
            "fork의 비용은 페이지 테이블을 복사해야 하는 부모의 메모리와 함께 커지지만, 스레드·vfork·posix_spawn은 그렇지 않다.",
        )
        .arms([
            create("thread", "thread", "10M", "1k"),
            create("fork", "fork", "10M", "100"),
            create("vfork", "vfork", "10M", "400"),
            create("posix_spawn", "posix_spawn", "10M", "50"),
            create("exec", "exec", "10M", "50"),
            create("fork of a small parent", "fork", "0", "200"),
            heavy(create("fork of 1 GB", "fork", "1G", "3")),
        ])
        .primary(
            "fork",
            ("fork beside a thread, parent of 10 MB", "스레드와 견준 fork, 부모 10 MB"),
            slower("fork", "thread", twice),
        )
        .beside("vfork", ("vfork beside a thread", "스레드와 견준 vfork"), slower("vfork", "thread", twice))
        .beside(
            "posix_spawn",
            ("posix_spawn of a program beside a thread", "스레드와 견준 posix_spawn"),
            slower("posix_spawn", "thread", twice),
        )
        .beside("exec", ("fork and exec beside a thread", "스레드와 견준 fork와 exec"), slower("exec", "thread", twice))
        .beside(
            "slope",
            ("fork of 10 MB beside fork of a small parent", "작은 부모와 견준 10 MB 부모의 fork"),
            slower("fork", "fork of a small parent", twice),
        )
        .beside(
            "slope to 1 GB",
            ("fork of 1 GB beside fork of 10 MB", "10 MB 부모와 견준 1 GB 부모의 fork"),
            slower("fork of 1 GB", "fork", twice),
        )
        .done()
}
