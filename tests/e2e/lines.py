# SPDX-License-Identifier: Apache-2.0
"""The lines to copy of a document, typed one after the other as a reader would."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess

from harness import BIN, PATIENCE, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEFINITION = re.compile(r"([A-Za-z_]\w*)(=|\(\) \{)")


def commands(document, heading=""):
    """The commands in the blocks without a language, of one section or of all, in their order; comments stay."""
    text = (ROOT / document).read_text(encoding="utf-8")
    if heading:
        text = re.split(r"^##+ ", text.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if language:
            continue
        command = ""
        for line in block.splitlines(keepends=True):
            command += line
            if is_whole(command):
                if not re.match(r"\s*(#|$)", command):
                    yield command.rstrip("\n")
                command = ""


def is_whole(command):
    if command.endswith("\\\n"):
        return False
    done = subprocess.run(["bash", "-n", "-c", command], capture_output=True, text=True)
    return not done.stderr


class Terminal:
    """A shell in a folder of its own that has the programs of this build, and the names that libcoap's client goes by.
    `changes` are pairs of pattern and replacement: ports, and what a reader has to fill in."""

    def __init__(self, case, changes):
        self.changes = list(changes)
        self.definitions = []
        self._typed = 0
        self._groups = []
        self._case = case
        case.addCleanup(self.interrupt)
        self.folder = case.folder / "terminal"
        (self.folder / "bin").mkdir(parents=True)
        for name, other in (("coap-client", "coap-client-openssl"), ("coap-client-openssl", "coap-client")):
            if not shutil.which(name):
                (self.folder / "bin" / name).symlink_to(shutil.which(other))
        (self.folder / "etc").symlink_to(ROOT / "etc")
        self._environment = {**os.environ, "PATH": f"{self.folder / 'bin'}:{BIN.resolve()}:{os.environ['PATH']}"}

    def type(self, command):
        """Runs it; its output, or what a part of it in the background says, stays in files. The output of the part that has ended."""
        for pattern, replacement in self.changes:
            command = re.sub(pattern, replacement, command)
        if found := DEFINITION.match(command):
            return self._define(found[1], command)
        self._typed += 1
        path = self.folder / f"{self._typed}.out"
        with path.open("wb") as file:
            shell = subprocess.Popen(["bash", "-c", "\n".join([*self.definitions, command])], cwd=self.folder, stdin=subprocess.DEVNULL,
                                     stdout=file, stderr=subprocess.STDOUT, env=self._environment, start_new_session=True)
        self._groups.append(shell.pid)
        code = shell.wait(PATIENCE)
        told = path.read_text(errors="replace")
        self._case.assertEqual(code, 0, f"{command}\n{told}")
        return told

    def _define(self, name, command):
        if "() {" in command:
            self.definitions.append(command)
        else:
            value = subprocess.run(["bash", "-c", "\n".join([*self.definitions, command, f"declare -p {name}"])], cwd=self.folder,
                                   capture_output=True, text=True, check=True, timeout=PATIENCE, env=self._environment)
            self.definitions.append(value.stdout)
        return ""

    def type_until(self, command, pattern):
        """Types what only looks at something, until it shows what fits."""
        return wait_for(lambda: re.search(pattern, self.type(command)), f"{pattern!r} of {command}", pause=0.1)

    def shows(self, pattern, newest=False):
        """Waits until something in the background, or what was typed last, has said what fits; the match."""
        def find():
            outputs = self.folder.glob(f"{self._typed if newest else '*'}.out")
            found = (re.search(pattern, path.read_text(errors="replace"), re.MULTILINE) for path in outputs)
            return next(filter(None, found), None)
        return wait_for(find, f"{pattern!r} on the screen")

    def interrupt(self):
        """Ends what runs in the background."""
        for group in self._groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self._groups = []
