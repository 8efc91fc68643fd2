//! A3: whether asynchronous code is more complex.

use super::s2::delays;
use super::shape::{claim as draft, counts};
use crate::model::{Claim, Heading, Rounds, Threshold, Topic};

pub fn claim() -> Claim {
    draft("A3", Topic::Asynchronous, Heading::Drawback, Rounds::Counted)
        .title("callbacks and async/await are complex", "callback, promise, async/await로 로직이 복잡")
        .says(
            "Asynchronous code uses callbacks, promises or async/await, which makes its logic more complex.",
            "비동기 방식은 callback, promise, async/await 같은 구조를 쓰므로 로직이 복잡해진다.",
        )
        .refuted_by("No measurement: see why.", "측정으로 반박할 수 없다. 이유를 보라.")
        .untestable(
            "complexity is a judgement of readers; nearest: the same job is bundled in four twins, to be read side by side, \
             and only the asynchronous ones have to put answers back in order",
            "복잡함은 읽는 사람의 판단이다. 가장 가까운 것: 같은 일을 하는 네 가지 소스가 들어 있어 나란히 읽을 수 있고, 비동기 쪽만 \
             응답의 순서를 되돌려야 한다",
        )
        .arms([delays("callbacks", "callbacks"), delays("async/await", "async"), delays("synchronous", "sync")])
        .primary(
            "answers to hold back",
            ("nearest: with callbacks, early answers have to be held back", "가장 가까운 물음: 콜백에서는 먼저 온 응답을 붙들어 두어야 한다"),
            counts("callbacks", "held_back_max", Threshold::AtLeast(1.0)),
        )
        .beside(
            "async/await",
            ("so they have with async/await", "async/await에서도 그렇다"),
            counts("async/await", "held_back_max", Threshold::AtLeast(1.0)),
        )
        .beside(
            "synchronous",
            ("synchronously none has to", "동기라면 그럴 일이 없다"),
            counts("synchronous", "held_back_max", Threshold::AtMost(0.0)),
        )
        .done()
}
