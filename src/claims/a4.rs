//! A4: asynchronous code for I/O: HTTP (a), files (b), and not for work on the CPU (c).

use super::shape::{STILL_BUT_KERNEL, arm, claim as draft, slower};
use crate::model::{Claim, Heading, Threshold, Topic};

pub fn claim() -> Claim {
    let http = |name, client, connections, n| {
        let parameters = [("protocol", "http"), ("model", "tokio"), ("reuse", "yes"), ("client", client)];
        arm(name, "serve", &[&parameters[..], &[("connections", connections), ("n", n)]].concat())
    };
    let file = |name, by, cache, depth, n| arm(name, "fileio", &[("by", by), ("cache", cache), ("depth", depth), ("n", n), ("size", "8M")]);
    let cpu = |name, split| arm(name, "cpubound", &[("split", split), ("cpu", "two")]);
    let helps = Threshold::AtLeast(1.05);
    draft("A4", Topic::Asynchronous, Heading::Conclusion, STILL_BUT_KERNEL)
        .title("mostly for I/O: HTTP, files", "HTTP 요청, 파일 입출력 등 I/O 작업에 사용")
        .says(
            "Asynchronous code is mostly used for I/O, such as HTTP requests and files.",
            "비동기 방식은 주로 HTTP 요청이나 파일 입출력 같은 I/O 작업에 쓰인다.",
        )
        .refuted_by(
            "At 16 connections it is less than 1.05 times as fast as one request at a time; or it speeds CPU work as well.",
            "연결 16개에서 한 번에 하나씩 하는 것보다 1.05배도 빠르지 않거나, CPU 작업도 빠르게 할 때.",
        )
        .nuance(
            "It pays where there is something to wait for: many connections, a disk. A cached file gains nothing.",
            "기다릴 것이 있는 곳에서 이득이 있다. 많은 연결, 디스크가 그렇다. 캐시에 있는 파일은 얻는 것이 없다.",
        )
        .arms([
            http("HTTP one at a time", "sync", "16", "800"),
            http("HTTP, 1 connection", "async", "1", "800"),
            http("HTTP, 16 connections", "async", "16", "800"),
            http("HTTP, 128 connections", "async", "128", "1600"),
            file("disk one at a time", "pread", "direct", "1", "300"),
            file("disk, 16 queued", "io_uring", "direct", "16", "600"),
            file("cached one at a time", "pread", "cached", "1", "5k"),
            file("cached, 16 queued", "io_uring", "cached", "16", "5k"),
            cpu("CPU work", "none"),
            cpu("CPU work, async", "async"),
        ])
        .primary(
            "a: HTTP",
            ("one request at a time against 16 at once", "16개 동시와 견준 한 번에 하나"),
            slower("HTTP one at a time", "HTTP, 16 connections", helps),
        )
        .part(
            "b: files",
            ("reads from the disk, one at a time against 16 queued", "디스크 읽기, 16개 대기열과 견준 한 번에 하나"),
            slower("disk one at a time", "disk, 16 queued", helps),
        )
        .control(
            "c: not for the CPU",
            ("work on the CPU gains nothing from being async", "CPU 작업은 비동기로 얻는 것이 없다"),
            slower("CPU work", "CPU work, async", Threshold::AtMost(1.05)),
        )
        .beside(
            "a: 1 connection",
            ("one connection: one request at a time against async", "연결 하나: 비동기와 견준 한 번에 하나"),
            slower("HTTP one at a time", "HTTP, 1 connection", helps),
        )
        .beside(
            "a: 128 connections",
            ("one request at a time against 128 at once", "128개 동시와 견준 한 번에 하나"),
            slower("HTTP one at a time", "HTTP, 128 connections", helps),
        )
        .beside(
            "b: cached",
            ("reads from the cache, one at a time against 16 queued", "캐시 읽기, 16개 대기열과 견준 한 번에 하나"),
            slower("cached one at a time", "cached, 16 queued", helps),
        )
        .done()
}
