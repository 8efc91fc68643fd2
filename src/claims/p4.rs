//! P4: several processes use several cores.

use super::shape::{STILL, arm, claim as draft, slower};
use crate::model::{Arm, Claim, Heading, Threshold, Topic};

/// The same work by one worker, by two threads and by two processes. The one worker is a worker too, not the main thread:
/// that one would run under other conditions (in CPython by 17 %).
pub fn arms() -> [Arm; 3] {
    [
        arm("sequential", "cpubound", &[("split", "none"), ("cpu", "two")]),
        arm("threads", "cpubound", &[("split", "threads"), ("cpu", "two")]),
        arm("processes", "cpubound", &[("split", "processes"), ("cpu", "two")]),
    ]
}

pub fn claim() -> Claim {
    draft("P4", Topic::MultiProcess, Heading::Advantage, STILL)
        .title("processes use several cores", "여러 프로세스는 여러 코어를 활용")
        .says(
            "Work for the CPU that is split over processes makes good use of the cores.",
            "CPU 연산이 많은 일을 여러 프로세스로 나누면 코어를 잘 활용한다.",
        )
        .refuted_by(
            "Two processes on two CPUs are less than 1.5 times as fast as one worker.",
            "CPU 두 개에서 두 프로세스의 속도가 일꾼 하나의 1.5배에 못 미칠 때.",
        )
        .arms(arms())
        .primary(
            "speed-up",
            ("two processes against one worker", "일꾼 하나와 견준 두 프로세스"),
            slower("sequential", "processes", Threshold::AtLeast(1.5)),
        )
        .beside(
            "threads as well",
            ("two threads against one worker", "일꾼 하나와 견준 두 스레드"),
            slower("sequential", "threads", Threshold::AtLeast(1.5)),
        )
        .done()
}
