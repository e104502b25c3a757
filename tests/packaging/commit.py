#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails if etc/commit says another thing in an archive than in the clone that the archive was made of, or writes a source anew that
is there already.  usage: commit.py ROOT"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

BARE = {name: value for name, value in os.environ.items() if name not in ("MSGGW_COMMIT", "SOURCE_DATE_EPOCH") and not name.startswith("GIT_")}
AUTHOR = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
          for what, value in (("NAME", "a"), ("EMAIL", "a@example"), ("DATE", "1700000000 +0000"))}


def run(*command, env=None, code=0, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env={**BARE, **(env or {})}, **options)
    assert done.returncode == code, f"{command}: {done.returncode}, {done.stdout}{done.stderr}"
    return done.stdout.strip()


def main(root):
    with tempfile.TemporaryDirectory() as folder:
        clone, archive, copy = (pathlib.Path(folder) / name for name in ("clone", "archive", "copy"))
        (clone / "etc").mkdir(parents=True)
        archive.mkdir()
        for name in ("etc/commit", ".gitattributes"):
            shutil.copy(root / name, clone / name)
        git = ["git", "-C", clone, "-c", "init.defaultBranch=main"]
        for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "a"]):
            run(*git, *words, env=AUTHOR)
        subprocess.run(["tar", "-xC", archive], input=subprocess.run([*git, "archive", "HEAD"], check=True, stdout=subprocess.PIPE).stdout, check=True)
        head = run(*git, "rev-parse", "HEAD")
        for tree in (clone, archive):
            assert run(tree / "etc/commit") == head, tree
            assert run(tree / "etc/commit", "--date") == "1700000000", tree
            assert run(tree / "etc/commit", env={"MSGGW_COMMIT": "abc"}) == "abc"
            assert run(tree / "etc/commit", "--date", env={"SOURCE_DATE_EPOCH": "7"}) == "7"
        (copy / "etc").mkdir(parents=True)
        shutil.copy(root / "etc/commit", copy / "etc")
        run(copy / "etc/commit", code=1)
        source = pathlib.Path(folder) / "commit.cc"
        for tree, said in ((copy, "unknown"), (clone, head[:12]), (archive, head[:12])):
            run(tree / "etc/commit", "--source", source)
            assert f'return "{said}";' in source.read_text(), said
        os.utime(source, (1, 1))
        run(clone / "etc/commit", "--source", source)
        assert source.stat().st_mtime == 1, "it was written anew"
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
