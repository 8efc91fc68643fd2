"""The machine: its one line, what is installed, and a mount namespace of our own."""

import ctypes
import datetime
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys

MARK = "OSMETER_OVERHEAD_NAMESPACE"


def enter_namespace():
    """perf's and bpftrace's tracepoints need tracefs. It is mounted where only this run sees it, and goes with it."""
    if os.environ.get(MARK) or os.geteuid() != 0 or not shutil.which("unshare"):
        if os.environ.pop(MARK, None):
            mount_tracefs()
        return
    os.environ[MARK] = "1"
    os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, *sys.argv])


def mount_tracefs():
    if not pathlib.Path("/sys/kernel/tracing/events").exists():
        subprocess.run(["mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"], check=False)


def has_tracefs():
    return pathlib.Path("/sys/kernel/tracing/events/raw_syscalls").exists()


def die_with_parent():
    """For preexec_fn: a child does not outlive a benchmark that is killed."""
    ctypes.CDLL(None).prctl(1, 9)


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return None
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else None


def cpu_model():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def describe():
    """Date, machine and state, in one line."""
    release = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    virtual = "virtual machine" if "hypervisor" in pathlib.Path("/proc/cpuinfo").read_text() else "no hypervisor seen"
    gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return (
        f"{datetime.date.today().isoformat()}, {cpu_model()}, {os.cpu_count()} CPUs, {gib:.0f} GiB, {virtual}, "
        f"{release}, Linux {platform.release()}, load {os.getloadavg()[0]:.1f} at the start"
    )


def versions(osmeter):
    asked = [
        (str(osmeter), "--version"), ("perf", "--version"), ("strace", "-V"), ("bpftrace", "--version"),
        ("syscount", "-V"),
    ]
    found = [first_line(*command) for command in asked]
    return ", ".join(text for text in found if text)


def others_programs():
    """BPF programs on tracing hooks that others have loaded: they are in every figure. None if it cannot be told."""
    if not shutil.which("bpftool"):
        return None
    done = subprocess.run(["bpftool", "-j", "prog", "show"], capture_output=True, text=True, check=False)
    try:
        kinds = [program.get("type") for program in json.loads(done.stdout or "[]")]
    except ValueError:
        return None
    return sum(kind in ("tracing", "raw_tracepoint", "tracepoint", "kprobe", "perf_event") for kind in kinds)
