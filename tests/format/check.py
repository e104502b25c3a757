#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on C++ files that clang-format 19 would change, and on what it leaves alone but nobody can read.

usage: check.py [--fix] ROOT    --fix: let clang-format change the files"""
import pathlib
import re
import subprocess
import sys

CLANG_FORMAT = "clang-format-19"
TOPS = ("gateway", "adapters", "provisioning", "storage", "tests")
COLUMNS = 100
LINES = 400  # of a file: what is longer is two things
TABLE_ROW = re.compile(r"^\s*//[/!]?<? *\|")  # a row of a table in a comment may be as wide as it must
# `int limit =\n    5;  ///< a long comment`: shorten the comment, or put it above.
SPLIT = re.compile(r"^[^/\n]*[^/=<>!\n]=\n\s+[^/\n]*; +//.*$", re.MULTILINE)


def format_problems(root, files, fix):
    arguments = ["-i"] if fix else ["--dry-run", "-Werror", "--ferror-limit=1"]
    halves = [files[::2], files[1::2]]
    runs = [subprocess.Popen([CLANG_FORMAT, *arguments, *map(str, half)], cwd=root, stderr=subprocess.PIPE, text=True)
            for half in halves]
    for run in runs:
        _, errors = run.communicate()
        if run.returncode != 0:
            yield errors + "tests/format/check.py --fix . mends this"


def problems_of(name, text):
    if text.count("\n") > LINES:
        yield f"{name}: {text.count(chr(10))} lines, at most {LINES}"
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > COLUMNS and line.lstrip().startswith("//") and not TABLE_ROW.match(line):
            yield f"{name}:{number}: a comment of {len(line)} columns, at most {COLUMNS}"
    for found in SPLIT.finditer(text):
        number = text.count("\n", 0, found.start()) + 1
        yield f"{name}:{number}: an initialiser on a line of its own, because of the comment behind it"


def main(arguments):
    fix = "--fix" in arguments
    root = pathlib.Path(next((a for a in arguments if not a.startswith("-")), "."))
    files = sorted(p.relative_to(root) for top in TOPS for p in (root / top).rglob("*") if p.suffix in (".h", ".cc"))
    problems = list(format_problems(root, files, fix))
    for path in files:
        problems += problems_of(path.as_posix(), (root / path).read_text(encoding="utf-8"))
    print("\n".join(problems) if problems else f"{len(files)} files are formatted")
    return 1 if problems or len(files) < 50 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
