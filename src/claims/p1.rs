//! P1: one program, several processes at once.

use super::shape::{STILL, arm, claim as draft, counts, level};
use crate::model::{Claim, Heading, Metric, Scale, Threshold, Topic};

pub fn claim() -> Claim {
    draft("P1", Topic::MultiProcess, Heading::Concept, STILL)
        .title("one program runs as several processes", "한 프로그램이 여러 프로세스로 동시에 실행")
        .says(
            "A program can be at work in several processes at the same moment.",
            "하나의 프로그램이 같은 순간에 둘 이상의 프로세스로 일할 수 있다.",
        )
        .refuted_by(
            "Two spinning processes of one program keep fewer than 1.8 of two CPUs busy, or share one process id.",
            "한 프로그램의 두 프로세스가 쉬지 않고 계산해도 CPU 두 개 중 1.8개 미만만 쓰거나, 프로세스 번호가 하나뿐일 때.",
        )
        .arms([arm("processes", "cpubound", &[("split", "processes"), ("cpu", "two")])])
        .primary(
            "at once",
            ("two processes keep two CPUs busy", "두 프로세스가 CPU 두 개를 함께 쓴다"),
            level("processes", Metric::Measure("cpu_per_elapsed".into()), Threshold::AtLeast(1.8), Scale::Count),
        )
        .part(
            "processes",
            ("they are processes of their own", "서로 다른 프로세스다"),
            counts("processes", "tgids", Threshold::AtLeast(2.0)),
        )
        .done()
}
