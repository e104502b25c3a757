#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails if two sources that a build compiles as one have helpers of the same name.

usage: tests/unity/check.py BUILD

Most such pairs do not compile. Functions with other parameters do, and then a call in one file may silently mean the
helper of another. Give one another name, or name its file in ALONE of the target."""
import pathlib
import re
import sys

HIDDEN = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.MULTILINE | re.DOTALL)
FUNCTION = re.compile(r"^(?:\[\[\w+\]\] )?(?!using|static_assert|struct|class|enum|return|template)[\w:][\w:<>,&*\[\] ]*?[ &*](\w+)\(", re.MULTILINE)


def helpers_of(source):
    return {name for hidden in HIDDEN.findall(source.read_text()) for name in FUNCTION.findall(hidden)}


def main():
    units = sorted(pathlib.Path(sys.argv[1]).rglob("Unity/unity_*.cxx"))
    wrong = 0
    for unit in units:
        seen = {}
        for source in map(pathlib.Path, re.findall(r'^#include "(.*)"', unit.read_text(), re.MULTILINE)):
            for name in sorted(helpers_of(source)):
                if name in seen:
                    wrong += 1
                    print(f"{source}: {name}() is a helper of {seen[name]} too, and both are compiled as one")
                seen.setdefault(name, source)
    print(f"{len(units)} times sources are compiled as one, {wrong} names twice")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
