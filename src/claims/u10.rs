//! U10: user mode and low latency.

use super::shape::{STILL, arm, claim as draft, level, measure, ratio};
use crate::model::{Claim, Heading, Scale, Threshold, Topic};

/// The budget against which lateness is judged here: 100 us, a tenth of a 1 kHz control loop's period.
const BUDGET_NS: f64 = 100_000.0;

pub fn claim() -> Claim {
    let timers = |name, policy, load, by| arm(name, "timers", &[("policy", policy), ("load", load), ("by", by), ("n", "30")]);
    let within = |arm: &str| level(arm, measure("p50_ns"), Threshold::AtMost(BUDGET_NS), Scale::Ns);
    draft("U10", Topic::UserMode, Heading::Drawback, STILL)
        .title("unfit where low latency is needed", "저지연이 필요한 경우 부적합")
        .says(
            "User mode does not suit work that needs low latency.",
            "낮은 지연이 필요한 실행 환경에는 유저 모드가 적합하지 않다.",
        )
        .refuted_by("No measurement: see why.", "측정으로 반박할 수 없다. 이유를 보라.")
        .untestable(
            "'low' means nothing without a budget; against a stated one (100 us) it is a matter of policy, load and waiting",
            "예산 없는 '저지연'은 뜻이 없다. 정한 예산(100 us)에 견주면 스케줄링 정책, 부하, 기다리는 방법의 문제다",
        )
        .nuance(
            "Polling shared memory passes a word between CPUs in user mode in well under a microsecond, at the price of a \
             whole CPU.",
            "공유 메모리를 계속 들여다보면 유저 모드에서도 1 us가 안 되어 CPU 사이에 값을 넘긴다. 대신 CPU 하나를 다 쓴다.",
        )
        .arms([
            timers("idle CPU", "other", "idle", "sleep"),
            timers("busy CPU", "other", "spinner", "sleep"),
            timers("busy CPU, real-time", "fifo", "spinner", "sleep"),
            arm("polling", "polling", &[("by", "poll")]),
            arm("waking", "polling", &[("by", "futex"), ("n", "2k")]),
        ])
        .primary(
            "idle CPU",
            ("nearest: half of the timers on an idle CPU come within 100 us", "가장 가까운 물음: 한가한 CPU에서 타이머 절반이 100 us 안에 온다"),
            within("idle CPU"),
        )
        .beside("busy CPU", ("the same on a busy CPU", "바쁜 CPU에서"), within("busy CPU"))
        .beside(
            "real-time policy",
            ("the same on a busy CPU under SCHED_FIFO", "바쁜 CPU에서 SCHED_FIFO로"),
            within("busy CPU, real-time"),
        )
        .beside(
            "polling",
            ("a round trip by polling against one by waking", "깨우기와 견준 폴링 왕복"),
            ratio("waking", "polling", measure("p50_ns"), Threshold::AtLeast(2.0)),
        )
        .done()
}
