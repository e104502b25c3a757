#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails if a program of the release build lacks what makes a fault of it hard to use: position independent code, RELRO,
binding at the start, stack protectors, the checking functions of libc, landing pads for indirect branches in our own
objects.  usage: hardening.py PROJECT_BINARY_DIR BUILD_TYPE"""
import pathlib
import platform
import re
import subprocess
import sys


def output(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout


def faults_of(program):
    header, segments, dynamic = (output("readelf", "-W", flag, program) for flag in ("-h", "-l", "-d"))
    symbols = output("nm", "-D", program)
    if not re.search(r"Type:\s+DYN", header):
        yield "no position independent executable"
    if "GNU_RELRO" not in segments:
        yield "no RELRO"
    if not re.search(r"BIND_NOW|Flags:.*NOW", dynamic):
        yield "symbols are not bound at the start"
    if not re.search(r"GNU_STACK.*RW ", segments):
        yield "the stack can be executed"
    if "__stack_chk_fail" not in symbols:
        yield "no stack protector"
    if not re.search(r"__\w+_chk@", symbols):
        yield "no _FORTIFY_SOURCE"


def objects_without_landing_pads(build):
    """Those of the objects in bin/msggw with code in which no function begins with endbr64. Others in the folder may be
    of an earlier build."""
    inputs = output("ninja", "-C", build, "-t", "inputs", "bin/msggw").split()
    for path in (build / name for name in inputs if name.endswith(".o")):
        code = output("objdump", "-d", "--no-show-raw-insn", path)
        if re.search(r"^[0-9a-f]+ <", code, re.MULTILINE) and "endbr64" not in code:
            yield path


def main():
    build, kind = pathlib.Path(sys.argv[1]), sys.argv[2]
    if kind != "Release":
        print("only a release build is hardened")
        return 0
    faults = [f"{name}: {fault}" for name in ("msggw", "msggw-sim") for fault in faults_of(build / "bin" / name)]
    if platform.machine() == "x86_64":
        faults += [f"{path}: no endbr64" for path in objects_without_landing_pads(build)]
    print("\n".join(faults) or "the programs are hardened")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
