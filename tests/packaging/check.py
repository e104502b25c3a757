#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs a build into a folder and uses what is there; configures one as a packager does, without tests; and looks at
the path of clones.

usage: check.py ROOT BUILD"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

INSTALLED = {
    "bin/msggw", "bin/msggw-sim", "share/bash-completion/completions/msggw", "share/doc/msggw/LICENSE",
    "share/doc/msggw/README.md", "share/doc/msggw/CHANGELOG.md", "share/doc/msggw/msggw.toml",
    "lib/msggw/msggw_mosquitto.so", "share/msggw/alerts.yml", "share/msggw/alerts_test.yml", "share/msggw/msggw.json",
    *(f"share/doc/msggw-mosquitto/examples/{name}" for name in ("msggw-plugin.conf", "msggw.conf", "msggw.acl")),
}
# What programs with sanitizers are not asked for: etc/CMakeLists.txt.
MANUALS = {
    "share/man/man1/msggw.1.gz", "share/man/man1/msggw-sim.1.gz", "share/man/man5/msggw.toml.5.gz",
    "share/zsh/vendor-completions/_msggw", "share/zsh/vendor-completions/_msggw-sim",
}


def run(*arguments, **options):
    return subprocess.run([str(a) for a in arguments], check=True, capture_output=True, text=True, **options).stdout


def installs(root, build, folder):
    run("cmake", "--install", build, "--prefix", "/usr", env={**os.environ, "DESTDIR": str(folder)})
    usr = folder / "usr"
    files = {p.relative_to(usr).as_posix() for p in usr.rglob("*") if p.is_file()}
    manuals = MANUALS if (build / "etc/msggw.1.gz").exists() else set()
    wanted = INSTALLED | manuals | {f"share/doc/msggw/docs/{p.name}" for p in (root / "docs").iterdir()}
    assert files == wanted, f"missing: {wanted - files}, not wanted: {files - wanted}"
    version = run(usr / "bin/msggw", "--version")
    assert version.startswith("msggw "), version
    manual = usr / "share/doc/msggw/msggw.toml"
    assert run(usr / "bin/msggw", "check", "--defaults") == manual.read_text(encoding="utf-8"), "another manual"
    run("bash", "-c", '. "$0"; COMP_WORDS=(msggw dem); COMP_CWORD=1; _msggw; [ "${COMPREPLY[*]}" = demo ]',
        usr / "share/bash-completion/completions/msggw")


def configures_without_tests(root, folder):
    run("cmake", "-G", "Ninja", "-S", root, "-B", folder, "-DCMAKE_BUILD_TYPE=Release", "-DMSGGW_TESTS=OFF",
        "-DMSGGW_WERROR=OFF", "-DCMAKE_DISABLE_FIND_PACKAGE_doctest=ON")
    ninja = (folder / "build.ninja").read_text(encoding="utf-8")
    unwanted = [word for word in ("doctest", "_test.cc", "_fuzz.cc", "tests/bench", "-Werror") if word in ninja]
    assert not unwanted, f"without tests and -Werror, the build has {unwanted}"
    assert "bin/msggw" in ninja and "bin/msggw-sim" in ninja


def clones_have_one_path(root, folder):
    """... and the same user; or each its own, where namespaces are not allowed."""
    seen = []
    for clone in (folder / "one", folder / "other"):
        (clone / "etc").mkdir(parents=True)
        shutil.copy(root / "etc/at-build-path", clone / "etc")
        *seen_by_it, path = run(clone / "etc/at-build-path", "release", "sh", "-c", "id -u; id -g; ls; pwd").split()
        assert seen_by_it == [str(os.getuid()), str(os.getgid()), "etc"], seen_by_it
        seen.append(path)
        (clone / "build/release").mkdir(parents=True)
        (clone / "build/release/CMakeCache.txt").write_text(f"CMAKE_HOME_DIRECTORY:INTERNAL={clone}\n")
        assert run(clone / "etc/at-build-path", "release", "pwd").strip() == str(clone), "configured by hand"
    assert seen in (["/usr/src"] * 2, [str(folder / "one"), str(folder / "other")]), seen


def main(root, build):
    with tempfile.TemporaryDirectory() as folder:
        clones_have_one_path(root, pathlib.Path(folder).resolve() / "clones")
        installs(root, build, pathlib.Path(folder) / "to")
        configures_without_tests(root, pathlib.Path(folder) / "build")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*map(pathlib.Path, sys.argv[1:])))
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error}\n{error.stdout}{error.stderr}")
