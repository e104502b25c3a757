#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails where the documents and the code name different things.

usage: check.py ROOT          metrics and docs/metrics.md, events and docs/events.md
       check.py ROOT BIN      the command lines of every document, of --help and of the completion, and the programs in BIN"""
import functools
import pathlib
import re
import shlex
import subprocess
import sys

ROOMS = ("gateway", "adapters", "provisioning", "storage")


def sources(root):
    for path in (p for room in ROOMS for p in (root / room).rglob("*") if p.suffix in (".h", ".cc")):
        if not re.search(r"(^test_|_test\.|_bench\.)", path.name):
            yield re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


def metrics_of(texts):
    """Names are literals, whole or a prefix in a variable called `metrics` and a literal that is added to `prefix`."""
    text = "\n".join(texts)
    prefixes = set(re.findall(r'\bmetrics(?: = |\{)"(msggw_\w+)"', text))
    suffixes = set(re.findall(r'\bprefix \+\s+"(_\w+)"', text))
    return set(re.findall(r'"((?:msggw|process)_\w+)"', text)) - prefixes | {p + s for p in prefixes for s in suffixes}


def events_of(texts):
    """Names are literals, in a log call or in a call of a function that takes a `std::string_view event`."""
    text = "\n".join(texts)
    through = set(re.findall(r"(\w+)\(std::string_view event\b", text))
    calls = [r"\blog::(?:debug|info|warn|error)"] + [rf"\b{name}" for name in sorted(through)]
    arguments = re.findall(rf"(?:{'|'.join(calls)})\(([^{{;]*?)[,)]", text)
    return {name for argument in arguments for name in re.findall(r'"([a-z]\w*)"', argument)}


def named_in_table(document):
    """What the first column of its tables names, in backquotes."""
    rows = re.findall(r"^\| ([^|]*) \|", document.read_text(encoding="utf-8"), re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def compare(kind, in_code, document, root):
    named = named_in_table(document)
    whole = {name for name in named if not name.endswith("_...")}
    families = tuple(name[:-3] for name in named if name.endswith("_..."))
    where = document.relative_to(root)
    for name in sorted(in_code - whole):
        if not families or not name.startswith(families):
            yield f"{where}: does not name the {kind} {name}"
    for name in sorted(whole - in_code):
        yield f"{where}: names the {kind} {name}, which is nowhere in the code"
    for name in sorted({name for name in named if named.count(name) > 1}):
        yield f"{where}: names the {kind} {name} twice"


class Program:
    """What --help of a program says of its commands and their options."""

    def __init__(self, binary):
        self.binary = binary
        self.help = functools.lru_cache(None)(self.help)

    def help(self, *commands):
        done = subprocess.run([self.binary, *commands, "--help"], capture_output=True, text=True, timeout=60)
        return done.stdout if done.returncode == 0 else ""

    def commands(self, *above):
        """Command -> its description."""
        section = re.search(r"^Subcommands:\n((?:  .*\n|\n)+)", self.help(*above), re.MULTILINE)
        lines = re.findall(r"^  (\S+)[ \n]+(.*)$", section[1], re.MULTILINE) if section else []
        return dict(lines)

    def options(self, *commands):
        return set(re.findall(r"(?:^  |,)(--?[a-z][a-z-]*)", self.help(*commands), re.MULTILINE))

    def paths(self, *above):
        for command in self.commands(*above):
            yield (*above, command)
            yield from self.paths(*above, command)


def typed_in(block):
    """What is typed in a block that has answers, too."""
    return "\n".join(re.findall(r"^\d\d:\d\d:\d\d # (.*)$", block[1], re.MULTILINE))


def lines_of(text, name):
    """Command lines of the program in a text: in code blocks, the examples of --help and backquotes."""
    text = re.sub(r"\\\n\s*", "", text)
    text = re.sub(r"^```console\n(.*?)^```$", typed_in, text, flags=re.MULTILINE | re.DOTALL)
    for line in re.findall(rf"(?:^|[`|;&] ?|^\S*[$] ?)\s*{name} ([^`\n|;&>#]*)", text, re.MULTILINE):
        try:
            yield shlex.split(re.split(r"\s{3,}", line)[0].rstrip(".,:)"))  # what follows at a distance explains it
        except ValueError:
            yield line.split()


def wrong_in_line(program, words):
    """What is wrong with a command line, as far as --help knows."""
    commands = ()
    while words and (below := program.commands(*commands)):
        word = words[0].split("|")[0]
        if word.startswith("-") or word in ("COMMAND", "FILE"):
            break
        if word not in below:
            return f"there is no command {' '.join([*commands, word])}"
        commands += (word,)
        words = words[1:]
    for word in words:
        option = word.strip("[]").split("=")[0]
        if re.fullmatch(r"--?[a-z][a-z-]*", option) and option not in program.options(*commands):
            return f"there is no option {option}"
    return ""


def command_problems(root, binaries):
    documents = {p.relative_to(root).as_posix(): p.read_text(encoding="utf-8") for p in sorted(root.rglob("*.md"))
                 if p.relative_to(root).parts[0] != "build"}
    everything = "\n".join(documents.values())
    for name in ("msggw", "msggw-sim"):
        program = Program(binaries / name)
        paths = list(program.paths())
        if not paths:
            yield f"{name} --help: names no commands"
        texts = {**documents, **{f"{name} {' '.join(path)} --help": program.help(*path) for path in [(), *paths]}}
        for where, text in texts.items():
            for words in lines_of(text, name):
                if problem := wrong_in_line(program, words):
                    yield f"{where}: `{name} {shlex.join(words)}`: {problem}"
        for path in paths:
            if not program.commands(*path[:-1])[path[-1]]:
                yield f"{name} --help: does not say what {' '.join(path)} is"
            if not re.search(rf"\b{re.escape(path[-1])}\b", everything):
                yield f"{name} {' '.join(path)}: no document names it"
    yield from completion_problems(root, Program(binaries / "msggw"))


def completion_problems(root, program):
    found = dict(re.findall(r'^  (\["msggw[\w ]*"\])=("[^"]*")$', (root / "etc/completion/msggw").read_text(encoding="utf-8"), re.MULTILINE))
    wanted = {}
    for path in [(), *program.paths()]:
        words = sorted(program.commands(*path)) + sorted(o for o in program.options(*path) if o.startswith("--"))
        wanted[f'["{" ".join(["msggw", *path])}"]'] = f'"{" ".join(words)}"'
    for command in sorted(wanted.keys() | found.keys()):
        if command not in wanted:
            yield f"etc/completion/msggw: there is no command {command}"
        elif wanted[command] != found.get(command):
            yield f"etc/completion/msggw: must have the line\n  {command}={wanted[command]}"


def main(root, binaries=None):
    if binaries:
        problems = list(command_problems(root, pathlib.Path(binaries)))
    else:
        texts = list(sources(root))
        metrics, events = metrics_of(texts), events_of(texts)
        problems = [*compare("metric", metrics, root / "docs/metrics.md", root),
                    *compare("event", events, root / "docs/events.md", root)]
        print(f"{len(metrics)} metrics, {len(events)} events")
        if len(metrics) < 50 or len(events) < 30:
            problems.append("that few: this check no longer finds them")
    print("\n".join(problems) if problems else "documents and code agree")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), *sys.argv[2:]))
