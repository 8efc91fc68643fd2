"""The BPF programs that a process holds, and what the kernel says of them, by bpf(2)."""

import ctypes
import os
import pathlib
import platform
import struct

NUMBER = {"x86_64": 321, "aarch64": 280}
PROG_GET_FD_BY_ID, OBJ_GET_INFO_BY_FD = 13, 15
INFO_BYTES = 232
XLATED_LENGTH, NAME, VERIFIED = 20, 64, 216
"""Offsets in the kernel's struct bpf_prog_info, which only grows at its end."""
INSTRUCTION = 8


def bpf(command, attributes):
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(attributes, 128)
    result = libc.syscall(NUMBER[platform.machine()], command, buffer, len(attributes))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def info(program_id):
    """Name, instructions as the verifier left them, and instructions that it looked at."""
    fd = bpf(PROG_GET_FD_BY_ID, struct.pack("III", program_id, 0, 0))
    try:
        buffer = ctypes.create_string_buffer(INFO_BYTES)
        bpf(OBJ_GET_INFO_BY_FD, struct.pack("IIQ", fd, INFO_BYTES, ctypes.addressof(buffer)))
    finally:
        os.close(fd)
    name = buffer.raw[NAME:NAME + 16].split(b"\0")[0].decode()
    length = struct.unpack_from("I", buffer.raw, XLATED_LENGTH)[0]
    return name, length // INSTRUCTION, struct.unpack_from("I", buffer.raw, VERIFIED)[0]


def ids(tgid):
    found = set()
    for entry in pathlib.Path(f"/proc/{tgid}/fdinfo").iterdir():
        try:
            lines = entry.read_text().splitlines()
        except OSError:
            continue
        found |= {int(line.split()[1]) for line in lines if line.startswith("prog_id:")}
    return found


def of_process(tgid):
    """Counts by name. The kernel keeps 15 characters of one; the second that is cut to the same gets a number."""
    counts = {}
    for name, left, verified in sorted(map(info, ids(tgid))):
        same = sum(known.split(" ")[0] == name for known in counts)
        counts[f"{name} {same + 1}" if same else name] = {"instructions": left, "verified": verified}
    return counts
