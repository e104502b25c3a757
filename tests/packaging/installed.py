#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the packages of a release build in a clean Debian that systemd-nspawn boots, and does with them what an operator
does (in_clean_root). Ends with 77, and says why, where that cannot be.

usage: installed.py ROOT BUILD      The clean root is made by mmdebstrap once, and kept in $XDG_CACHE_HOME/msggw or ~/.cache/msggw
for every clone."""
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from console import put_commands

SKIPPED = 77
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "msggw/packaging"
KEPT_S = 28 * 24 * 3600
# Beside what the packages depend on: what the test looks with.
WANTED = {"systemd", "init-system-helpers", "mosquitto", "mosquitto-clients", "libcoap3-bin", "diffutils"}


def run(*arguments, **options):
    done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def make(build, folder, *more):
    run("cpack", "-G", "DEB", "-B", folder, *more, cwd=build)
    return sorted(folder.glob("*.deb"))


def needed(packages):
    """What is to be there before them."""
    fields = ", ".join(run("dpkg-deb", "-f", package, "Depends") for package in packages)
    names = {re.match(r"[^ :(|]+", clause.strip())[0] for clause in fields.split(",") if clause.strip()}
    return sorted((names | WANTED) - {"msggw"})


def clean_root(names):
    """A tar that is made when the packages need others, or Debian's may have changed. dpkg is in it, and apt is not."""
    tar = CACHE / f"clean-root-{hashlib.sha256(' '.join(names).encode()).hexdigest()[:16]}.tar"
    CACHE.mkdir(parents=True, exist_ok=True)
    for old in CACHE.glob("clean-root-*.tar"):
        if old.stat().st_mtime < time.time() - KEPT_S:
            old.unlink(missing_ok=True)
    if not tar.exists():
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            made = pathlib.Path(folder) / "root.tar"
            run("mmdebstrap", "--variant=essential", "--dpkgopt=force-unsafe-io", f"--include={','.join(names)}", "bookworm", made)
            made.rename(tar)
    return tar


def unmade(names):
    """Why a clean root with these cannot be made; none if it can."""
    try:
        clean_root(names)
    except RuntimeError as error:
        return error
    return None


def boot(root, most_seconds=400):
    """Whether systemd comes up there; what the script said, and its exit code."""
    done = subprocess.run(["timeout", str(most_seconds), "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--private-network",
                           "--console=pipe", "-D", root], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    log = root / "log"
    return done.returncode, log.read_text(errors="replace") if log.exists() else "", done.stdout + done.stderr


def main(source, build):
    if os.geteuid() != 0:
        print("skipped: systemd-nspawn needs root")
        return SKIPPED
    with tempfile.TemporaryDirectory(dir=build) as folder:
        folder = pathlib.Path(folder)
        packages = make(build, folder / "packages")
        older = make(build, folder / "older", "-D", "CPACK_DEBIAN_PACKAGE_VERSION=0.0.9", "-D", "CPACK_COMPONENTS_ALL=gateway")
        try:
            tar = clean_root(needed(packages))
        except RuntimeError as error:
            # A package that wants what there is not is a fault; that nothing at all can be made here is none.
            without_ours = unmade(sorted(WANTED))
            print(f"skipped: no clean root can be made here: {without_ours}" if without_ours else error)
            return SKIPPED if without_ours else 1
        root = folder / "root"
        root.mkdir()
        run("tar", "-xf", tar, "-C", root)
        for here, there in ((packages, "packages"), (older, "packages/older")):
            (root / there).mkdir()
            for package in here:
                package.rename(root / there / package.name)
        (root / "packages/store").mkdir()
        run("mdb_load", "-f", source / "tests/e2e/store_format_2.dump", root / "packages/store")
        for name in ("in_clean_root", "typed"):
            (root / "packages" / name).write_bytes((source / "tests/packaging" / name).read_bytes())
            (root / "packages" / name).chmod(0o755)
        put_commands(source, root / "packages/commands")
        (root / "etc/systemd/system/operator.service").write_text(
            "[Unit]\nAfter=multi-user.target\n[Service]\nExecStart=/packages/in_clean_root\nStandardOutput=file:/log\nStandardError=inherit\n")
        wants = root / "etc/systemd/system/multi-user.target.wants"
        wants.mkdir(exist_ok=True)
        (wants / "operator.service").symlink_to("../operator.service")
        code, log, said = boot(root)
    if not log:
        print(f"skipped: systemd-nspawn boots nothing here: {code}, {said}")
        return SKIPPED
    if code != 0:
        print(log, said, sep="\n")
        return 1
    print("\n".join(re.findall(r"^\+ : '?(?:== )?(.*?)'?$", log, re.MULTILINE)))
    return 0


if __name__ == "__main__":
    sys.exit(main(*(pathlib.Path(argument).resolve() for argument in sys.argv[1:])))
