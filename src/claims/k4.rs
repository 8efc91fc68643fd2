//! K4: what is gained by moving work into the kernel, or by tuning it.

use super::shape::{STILL_BUT_KERNEL, arm, claim as draft, heavy, slower};
use crate::model::{Claim, Heading, Threshold, Topic};

pub fn claim() -> Claim {
    let copy = |name, by, to| arm(name, "copy", &[("by", by), ("to", to), ("size", "32M")]);
    let fork = |name, thp| heavy(arm(name, "create", &[("kind", "fork"), ("rss", "1G"), ("thp", thp), ("n", "3")]));
    let gains = Threshold::AtLeast(1.05);
    draft("K4", Topic::KernelMode, Heading::Advantage, STILL_BUT_KERNEL)
        .title("the kernel can be tuned for speed", "커널 튜닝으로 성능을 끌어올림")
        .says(
            "Those who know the kernel can make things faster by fine-tuning it.",
            "커널을 아는 개발자라면 세밀한 조정으로 성능을 끌어올릴 수 있다.",
        )
        .refuted_by(
            "Sending a file by one call inside the kernel is less than 1.05 times as fast as by read and write.",
            "커널 안에서 한 번에 보내는 방법이 read와 write보다 1.05배도 빠르지 않을 때.",
        )
        .nuance(
            "Here by asking the kernel for another way (sendfile, huge pages), not by changing it; some ways gain nothing.",
            "여기서는 커널을 고치지 않고 다른 길(sendfile, 큰 페이지)을 부탁했을 뿐이며, 이득이 없는 길도 있다.",
        )
        .arms([
            copy("read and write", "readwrite", "socket"),
            copy("sendfile", "sendfile", "socket"),
            copy("splice", "splice", "socket"),
            copy("file: read and write", "readwrite", "file"),
            copy("file: copy_file_range", "copy_file_range", "file"),
            copy("file: io_uring", "io_uring", "file"),
            fork("fork of 1 GB", "no"),
            fork("fork of 1 GB in huge pages", "yes"),
        ])
        .primary(
            "sendfile",
            ("read and write against sendfile, to a socket", "sendfile과 견준 read와 write, 소켓으로"),
            slower("read and write", "sendfile", gains),
        )
        .beside(
            "splice",
            ("read and write against splice, to a socket", "splice와 견준 read와 write, 소켓으로"),
            slower("read and write", "splice", gains),
        )
        .beside(
            "copy_file_range",
            ("read and write against copy_file_range, to a file", "copy_file_range와 견준 read와 write, 파일로"),
            slower("file: read and write", "file: copy_file_range", gains),
        )
        .beside(
            "io_uring",
            ("read and write against io_uring, to a file", "io_uring과 견준 read와 write, 파일로"),
            slower("file: read and write", "file: io_uring", gains),
        )
        .beside(
            "huge pages",
            ("fork of 1 GB against the same in huge pages", "큰 페이지와 견준 1 GB 프로세스의 fork"),
            slower("fork of 1 GB", "fork of 1 GB in huge pages", gains),
        )
        .done()
}
