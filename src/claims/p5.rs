//! P5: what a switch between processes costs beside one between threads, and whether the reason given for it is the reason.
//!
//! The two tasks are made by raw clone and differ in CLONE_VM alone. With POSIX threads the shared descriptor table makes a
//! pipe dearer and hides the effect.

use super::shape::{STILL, arm, claim as draft, ratio};
use crate::model::{Arm, Claim, Heading, Metric, Quantity, Scale, Test, Threshold, Topic};

/// A switch, by counted switches.
pub fn per_switch() -> Metric {
    Metric::ElapsedPer("switches".into())
}

/// Two tasks that hand a token to and fro by futex.
pub fn pair() -> [Arm; 2] {
    [
        arm("one address space", "pingpong", &[("share", "vm"), ("by", "futex")]),
        arm("two address spaces", "pingpong", &[("share", "process"), ("by", "futex")]),
    ]
}

/// Eight tasks in a ring: more address spaces than a CPU keeps tagged.
pub fn eight() -> [Arm; 2] {
    [
        arm("8 tasks, one address space", "ring", &[("tasks", "8"), ("share", "vm")]),
        arm("8 address spaces", "ring", &[("tasks", "8"), ("share", "process")]),
    ]
}

pub fn claim() -> Claim {
    let pipe = |name, share| arm(name, "pingpong", &[("share", share), ("by", "pipe")]);
    // Emptying the caches takes a sweep over 64 MB each time, so there are few of them.
    let cache = |name, between, share, n| arm(name, "cachekeep", &[("between", between), ("share", share), ("n", n)]);
    let reading = |arm: &str| Quantity::of(arm, Metric::Measure("p50_ns".into()));
    draft("P5", Topic::MultiProcess, Heading::Drawback, STILL)
        .title("switching processes costs more", "프로세스 전환은 스레드 전환보다 비쌈")
        .says(
            "A switch from one process to another costs more than one between threads, because memory is set up anew.",
            "프로세스 사이의 컨텍스트 스위칭은 메모리를 새로 준비해야 해서 스레드 사이의 전환보다 비용이 크다.",
        )
        .refuted_by(
            "A switch between two address spaces costs less than 1.05 times one within an address space.",
            "두 주소 공간 사이의 전환 비용이 한 주소 공간 안에서의 전환의 1.05배에 못 미칠 때.",
        )
        .nuance(
            "The difference is a change of page tables. Caches keep their content; a CPU that tags its TLB keeps a few \
             address spaces there too, so the price rises when more processes take turns than it has tags.",
            "차이는 페이지 테이블을 바꾸는 데서 온다. 캐시의 내용은 그대로 남고, TLB에 표식을 다는 CPU는 주소 공간 몇 개를 함께 \
             기억하므로, 표식보다 많은 프로세스가 번갈아 돌 때 비용이 커진다.",
        )
        .arms(pair())
        .arms([pipe("pipe, one address space", "vm"), pipe("pipe, two address spaces", "process")])
        .arms(eight())
        .arms([
            cache("data read again", "nothing", "process", "200"),
            cache("after a thread", "switch", "vm", "200"),
            cache("after a process", "switch", "process", "200"),
            cache("caches emptied", "flush", "process", "5"),
        ])
        .primary(
            "switch",
            ("two processes by futex, a counted switch", "futex로 주고받는 두 프로세스, 전환 한 번"),
            ratio("two address spaces", "one address space", per_switch(), Threshold::AtLeast(1.05)),
        )
        .beside(
            "by pipe",
            ("two processes by pipe, a counted switch", "파이프로 주고받는 두 프로세스, 전환 한 번"),
            ratio("pipe, two address spaces", "pipe, one address space", per_switch(), Threshold::AtLeast(1.05)),
        )
        .beside(
            "8 processes",
            ("eight processes in a ring", "고리 모양으로 도는 여덟 프로세스"),
            ratio("8 address spaces", "8 tasks, one address space", per_switch(), Threshold::AtLeast(1.05)),
        )
        .beside(
            "the stated reason",
            (
                "memory is set up anew: the data has to be read in again (share of a full refill)",
                "메모리를 새로 준비한다: 데이터를 다시 읽어 들여야 한다(전체를 다시 채우는 비용의 몫)",
            ),
            Test::Effect {
                quantity: reading("after a process")
                    .less(reading("after a thread"))
                    .part_of(reading("caches emptied").less(reading("data read again"))),
                threshold: Threshold::AtLeast(0.05),
                scale: Scale::Share,
            },
        )
        .done()
}
