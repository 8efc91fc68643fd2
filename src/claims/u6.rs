//! U6: the kernel checks what it is asked for.

use super::shape::{all_of, arm, claim as draft, counts};
use crate::model::{Claim, Heading, Rounds, Threshold, Topic};

pub fn claim() -> Claim {
    draft("U6", Topic::UserMode, Heading::Advantage, Rounds::Counted)
        .title("the kernel checks requests", "커널이 요청을 검사함")
        .says(
            "The kernel can check every request: who asks, and for what.",
            "커널은 요청마다 누가 무엇을 부탁하는지 검사할 수 있다.",
        )
        .refuted_by(
            "A request that is wrong by itself is granted, or one that needs a right is granted to nobody.",
            "그 자체로 잘못된 요청이 받아들여지거나, 권한이 필요한 요청이 nobody에게 허용될 때.",
        )
        .nuance(
            "Two checks: authorisation (EPERM, EACCES: who asks) and validation (EFAULT, EBADF, EINVAL: what is asked). \
             Authentication, who somebody is, is done by user programs.",
            "검사는 둘이다. 권한 검사(EPERM, EACCES: 누가)와 유효성 검사(EFAULT, EBADF, EINVAL: 무엇을). 누구인지 확인하는 인증은 유저 \
             프로그램이 한다.",
        )
        .arms([arm("requests", "requests", &[])])
        .primary(
            "what is asked",
            ("every wrong request is refused", "잘못된 요청은 모두 거절된다"),
            all_of("requests", "nobody_wrong_refused", "wrong"),
        )
        .part(
            "who asks",
            ("ten and more requests are refused to nobody", "열 가지가 넘는 요청이 nobody에게 거절된다"),
            counts("requests", "nobody_refused", Threshold::AtLeast(10.0)),
        )
        .beside(
            "root is checked as well",
            ("the wrong ones are refused to root too", "잘못된 요청은 root에게도 거절된다"),
            all_of("requests", "root_wrong_refused", "wrong"),
        )
        .beside(
            "by the right alone",
            ("ten and more are refused to nobody only, not to root", "열 가지가 넘는 요청이 root에게는 되고 nobody에게만 거절된다"),
            counts("requests", "refused_to_nobody_only", Threshold::AtLeast(10.0)),
        )
        .done()
}
