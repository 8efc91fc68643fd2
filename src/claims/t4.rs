//! T4: whether a switch between threads is the cheap one.

use super::p5::{eight, pair, per_switch};
use super::shape::{STILL, claim as draft, ratio};
use crate::model::{Claim, Heading, Threshold, Topic};

pub fn claim() -> Claim {
    draft("T4", Topic::MultiThread, Heading::Advantage, STILL)
        .with_rounds_of("P5")
        .title("switching threads is cheap", "스레드 전환은 비용이 적음")
        .says(
            "A switch between threads of a process replaces only the thread's own state, so it costs less.",
            "같은 프로세스의 스레드 사이에서는 스레드 정보만 바꾸면 되므로 전환 비용이 적다.",
        )
        .refuted_by(
            "Among eight tasks, a switch between processes costs less than 1.05 times one between threads.",
            "여덟 작업이 번갈아 돌 때, 프로세스 전환 비용이 스레드 전환의 1.05배에 못 미칠 때.",
        )
        .nuance(
            "A few percent with two tasks; clear where more processes take turns than the CPU keeps tagged.",
            "작업이 둘이면 몇 퍼센트이고, CPU가 기억하는 것보다 많은 프로세스가 번갈아 돌 때 뚜렷해진다.",
        )
        .arms(eight())
        .arms(pair())
        .primary(
            "8 tasks",
            ("eight processes against eight threads", "스레드 여덟과 견준 프로세스 여덟"),
            ratio("8 address spaces", "8 tasks, one address space", per_switch(), Threshold::AtLeast(1.05)),
        )
        .beside(
            "2 tasks",
            ("two processes against two threads", "스레드 둘과 견준 프로세스 둘"),
            ratio("two address spaces", "one address space", per_switch(), Threshold::AtLeast(1.05)),
        )
        .done()
}
