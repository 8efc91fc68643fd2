"""One run: a subject bare, inside a tool, or beside one; what it took and what the tool used."""

import dataclasses
import os
import pathlib
import signal
import subprocess
import threading
import time
from typing import Optional

from bench import machine

SETTLE = 0.05
"""Seconds between runs: the kernel takes down a tool's hooks a moment after the tool has ended."""
READY_WITHIN = 20.0
STEADY = 0.25


class Failed(Exception):
    """A run that gives no figure, and why."""


@dataclasses.dataclass
class Usage:
    """A line of `timed`."""

    elapsed_ns: int
    cpu_ns: int
    voluntary: int
    involuntary: int
    peak_kib: int
    status: int
    timed_cpu_ns: int
    timed_switches: int


@dataclasses.dataclass
class Measured:
    subject: Usage
    tool_cpu_ns: Optional[int] = None
    tool_peak_kib: Optional[int] = None
    tool_peak_is_bound: bool = False
    """The subject was larger: the tool's own peak is at most that."""
    whole_ns: Optional[int] = None
    """From the tool's start to its end."""
    output: str = ""


def usage(path):
    try:
        return Usage(*map(int, path.read_text().split()))
    except (OSError, TypeError, ValueError):
        raise Failed("it ended without a reading") from None


class Bench:
    """Where runs happen: a folder with the compiled programs, and the longest that a run may take."""

    def __init__(self, folder, bound):
        self.folder = pathlib.Path(folder)
        self.bound = bound
        self.inner = self.folder / "inner.timed"
        self.outer = self.folder / "outer.timed"
        self.output = self.folder / "tool.out"
        self.messages = self.folder / "tool.err"

    def timed(self, report, command, *gate):
        return [str(self.folder / "timed"), str(report), *gate, "--", *map(str, command)]

    def clear(self):
        time.sleep(SETTLE)
        for old in (self.inner, self.outer, self.output, self.messages):
            old.unlink(missing_ok=True)

    def bare(self, command):
        self.clear()
        with Group(self.timed(self.inner, command), self.bound) as group:
            group.wait()
        return Measured(checked(usage(self.inner)))

    def inside(self, wrap, command, watch=None):
        """`wrap(inner command, output file)` is the tool's command line. `watch(group)` is called while it runs."""
        self.clear()
        whole = self.timed(self.outer, wrap(self.timed(self.inner, command), self.output))
        with open(self.messages, "wb") as messages, Group(whole, self.bound, stderr=messages) as group:
            if watch:
                watch(group)
            group.wait()
        subject, tool = checked(usage(self.inner)), usage(self.outer)
        return Measured(
            subject,
            tool_cpu_ns=max(0, tool.cpu_ns - subject.cpu_ns - subject.timed_cpu_ns),
            tool_peak_kib=tool.peak_kib,
            tool_peak_is_bound=tool.peak_kib <= subject.peak_kib,
            whole_ns=tool.elapsed_ns,
            output=self.read_output(),
        )

    def beside(self, tool_command, command):
        """`tool_command(tgid)` is a tool that is told a process; the subject waits until its hooks are there."""
        self.clear()
        gated = self.timed(self.inner, command, "gate")
        with Group(gated, self.bound, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as subject:
            tgid = int(subject.process.stdout.readline())
            tool = self.timed(self.outer, tool_command(tgid))
            with open(self.output, "wb") as out, open(self.messages, "wb") as messages:
                with Group(tool, self.bound, stdin=subprocess.PIPE, stdout=out, stderr=messages) as group:
                    await_hooks(group)
                    subject.process.stdin.write(b"g")
                    subject.process.stdin.close()
                    subject.wait()
                    group.process.stdin.close()
                    os.killpg(group.process.pid, signal.SIGINT)
                    group.wait()
        tool = usage(self.outer)
        subject = checked(usage(self.inner))
        return Measured(subject, tool.cpu_ns, tool.peak_kib, False, tool.elapsed_ns, self.read_output())

    def read_output(self):
        parts = [path.read_text(errors="replace") for path in (self.output, self.messages) if path.exists()]
        return "\n".join(parts)


class Group:
    """A process group that ends with this block, or when its time is up."""

    def __init__(self, command, bound, **streams):
        for stream in ("stdin", "stdout", "stderr"):
            streams.setdefault(stream, subprocess.DEVNULL)
        self.bound = bound
        self.late = False
        self.process = subprocess.Popen(command, start_new_session=True, preexec_fn=machine.die_with_parent, **streams)

    def __enter__(self):
        self.timer = threading.Timer(self.bound, self.time_is_up)
        self.timer.start()
        return self

    def __exit__(self, *_):
        self.timer.cancel()
        self.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()

    def time_is_up(self):
        self.late = True
        self.kill()

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)

    def wait(self):
        self.process.wait()
        if self.late:
            raise Failed(f"over {self.bound:.0f} s")


def checked(used):
    if used.status != 0:
        raise Failed(f"the subject failed with wait status {used.status}")
    return used


def tool_of(group):
    """The process that `timed` has started, or None."""
    try:
        text = pathlib.Path(f"/proc/{group.process.pid}/task/{group.process.pid}/children").read_text()
    except OSError:
        return None
    return int(text.split()[0]) if text.split() else None


def hooks(tgid):
    """How many perf events and BPF links a process holds."""
    count = 0
    for fd in pathlib.Path(f"/proc/{tgid}/fd").iterdir():
        try:
            what = os.readlink(fd)
        except OSError:
            continue
        count += "perf_event" in what or "bpf_link" in what or "bpf-link" in what or "bpf-raw-tracepoint" in what
    return count


def await_hooks(group):
    """A tool is ready when it holds hooks and has taken no more for a while."""
    deadline = time.monotonic() + READY_WITHIN
    seen, since = 0, time.monotonic()
    while time.monotonic() < deadline:
        if group.process.poll() is not None:
            raise Failed("the tool ended before its hooks were there")
        try:
            tool = tool_of(group)
            now = hooks(tool) if tool else 0
        except OSError:
            now = 0
        if now != seen:
            seen, since = now, time.monotonic()
        elif seen and time.monotonic() - since > STEADY:
            return
        time.sleep(0.02)
    raise Failed(f"no hooks within {READY_WITHIN:.0f} s")
