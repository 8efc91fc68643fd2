//! U7: whether a program can spoil another's memory.

use super::shape::{always, arm, claim as draft};
use crate::model::{Claim, Heading, Rounds, Topic};

pub fn claim() -> Claim {
    let isolation = |name, kind| arm(name, "isolation", &[("kind", kind)]);
    draft("U7", Topic::UserMode, Heading::Advantage, Rounds::Counted)
        .title("cannot spoil another program's memory", "다른 애플리케이션의 메모리를 오염시키지 않음")
        .says(
            "A program never spoils the memory of another one.",
            "한 프로그램이 다른 프로그램의 메모리를 오염시킬 일이 없다.",
        )
        .refuted_by(
            "A child's writes reach its parent, or the kernel writes there for a process that may, or may not, ask it to.",
            "자식이 쓴 것이 부모에 닿거나, 권한이 있든 없든 부탁받은 커널이 남의 메모리에 쓸 때.",
        )
        .nuance(
            "Not by its own stores; but the kernel writes there for whoever has the permission (a debugger, root).",
            "자기 명령으로는 못 한다. 그러나 권한이 있는 쪽(디버거, root)이 부탁하면 커널이 대신 쓴다.",
        )
        .arms([
            isolation("own stores", "store"),
            isolation("a thread's stores", "thread_store"),
            isolation("without permission", "denied"),
            isolation("with permission", "permitted"),
        ])
        .primary(
            "own stores",
            ("a child writes all of its memory, its parent's is unchanged", "자식이 제 메모리를 다 써도 부모의 것은 그대로다"),
            always("own stores", "unchanged", 1.0),
        )
        .part(
            "without permission",
            ("asked without permission, the kernel refuses", "권한 없이 부탁하면 커널이 거절한다"),
            always("without permission", "written", 0.0),
        )
        .part(
            "with permission",
            ("asked with permission, it refuses too", "권한이 있어도 거절한다"),
            always("with permission", "written", 0.0),
        )
        .control(
            "threads",
            ("a thread's stores do reach its process", "스레드가 쓴 것은 제 프로세스에 닿는다"),
            always("a thread's stores", "unchanged", 0.0),
        )
        .done()
}
