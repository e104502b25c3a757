#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on a source file that does not begin with its licence (a script: behind its `#!` line).

usage: check.py [--fix] ROOT    --fix: put the line into the files that have none"""
import pathlib
import re
import sys

LICENCE = "SPDX-License-Identifier: Apache-2.0"
TOPS = ("gateway", "adapters", "provisioning", "storage", "tests", "etc", ".ci")
SKIPPED = ("tests/fuzz/corpus/",)
# What a file begins with, behind `#!`: by the end of its name, or by `#!` where its name has none.
COMMENTS = {".h": "// ", ".cc": "// ", ".js": "// ", ".py": "# ", ".pl": "# "}


def comment_of(path, text):
    return COMMENTS.get(path.suffix) or ("# " if text.startswith("#!") else None)


def with_licence(text, comment):
    shebang = re.match(r"#!.*\n", text)
    at = shebang.end() if shebang else 0
    return text[:at] + f"{comment}{LICENCE}\n" + text[at:]


def main(arguments):
    fix = "--fix" in arguments
    root = pathlib.Path(next((a for a in arguments if not a.startswith("-")), "."))
    seen, missing = 0, []
    for path in (p for top in TOPS for p in sorted((root / top).rglob("*")) if p.is_file()):
        name = path.relative_to(root).as_posix()
        if name.startswith(SKIPPED) or "__pycache__" in name:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        comment = comment_of(path, text)
        if comment is None:
            continue
        seen += 1
        if not re.match(rf"(#!.*\n)?{comment}{LICENCE}\n", text):
            missing.append(name)
            if fix:
                path.write_text(with_licence(text, comment), encoding="utf-8")
    for name in missing:
        print(f"{name}: {'has the line now' if fix else f'does not begin with the line {LICENCE}'}")
    print(f"{seen} files, {len(missing)} without the line")
    return 1 if missing and not fix or seen < 50 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
