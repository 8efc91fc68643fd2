//! P6: what memory a process adds beside a thread.

use super::shape::{ANY_TIME, arm, claim as draft};
use crate::model::{Claim, Heading, Metric, Quantity, Scale, Test, Threshold, Topic};

pub fn claim() -> Claim {
    let idle = |name, kind, rss| arm(name, "idle", &[("kind", kind), ("rss", rss)]);
    // The kernel's stacks are known for the whole machine only, and a thread has one just as a process does.
    let own = ["pss_per_worker_bytes", "page_tables_per_worker_bytes"];
    let rss = ["rss_per_worker_bytes"];
    let more = |of: &str, than: &str, measures: &[&str], threshold| {
        let metric = Metric::Measures(measures.iter().map(|name| name.to_string()).collect());
        let quantity = Quantity::of(of, metric.clone()).less(Quantity::of(than, metric));
        Test::Effect { quantity, threshold, scale: Scale::Bytes }
    };
    // A page is the least that one can add.
    let page = Threshold::AtLeast(4096.0);
    draft("P6", Topic::MultiProcess, Heading::Drawback, ANY_TIME)
        .title("processes use more memory", "프로세스는 메모리를 더 사용")
        .says(
            "Each process has memory of its own, so that many processes use more of it in all than as many threads.",
            "프로세스마다 독립된 메모리를 가지므로, 같은 수의 스레드보다 전체 메모리 사용량이 늘어난다.",
        )
        .refuted_by(
            "An idle forked process adds less than a page more than an idle thread (PSS and page tables).",
            "쉬고 있는 자식 프로세스가 늘리는 메모리가 쉬는 스레드보다 한 페이지도 더 크지 않을 때(PSS와 페이지 테이블).",
        )
        .nuance(
            "RSS counts shared pages again for every process and overstates a fork by far; PSS divides them.",
            "RSS는 공유 페이지를 프로세스마다 다시 세어 fork를 훨씬 크게 보이게 하고, PSS는 나누어 센다.",
        )
        .arms([
            idle("thread", "thread", "10M"),
            idle("fork", "fork", "10M"),
            idle("exec", "exec", "10M"),
            idle("fork of 200 MB", "fork", "200M"),
        ])
        .primary(
            "fork",
            ("a forked process beside a thread", "스레드와 견준 fork 프로세스"),
            more("fork", "thread", &own, page),
        )
        .beside(
            "exec",
            ("a process that executes a program anew, beside a thread", "스레드와 견준 exec 프로세스"),
            more("exec", "thread", &own, page),
        )
        .beside(
            "a larger parent",
            ("a fork of 200 MB beside one of 10 MB", "10 MB 대신 200 MB를 가진 부모의 fork"),
            more("fork of 200 MB", "fork", &own, page),
        )
        .beside(
            "RSS misleads",
            ("the same fork, if judged by RSS: over 1 MB", "같은 fork를 RSS로 재면 1 MB가 넘는다"),
            more("fork of 200 MB", "thread", &rss, Threshold::AtLeast(1_048_576.0)),
        )
        .done()
}
