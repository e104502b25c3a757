# SPDX-License-Identifier: Apache-2.0
"""The lines of docs/ten-minutes.md: blocks of `console`, in which what is typed stands behind a time of day and #, or in a further line
behind >, and below it what came."""
import re

DOCUMENT = "docs/ten-minutes.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMPT = re.compile(r"^\d\d:\d\d:\d\d # ")


def commands_of(block):
    """Of a block of the document, without what they have said."""
    for line in block.splitlines():
        if PROMPT.match(line):
            command = [PROMPT.sub("", line)]
            yield command
        elif line.startswith("> ") and command[-1] is not None:
            command.append(line.removeprefix("> "))
        else:
            command.append(None)  # from here on it answers


def commands(root):
    blocks = BLOCK.findall((root / DOCUMENT).read_text(encoding="utf-8"))
    return ["\n".join(line for line in command if line is not None) for block in blocks for command in list(commands_of(block))]


def put_commands(root, folder):
    """Where typed reads them."""
    folder.mkdir()
    for at, command in enumerate(commands(root)):
        (folder / f"{at:02}").write_text(command + "\n")
