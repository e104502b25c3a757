#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Types the lines of docs/ten-minutes.md into a clean Debian that systemd-nspawn boots, as a person would who has the packages of a
release build, and says what came of each and when.

usage: etc/at-build-path release tests/packaging/ten_minutes.py . build/release [--record]

--record: at a person's pace, and what came is written into the document. It needs root, Debian's mirror, and a quarter of an hour."""
import datetime
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from console import BLOCK, DOCUMENT, commands, commands_of, put_commands
from installed import boot, make, run

SECONDS_A_LETTER = 0.2
MOST_LINES = 14  # of what one command has said


def answers(log):
    """(when it began, when it ended, what it said) of each command that typed has run."""
    pattern = r"^@@ begin (\S+) \d+\n(.*?)\n?^@@ end (\S+) 0$"
    return [(float(begun), float(ended), said.strip("\n")) for begun, said, ended in re.findall(pattern, log, re.MULTILINE | re.DOTALL)]


def clean_debian(folder, packages):
    """As its installer leaves it, with the packages in it; how long apt downloaded what they need."""
    root = folder / "root"
    run("mmdebstrap", "--variant=important", "--dpkgopt=force-unsafe-io", "bookworm", root)
    (root / "packages").mkdir()
    for package in packages:
        package.rename(root / "packages" / package.name)
    inside = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--resolv-conf=copy-host", "--console=pipe", "-D", root, "bash", "-ec"]
    run(*inside, "apt-get update -q")
    begin = time.monotonic()
    run(*inside, "cd /packages; apt-get install -y -q --download-only ./msggw_*.deb ./msggw-sim_*.deb libcoap3-bin")
    return root, time.monotonic() - begin


def type_in(source, root, pace):
    """What typed says of the document's commands."""
    put_commands(source, root / "packages/commands")
    typed = root / "packages/typed"
    typed.write_bytes((source / "tests/packaging/typed").read_bytes())
    typed.chmod(0o755)
    (root / "etc/systemd/system/operator.service").write_text(
        f"[Unit]\nAfter=multi-user.target\n[Service]\nWorkingDirectory=/packages\nEnvironment=HOME=/root\nExecStart=/packages/typed commands {pace}\n"
        "ExecStopPost=systemctl exit 0\nStandardOutput=file:/log\nStandardError=inherit\n")
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "operator.service").symlink_to("../operator.service")
    _, log, said = boot(root, most_seconds=1_200)
    return log or said


def short(said):
    lines = [line.rstrip() for line in said.splitlines()]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES // 2:-MOST_LINES // 2] = ["[...]"]
    return lines


def recorded(text, all_answers, downloaded):
    left = list(all_answers)
    first = left[0][0]

    def of_block(match):
        lines = ["```console"]
        for command in list(commands_of(match[1])):
            begun, _, said = left.pop(0)
            at = datetime.datetime.fromtimestamp(begun, datetime.timezone.utc).strftime("%H:%M:%S")
            first_line, *more = [line for line in command if line is not None]
            lines += [f"{at} # {first_line}", *(f"> {line}" for line in more), *short(said)]
        return "\n".join([*lines, "```"])
    text = BLOCK.sub(of_block, text)
    minutes, seconds = divmod(round(all_answers[-1][1] - first), 60)
    return re.sub(r"^It took .*$", f"It took {minutes} min {seconds} s. Before that apt downloaded for {downloaded:.0f} s.", text, flags=re.MULTILINE)


def main(source, build, record=False):
    with tempfile.TemporaryDirectory(dir=build) as folder:
        folder = pathlib.Path(folder)
        root, downloaded = clean_debian(folder, make(build, folder / "packages"))
        log = type_in(source, root, SECONDS_A_LETTER if record else "")
    told, typed = answers(log), commands(source)
    if len(told) != len(typed):
        print(log)
        return 1
    for command, (begun, ended, _) in zip(typed, told):
        print(f"{begun - told[0][0]:6.1f} s, {ended - begun:5.1f} s long: {command.splitlines()[0]}")
    print(f"{told[-1][1] - told[0][0]:.0f} s in all; apt downloaded for {downloaded:.0f} s before")
    if record:
        document = source / DOCUMENT
        document.write_text(recorded(document.read_text(encoding="utf-8"), told, downloaded), encoding="utf-8")
    return 0


if __name__ == "__main__":
    source, build, *flags = sys.argv[1:]
    sys.exit(main(pathlib.Path(source).resolve(), pathlib.Path(build).resolve(), flags == ["--record"]))
