"""What a tool's BPF maps hold in the kernel, which no process's memory shows."""

import dataclasses
import json
import pathlib
import shutil
import subprocess
import time

from bench import timing


@dataclasses.dataclass(frozen=True)
class Map:
    name: str
    kind: str
    entries: int
    value_bytes: int
    bytes: int


def of_process(tgid):
    """Maps by id that a process holds, from its descriptors; names from bpftool where it is there."""
    found = {}
    for entry in pathlib.Path(f"/proc/{tgid}/fdinfo").iterdir():
        try:
            fields = dict(line.split(":", 1) for line in entry.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        if "map_id" in fields and "map_type" in fields:
            numbers = ("map_id", "max_entries", "value_size", "memlock")
            number = {name: int(fields[name].split()[0], 0) for name in numbers}
            found[number["map_id"]] = Map(
                names().get(number["map_id"], "?"), fields["map_type"].strip(), number["max_entries"],
                number["value_size"], number["memlock"],
            )
    return found


def names():
    if not shutil.which("bpftool"):
        return {}
    done = subprocess.run(["bpftool", "-j", "map", "show"], capture_output=True, text=True, check=False)
    try:
        return {one["id"]: one.get("name", "?") for one in json.loads(done.stdout or "[]")}
    except ValueError:
        return {}


def watch(found, every=0.15):
    """For Bench.inside: puts the tool's maps into `found`, if the run lasts long enough to see them all: two looks that
    find the same ones."""

    def look(group):
        before = {}
        while group.process.poll() is None:
            time.sleep(every)
            tool = timing.tool_of(group)
            try:
                now = of_process(tool) if tool else {}
            except OSError:
                return  # it has just ended
            if now and now.keys() == before.keys():
                found.clear()
                found.update(now)
                return
            before = now

    return look
