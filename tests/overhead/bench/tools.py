"""The tools: how each is put around or beside a subject, what it counted, and what it says it lost."""

import dataclasses
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
from typing import Callable, Optional

from bench import machine

NUMBERS = {
    "x86_64": {"write": 1, "getppid": 110, "execve": 59, "clone3": 435},
    "aarch64": {"write": 64, "getppid": 173, "execve": 221, "clone3": 435},
}

COUNTED_ALL_THE_SAME = ("switches_unseen", "wakeups_unseen", "threads_summed_only")
"""osmeter's figures of what it did not see happen, or did not keep one by one, but which its totals hold."""


@dataclasses.dataclass(frozen=True)
class Counted:
    """What a tool's report says. None: it does not count that."""

    calls: Optional[int] = None
    stated_lost: Optional[int] = None


@dataclasses.dataclass(frozen=True)
class Tool:
    name: str
    about: str
    inside: Optional[Callable] = None
    """(inner command, output file) -> argv"""
    beside: Optional[Callable] = None
    """(subject, tgid) -> argv"""
    read: Callable = lambda subject, output: Counted()
    slow: bool = False
    needs: Callable = lambda: None
    """Why it cannot be used here, or None."""


def osmeter_tools(path, folder):
    def wrap(*options):
        return lambda inner, output: [str(path), "run", *options, "--format", "json", "-o", str(output), "--", *inner]

    def needs_least():
        done = subprocess.run([str(path), "run", "--help"], capture_output=True, text=True, check=False)
        return None if "--no-times" in done.stdout else "this osmeter has no --no-times"

    def floor(kind):
        return lambda subject, tgid: [str(folder / "floor"), kind]

    return [
        Tool("empty hooks", "floor: BPF programs that do nothing on four hooks", beside=floor("empty"), needs=root),
        Tool("clock hooks", "floor: BPF programs that only read the clock there", beside=floor("clock"), needs=root),
        Tool("osmeter", "the whole ledger", inside=wrap(), read=read_osmeter, needs=root),
        Tool("osmeter --no-times", "counting alone", inside=wrap("--no-times"), read=read_osmeter, needs=needs_least),
    ]


def read_osmeter(subject, output):
    profile = json.loads(output[: output.rindex("}") + 1])
    rows = profile["syscalls"]["calls"]
    calls = sum(row["calls"] for row in rows if row["name"] == subject.call)
    lost = sum(count for kind, count in profile["losses"].items() if kind not in COUNTED_ALL_THE_SAME)
    return Counted(calls if subject.call else None, lost)


def perf(*options):
    return lambda inner, output: ["perf", *options, "-o", str(output), "--", *inner]


def strace(inner, output):
    return ["strace", "-f", "-c", "-o", str(output), "--", *inner]


def read_perf_stat(subject, output):
    """perf stat counts all calls together, so nothing lost is told from it unless the sum is too small."""
    found = re.search(r"([\d,]+)\s+raw_syscalls:sys_enter", output)
    return Counted(int(found[1].replace(",", "")) if found else None)


def read_perf_trace(subject, output):
    lost = sum(map(int, re.findall(r"LOST (\d+) events", output)))
    return Counted(first_numbers(rf"^\s+{subject.call}\s+(\d+)\s", output) if subject.call else None, lost)


def read_strace(subject, output):
    if not subject.call:
        return Counted()
    # % time, seconds, usecs/call, calls, errors if any, name
    return Counted(first_numbers(rf"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?{subject.call}$", output))


def read_syscount(subject, output):
    return Counted(first_numbers(rf"^{subject.call}\s+(\d+)\s", output) if subject.call else None)


def read_bpftrace(subject, output):
    number = NUMBERS.get(platform.machine(), {}).get(subject.call)
    counted = first_numbers(rf"^@count\[{number}\]: (\d+)", output) if number is not None else None
    return Counted(counted, sum(map(int, re.findall(r"Lost (\d+) events", output))))


def first_numbers(pattern, output):
    return sum(map(int, re.findall(pattern, output, re.MULTILINE)))


BPFTRACE = """\
tracepoint:raw_syscalls:sys_enter /%(ours)s/ { @start[tid] = nsecs; }
tracepoint:raw_syscalls:sys_exit /@start[tid]/ {
  @count[args->id] = count(); @hist[args->id] = hist(nsecs - @start[tid]); delete(@start[tid]);
}
END { clear(@start); %(at_end)s }
"""
BPFTRACE_TREE = """\
BEGIN { @ours[%(tgid)d] = 1; }
tracepoint:sched:sched_process_fork /@ours[args->parent_pid]/ { @ours[args->child_pid] = 1; }
tracepoint:sched:sched_process_exit /@ours[tid]/ { delete(@ours[tid]); }
"""


def bpftrace(subject, tgid):
    """One process is filtered by its id, which is cheapest; a tree needs a map that follows its forks."""
    if subject.processes:
        program = BPFTRACE % {"ours": "@ours[tid]", "at_end": "clear(@ours);"} + BPFTRACE_TREE % {"tgid": tgid}
    else:
        program = BPFTRACE % {"ours": f"pid == {tgid}", "at_end": ""}
    return ["bpftrace", "-e", program]


def bcc(program, *options):
    """These filter by one process or not at all: for a tree they watch the machine."""
    return lambda subject, tgid: [program, *options, *([] if subject.processes else ["-p", str(tgid)])]


def root():
    return None if os.geteuid() == 0 else "it needs root"


def installed(program, package, tracefs=False):
    def reason():
        if not shutil.which(program):
            return f"{program} is not installed (apt-get install {package})"
        if tracefs and not machine.has_tracefs():
            return "no tracefs could be mounted"
        return root() if tracefs else None

    return reason


def table(osmeter, folder):
    has_perf, has_tracepoints = installed("perf", "linux-perf"), installed("perf", "linux-perf", tracefs=True)
    return osmeter_tools(pathlib.Path(osmeter), folder) + [
        Tool("perf stat", "default events", inside=perf("stat"), needs=has_perf),
        Tool("perf stat, switches", "-e context-switches", inside=perf("stat", "-e", "context-switches"),
             needs=has_perf),
        Tool("perf stat, two counts", "-e context-switches,raw_syscalls:sys_enter",
             inside=perf("stat", "-e", "context-switches,raw_syscalls:sys_enter"), read=read_perf_stat,
             needs=has_tracepoints),
        Tool("perf trace -s", "a summary of calls", inside=perf("trace", "-s"), read=read_perf_trace, slow=True,
             needs=has_tracepoints),
        Tool("strace -f -c", "counts by call", inside=strace, read=read_strace, slow=True,
             needs=installed("strace", "strace")),
        Tool("bpftrace", "count and histogram by call", beside=bpftrace, read=read_bpftrace,
             needs=installed("bpftrace", "bpftrace", tracefs=True)),
        Tool("syscount -L", "libbpf-tools: count and time by call", beside=bcc("syscount", "-L", "-T", "600"),
             read=read_syscount, needs=installed("syscount", "libbpf-tools", tracefs=True)),
        Tool("offcputime", "libbpf-tools: off-CPU time by stack", beside=bcc("offcputime"),
             needs=installed("offcputime", "libbpf-tools", tracefs=True)),
    ]
