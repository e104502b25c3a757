#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails where docs/conformance.md has not each duty once, or names a file or a test that is not there.

usage: conformance.py ROOT"""
import pathlib
import re
import sys

DUTIES = 75
STATES = ("done", "in part: ", "not done: ")
ROW = re.compile(r"^\| (\d+) \| (.*) \|$", re.MULTILINE)
SHOWN = re.compile(r'`([^`]+)`: (?:"([^"]+)"|(test_\w+))')


def cases_of(path):
    """The names of the tests in a file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return set(re.findall(r"^ +def (test_\w+)\(", text, re.MULTILINE))
    joined = re.sub(r'"\s*\n\s*"', "", text)
    return {name.replace('\\"', '"') for name in re.findall(r'TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"', joined)}


def problems_of_row(root, number, cells):
    if len(cells) != 5:
        yield f"has {len(cells) + 1} columns"
        return
    duty, clause, state, where, shown = cells
    if not duty or not clause:
        yield "has no duty, or no clause"
    if not state.startswith(STATES):
        yield f"the state begins with none of {STATES}"
    if not state.startswith("not done") and not (where and shown):
        yield "is done, and not said where, or not shown"
    for name in re.findall(r"`([^`]+)`", where):
        if not (root / name).exists():
            yield f"there is no {name}"
    if re.sub(r"; ", "", SHOWN.sub("", shown)):
        yield f"is not `FILE`: \"TEST\" or test_NAME: {SHOWN.sub('', shown)}"
    for name, case, method in SHOWN.findall(shown):
        if not (root / name).is_file():
            yield f"there is no {name}"
        elif (case or method) not in cases_of(root / name):
            yield f"{name} has no test \"{case or method}\""


def main(root):
    rows = [(int(number), [cell.strip() for cell in cells.split("|")])
            for number, cells in ROW.findall((root / "docs/conformance.md").read_text(encoding="utf-8"))]
    numbers = [number for number, _ in rows]
    problems = [f"{number}: stands {numbers.count(number)} times"
                for number in range(1, DUTIES + 1) if numbers.count(number) != 1]
    problems += [f"{number}: there is no such duty" for number in numbers if not 1 <= number <= DUTIES]
    problems += [f"{number}: {problem}" for number, cells in rows for problem in problems_of_row(root, number, cells)]
    print("\n".join(f"docs/conformance.md: duty {problem}" for problem in problems)
          or f"{DUTIES} duties, and each file and test that is named is there")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
