#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails if etc/install does not wait for whoever else installs packages, or asks for other packages than those that are missing.
What would change the system is replaced by scripts that write down how they were called.  usage: install.py ROOT"""
import os
import pathlib
import subprocess
import sys
import tempfile

SCRIPTS = {
    "dpkg-query": '[ "$4" = present ] && echo "install ok installed"',
    "apt-get": """echo "apt-get $*" >> "$LOG"
if [ "$1" = update ] && [ "$(grep -c update "$LOG")" -le "$BUSY" ]; then echo "E: $PROBLEM"; exit 100; fi""",
    "sudo": 'exec "$@"',
    **{name: 'echo "$(basename "$0") $*" >> "$LOG"; cat > /dev/null' for name in ("tee", "chmod", "rm", "systemctl")},
    "sleep": ":",
}
LOCK = "Could not get lock /var/lib/apt/lists/lock"


def run(root, folder, busy, problem=LOCK):
    """(exit code, standard error, calls of apt-get) where the first `busy` updates find a problem."""
    log = folder / "log"
    log.write_text("")
    packages = folder / "packages"
    packages.write_text("present\n# a comment\nabsent  # another\n")
    done = subprocess.run([root / "etc/install", packages], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                          env={**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "LOG": str(log), "BUSY": str(busy),
                               "PROBLEM": problem})
    return done.returncode, done.stderr, [line for line in log.read_text().splitlines() if line.startswith("apt-get")]


def problems(root, folder):
    (folder / "bin").mkdir()
    for name, text in SCRIPTS.items():
        (folder / "bin" / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / "bin" / name).chmod(0o755)
    code, said, calls = run(root, folder, busy=3)
    if code != 0 or len(calls) != 5:
        yield f"does not wait for the lock of apt's lists: {code}, {said}, {calls}"
    elif not calls[-1].startswith("apt-get install ") or not calls[-1].endswith(" absent"):
        yield f"does not install just what is missing: {calls[-1]}"
    elif "-o DPkg::Lock::Timeout=600" not in calls[-1]:
        yield f"does not wait for dpkg's lock: {calls[-1]}"
    code, said, calls = run(root, folder, busy=100, problem="no such mirror")
    if code == 0 or "no such mirror" not in said or len(calls) != 1:
        yield f"does not end with the reason: {code}, {said}, {calls}"


def main(root):
    with tempfile.TemporaryDirectory() as folder:
        found = list(problems(root, pathlib.Path(folder)))
    print("\n".join(f"etc/install {each}" for each in found) or "etc/install waits, and asks for what is missing")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
