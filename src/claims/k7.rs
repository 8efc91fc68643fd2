//! K7: what a bug in the kernel does.

use super::k3::guest;
use super::shape::{always, claim as draft};
use crate::model::{Claim, Heading, Rounds, Topic};

pub fn claim() -> Claim {
    draft("K7", Topic::KernelMode, Heading::Drawback, Rounds::Few)
        .title("a kernel bug brings the system down", "커널의 버그는 전체 OS를 다운시킬 수 있음")
        .says(
            "A bug in the kernel can bring the whole operating system down.",
            "커널의 버그나 에러는 전체 OS를 다운시킬 위험이 있다.",
        )
        .refuted_by(
            "In a throwaway guest the heartbeat goes on after the kernel faults.",
            "버리는 가상 머신에서 커널에 폴트가 난 뒤에도 심장 박동이 이어질 때.",
        )
        .nuance(
            "The kernel survives many of its own faults (an oops ends the task that was in it) unless told to panic.",
            "패닉하도록 정하지 않았다면 커널은 제 폴트를 견디기도 한다(oops는 그때 커널에 있던 작업만 끝낸다).",
        )
        .arms([guest("a fault in the kernel", "kernel-fault"), guest("a fault in user mode", "user-fault")])
        .primary(
            "kernel fault",
            ("after a fault in the kernel the guest's heartbeat stops", "커널의 폴트 뒤 심장 박동이 멎는다"),
            always("a fault in the kernel", "beats_after", 0.0),
        )
        .control(
            "user fault",
            ("after a fault in user mode it goes on", "유저 모드의 폴트 뒤에는 이어진다"),
            always("a fault in user mode", "beating_after", 1.0),
        )
        .done()
}
