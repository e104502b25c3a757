#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails if two sources that a build compiles as one have helpers of the same name, or if a source is compiled nowhere.

usage: tests/unity/check.py BUILD

Most such pairs do not compile. Functions with other parameters do, and then a call in one file may silently mean the
helper of another. Give one another name, or let a test's file have a namespace of its name, or name its file in ALONE of the target."""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOM = re.compile(r"^namespace (msggw[\w:]*) \{$", re.MULTILINE)
HIDDEN = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.MULTILINE | re.DOTALL)
FUNCTION = re.compile(r"^(?:\[\[\w+\]\] )?(?!using|static_assert|struct|class|enum|return|template)[\w:][\w:<>,&*\[\] ]*?[ &*](\w+)\(", re.MULTILINE)


def helpers_of(source):
    """With the namespace around them: where that is another, so are they."""
    text = source.read_text()
    around = ROOM.search(text)
    return {(around and around[1], name) for hidden in HIDDEN.findall(text) for name in FUNCTION.findall(hidden)}


def sources_of(unit):
    return map(pathlib.Path, re.findall(r'^#include "(.*)"', unit.read_text(), re.MULTILINE))


def left_out(build, units):
    """Sources of the tree that no list names: a test that was forgotten fails never."""
    built = {pathlib.Path(entry["file"]) for entry in json.loads((build / "compile_commands.json").read_text())}
    built.update(source for unit in units for source in sources_of(unit))
    return [source for room in ("adapters", "gateway", "provisioning", "storage", "tests")
            for source in sorted((ROOT / room).rglob("*.cc")) if source not in built]


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    units = sorted(build.rglob("Unity/unity_*.cxx"))
    wrong = 0
    for unit in units:
        seen = {}
        for source in sources_of(unit):
            for name in sorted(helpers_of(source), key=str):
                if name in seen:
                    wrong += 1
                    print(f"{source}: {name[1]}() is a helper of {seen[name]} too, and both are compiled as one")
                seen.setdefault(name, source)
    forgotten = left_out(build, units)
    for source in forgotten:
        print(f"{source.relative_to(ROOT)}: no CMakeLists.txt has it in its SOURCES")
    print(f"{len(units)} times sources are compiled as one, {wrong} names twice, {len(forgotten)} sources forgotten")
    return 1 if wrong or forgotten else 0


if __name__ == "__main__":
    sys.exit(main())
