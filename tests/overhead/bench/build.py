"""Compiles the C programs, and writes what the build and the sqlite load work on, into one temporary folder."""

import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent.parent
BUILD_FILES = 40

MAKEFILE = """\
N ?= 40
OBJECTS := $(patsubst %,part%.o,$(shell seq 1 $(N)))
program$(N): $(OBJECTS) main.o
\t$(CC) -o $@ $^
%.o: %.c
\t$(CC) -O2 -c -o $@ $<
"""


def compile_all(folder):
    sources = sorted((HERE / "subjects").glob("*.c")) + [HERE / "floor.c"]
    for source in sources:
        static = ["-static"] if source.stem in ("nothing", "timed") else []
        target = folder / source.stem
        subprocess.run(["cc", "-O2", "-Wall", *static, "-pthread", "-o", target, source], check=True)
    write_project(folder / "project")


def write_project(folder):
    """A C project of ordinary shape: files that each include a few headers and have some dozens of functions."""
    folder.mkdir()
    (folder / "Makefile").write_text(MAKEFILE)
    (folder / "main.c").write_text("int main(void) { return 0; }\n")
    for part in range(1, BUILD_FILES + 1):
        lines = ["#include <stdio.h>", "#include <stdlib.h>", "#include <string.h>", "#include <pthread.h>", ""]
        for i in range(16):
            lines += [
                f"int part{part}_{i}(const char *text, int n)", "{",
                "\tchar line[64];", "\tint sum = 0;",
                f"\tfor (int k = 0; k < n; k++) sum += (int)strlen(text) * k % {i + 3};",
                f'\tsnprintf(line, sizeof(line), "%d of %s", sum, text);',
                "\treturn sum > 9 ? atoi(line) : sum;", "}", "",
            ]
        (folder / f"part{part}.c").write_text("\n".join(lines))


def write_sql(path, rows):
    """`rows` transactions of one insert each, and some queries. No fsync: the disk's time is not the subject."""
    lines = ["PRAGMA synchronous=OFF;", "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n INTEGER);"]
    for i in range(rows):
        lines.append(f"INSERT INTO t (name, n) VALUES ('name {i * 7919 % 10007}', {i * 31 % 1009});")
        if i % 100 == 99:
            lines.append(f"SELECT sum(n) FROM t WHERE name LIKE '%{i % 10}%';")
    path.write_text("\n".join(lines) + "\n")
