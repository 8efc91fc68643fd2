//! U4: crashes of user programs leave the system as it was.

use super::shape::{STILL_BUT_KERNEL, all_of, always, arm, claim as draft, ratio};
use crate::model::{Claim, Heading, Metric, Threshold, Topic};

pub fn claim() -> Claim {
    let storm = |name, kind| arm(name, "crashstorm", &[("kind", kind), ("n", "100"), ("cpu", "two")]);
    let pace = Metric::Measure("sibling_steps_per_s".into());
    draft("U4", Topic::UserMode, Heading::Concept, STILL_BUT_KERNEL)
        .title("a crash does not hurt the system", "에러와 충돌이 시스템에 영향을 주지 않음")
        .says(
            "Errors and crashes in user mode do not affect the system as a whole.",
            "유저 모드의 에러와 충돌은 전체 시스템에 영향을 끼치지 않는다.",
        )
        .refuted_by(
            "After many crashes the boot id, the boot time or the kernel's taint has changed.",
            "많은 프로세스가 죽은 뒤 부트 번호, 부팅 시각, 커널의 taint 표시 중 하나라도 바뀌었을 때.",
        )
        .nuance(
            "A crash is contained; using up what is common is not, unless a limit is set, which then stops that program.",
            "충돌은 갇히지만 공동 자원을 다 써 버리는 일은 갇히지 않는다. 한도를 두면 그 프로그램만 멈춘다.",
        )
        .arms([
            storm("crashing", "segv"),
            storm("exiting", "exit"),
            arm("memory limit", "exhaust", &[("kind", "memory")]),
            arm("descriptor limit", "exhaust", &[("kind", "descriptors")]),
        ])
        .primary(
            "unchanged",
            ("the system is the same after every storm of 100 crashes", "100번의 충돌 뒤에도 시스템은 그대로다"),
            always("crashing", "system_unchanged", 1.0),
        )
        .beside(
            "sibling's speed",
            ("a sibling works as fast beside crashes as beside exits", "충돌 곁에서도 정상 종료 곁에서와 같은 속도로 일한다"),
            ratio("crashing", "exiting", pace, Threshold::Within(0.9, 1.1)),
        )
        .beside(
            "memory limit",
            ("a program that wants all memory is stopped by its limit", "메모리를 다 쓰려는 프로그램은 한도에서 멈춘다"),
            always("memory limit", "stopped", 1.0),
        )
        .beside(
            "descriptor limit",
            ("so is one that wants all descriptors", "기술자를 다 쓰려는 프로그램도 마찬가지다"),
            all_of("descriptor limit", "stopped", "stopped"),
        )
        .done()
}
