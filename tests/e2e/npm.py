# SPDX-License-Identifier: Apache-2.0
"""The packages of tests/npm, where they are installed."""
import os
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "npm"
SKIPPED = 77  # what ctest takes for it


def why_not():
    """Why they are not there; None: they are."""
    if (FOLDER / "package-lock.json").exists():
        return None
    reason = FOLDER / "why-not"
    return reason.read_text().strip() if reason.exists() else "tests/npm/install has not installed the packages of npm"


def node(script, *arguments):
    """The command line of a script of tests/npm."""
    return ["node", ROOT / "tests" / "npm" / script, *arguments]


def main():
    """unittest.main() of tests that need them all."""
    if reason := why_not():
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    os.environ["NODE_PATH"] = str(FOLDER / "node_modules")
    unittest.main()
