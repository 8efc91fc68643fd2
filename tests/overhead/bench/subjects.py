"""The subjects: what is run bare and under each tool, how many events it has, and a count that is known beforehand."""

import dataclasses
import os
import shutil
from typing import Callable, Optional

from bench import build


@dataclasses.dataclass(frozen=True)
class Subject:
    name: str
    about: str
    count: int
    """How often its unit is done, in full."""
    event: str
    """What one event is, in words."""
    events: int
    """Events a unit has."""
    command: Callable
    """(folder, count) -> argv; prepares what the run needs."""
    slow_divisor: int
    """Tools that stop the program at every call get the count divided by this."""
    call: Optional[str] = None
    """A system call that it makes a known number of times …"""
    calls: int = 0
    """… in each unit, at least."""
    processes: bool = False
    """Whether it has more than one process."""

    def slow_count(self, count):
        return max(1, count // self.slow_divisor)

    def truth(self, count):
        return count * self.calls if self.call else None


def dd(_, count):
    return ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", f"count={count}"]


def own(program, *rest):
    def command(folder, count):
        return [str(folder / program), str(count), *(str(one(folder) if callable(one) else one) for one in rest)]

    return command


def two_cpus():
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[min(1, len(allowed) - 1)]


def make(folder, count):
    project = folder / "project"
    for old in list(project.glob("*.o")) + list(project.glob("program*")):
        old.unlink()
    return ["make", "-s", "-j2", "-C", str(project), f"N={count}"]


def sqlite(folder, count):
    script, database = folder / f"load{count}.sql", folder / "load.db"
    if not script.exists():
        build.write_sql(script, count)
    for old in folder.glob("load.db*"):
        old.unlink()
    return ["sqlite3", str(database), f".read {script}"]


def table():
    a, b = two_cpus()
    return [
        Subject("dd", "dd bs=1: read and write of one byte", 500_000, "call", 2, dd, 50, "write", 1),
        Subject("getppid", "a loop of the cheapest call", 2_000_000, "call", 1, own("getppid"), 100, "getppid", 1),
        Subject("pingpong-1", "a byte to and fro between two threads on one CPU", 60_000, "switch and its 2 calls", 2,
                own("pingpong", a, a), 20, "write", 2),
        Subject("pingpong-2", "the same across two CPUs", 30_000, "switch and its 2 calls", 2,
                own("pingpong", a, b), 20, "write", 2),
        Subject("processes", "short processes, one after the other", 10_000, "process", 1,
                own("processes", lambda folder: folder / "nothing"), 50, "execve", 1, True),
        Subject("threads", "short threads, 8 at a time", 10_000, "thread", 1, own("threads", 8), 20, "clone3", 1),
        Subject("lock", "a lock fought over by 8 threads", 2_000_000, "taking of the lock", 1, own("lock", 8), 20),
        Subject("build", "make -j2 of a C project", build.BUILD_FILES, "file", 1, make, 10, None, 0, True),
        Subject("sqlite", "sqlite3: transactions of one insert", 5_000, "transaction", 1, sqlite, 20),
    ]


def missing(subject):
    """Why a subject cannot be run here, or None."""
    needs = {"dd": "dd", "build": "make", "sqlite": "sqlite3"}.get(subject.name)
    if needs and not shutil.which(needs):
        return f"{needs} is not installed"
    if subject.name == "pingpong-2" and len(os.sched_getaffinity(0)) < 2:
        return "it needs two CPUs"
    return None
