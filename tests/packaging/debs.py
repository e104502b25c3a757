#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the Debian packages of a release build twice, and looks at what is in them: that both times it is the same, what
lintian and systemd say of it, and that the manual pages and the completions can be read.  usage: debs.py ROOT BUILD"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

NAMES = ("msggw", "msggw-sim", "msggw-mosquitto")
DOCUMENTS = {f"usr/share/doc/{{name}}/{file}" for file in ("changelog.gz", "changelog.Debian.gz", "copyright", "{name}.spdx.json")}
FILES = {
    "msggw": {"etc/msggw/msggw.toml", "lib/systemd/system/msggw.service", "lib/systemd/system/msggw-pf.service", "usr/bin/msggw",
              "usr/lib/sysusers.d/msggw.conf", "usr/share/bash-completion/completions/msggw", "usr/share/man/man1/msggw.1.gz",
              "usr/share/man/man5/msggw.toml.5.gz", "usr/share/zsh/vendor-completions/_msggw", "usr/share/doc/msggw/README.md",
              "usr/share/doc/msggw/msggw.toml", *(f"usr/share/msggw/{name}" for name in ("alerts.yml", "alerts_test.yml", "msggw.json"))},
    "msggw-sim": {"usr/bin/msggw-sim", "usr/share/man/man1/msggw-sim.1.gz", "usr/share/zsh/vendor-completions/_msggw-sim"},
    "msggw-mosquitto": {"usr/lib/msggw/msggw_mosquitto.so", "usr/lib/tmpfiles.d/msggw-mosquitto.conf",
                        *(f"usr/share/doc/msggw-mosquitto/examples/{name}" for name in ("msggw.acl", "msggw.conf", "msggw-plugin.conf"))},
}
CONTROL = {"msggw": {"conffiles", "postinst", "prerm", "postrm"}, "msggw-sim": set(), "msggw-mosquitto": {"postinst", "postrm"}}
MOST_EXPOSED = 2.0
SOURCES = pathlib.Path(__file__).resolve().parents[2]


def run(*arguments, **options):
    done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, arguments))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def make(build, folder):
    """{name: package}, by somebody whose files are nobody else's."""
    run("cpack", "-G", "DEB", "-B", folder, cwd=build, umask=0o077, env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})
    found = {path.name.partition("_")[0]: path for path in folder.glob("*.deb")}
    assert set(found) == set(NAMES), found
    return found


def look_into(name, package, root, docs):
    listed = run("dpkg-deb", "-c", package).splitlines()
    for line in listed:
        mode, owner, _, day, _, path, *_ = line.split()
        assert owner == "root/root" and mode in ("drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x"), line
        assert day == "2023-11-14", f"another day than the commit's: {line}"
        assert mode != "-rwxr-xr-x" or path.startswith("./usr/bin/"), line
    files = {line.split()[5].removeprefix("./") for line in listed if line.startswith("-")}
    wanted = FILES[name] | {path.format(name=name) for path in DOCUMENTS} | (docs if name == "msggw" else set())
    assert files == wanted, f"{name}: missing {wanted - files}, not wanted {files - wanted}"
    root.parent.mkdir(exist_ok=True)
    run("dpkg-deb", "-R", package, root)
    control = {path.name for path in (root / "DEBIAN").iterdir()} - {"control", "md5sums"}
    assert control == CONTROL[name], control
    run("md5sum", "-c", "--quiet", "DEBIAN/md5sums", cwd=root)
    for path in (root / file for file in files):
        octets = path.read_bytes()
        if octets.startswith(b"\x7fELF"):
            about = run("readelf", "-Wd", "-S", path)
            assert ".symtab" not in about and "RPATH" not in about and "RUNPATH" not in about, path
            assert f"{SOURCES}/".encode() not in octets, f"{path.name} names the folder that it was built in"


def look_at_sbom(name, root):
    sbom = json.loads((root / f"usr/share/doc/{name}/{name}.spdx.json").read_text())
    links = {(one["relatedSpdxElement"], one["relationshipType"]) for one in sbom["relationships"]}
    by_name = {package["name"]: package for package in sbom["packages"]}
    needed = {soname for path in (p for p in root.rglob("*") if p.is_file() and p.read_bytes()[:4] == b"\x7fELF")
              for soname in re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", path))}
    for soname in needed:
        where = re.search(rf"^\s*{re.escape(soname)} .*=> (\S+)$", run("/sbin/ldconfig", "-p"), re.MULTILINE)[1]
        owner = re.match(r"[^:]+", run("dpkg-query", "-S", os.path.realpath(where)) if "/usr" in where else owner_of(where))[0]
        assert (by_name[owner]["SPDXID"], "DYNAMIC_LINK") in links, f"{name}: {soname} of {owner}"
    installed = dict(row.split("\t") for row in run("dpkg-query", "-W", "-f", r"${Package}\t${Version}\n").splitlines())
    for other in by_name.keys() - {name}:
        assert by_name[other]["versionInfo"] == installed[other], other


def owner_of(path):
    return next(out for file in (path, os.path.realpath(path), "/usr" + path)
                if (out := subprocess.run(["dpkg-query", "-S", file], capture_output=True, text=True).stdout))


def look_at_units(root):
    """As the system would read them, as they are and with all that docs/service.md lets an operator add; of what they name, only the
    program is there."""
    added = "\n".join(re.findall(r"^```ini\n(.*?)^```", (SOURCES / "docs/service.md").read_text(), re.MULTILINE | re.DOTALL))
    for unit in sorted((root / "lib/systemd/system").glob("*.service")):
        text = unit.read_text()
        for what, more in (("as it is", ""), ("with all added", added)):
            unit.write_text(f"{text}\n{more}")
            exposure = run("systemd-analyze", "security", "--offline=true", "--no-pager", unit)
            level = float(re.search(r"Overall exposure level for \S+: (\S+)", exposure)[1])
            print(f"{unit.name} {what}: exposure {level}")
            assert level <= MOST_EXPOSED, exposure
        unit.write_text(re.sub(r"/usr/bin/msggw", str(root / "usr/bin/msggw"), text))
        said = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
        assert said.returncode == 0 and unit.name not in said.stderr, said.stderr


def look_at_manuals(roots):
    for page in sorted(path for root in roots.values() for path in root.glob("usr/share/man/man*/*.gz")):
        said = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", page], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100"})
        assert said.returncode == 0 and not said.stderr and len(said.stdout) > 10_000, f"{page.name}: {said.stderr}"
        text = subprocess.run(["gzip", "-dc", page], capture_output=True, check=True).stdout
        said = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=text, capture_output=True).stdout.decode()
        assert not said, f"{page.name}:\n{said}"


def look_at_completions(roots):
    """zsh reads the functions, and finds a command, an option and a command of a command."""
    for name in ("msggw", "msggw-sim"):
        run("zsh", "-n", roots[name] / f"usr/share/zsh/vendor-completions/_{name}")
    bash = roots["msggw"] / "usr/share/bash-completion/completions/msggw"
    run("bash", "-c", '. "$0"; COMP_WORDS=(msggw dem); COMP_CWORD=1; _msggw; [ "${COMPREPLY[*]}" = demo ]', bash)
    for words, wanted in (("msggw dev", "devices"), ("msggw devices rem", "remove"), ("msggw status --j", "--json"), ("msggw pf --exp", "--explain")):
        done = zsh_completes(roots["msggw"] / "usr/share/zsh/vendor-completions", words)
        assert wanted in done, f"zsh completes {words!r} by {done!r}"


def zsh_completes(functions, words):
    """What stands on the line of an interactive zsh once somebody has typed the words and TAB."""
    script = f"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PROMPT=; fpath=({functions} $fpath); autoload -U compinit; compinit -u -D; bindkey "^I" complete-word; show() {{ print -r -- "<<$BUFFER>>"; BUFFER=; zle accept-line }}; zle -N show; bindkey "^X" show; print go'
local out line
while zpty -r shell line; do [[ $line == *go* && $line != *print* ]] && break; done
zpty -n -w shell $'{words}\\t\\C-X'
while zpty -r shell line; do out+=$line; [[ $line == *'>>'* ]] && break; done
print -r -- $out
"""
    said = run("timeout", "20", "zsh", "-f", "-c", script)
    return re.findall(r"<<(.*?)>>", said)[-1]


def lintian(packages):
    said = subprocess.run(["lintian", "--allow-root", "--tag-display-limit", "0", "--fail-on", "error", *packages], capture_output=True, text=True)
    print(said.stdout + said.stderr)
    assert said.returncode == 0, "lintian found errors"


def main(root, build):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        packages, again = make(build, folder / "one"), make(build, folder / "other")
        for name in NAMES:
            assert packages[name].read_bytes() == again[name].read_bytes(), f"{name} is another one each time that it is made"
        roots = {name: folder / "root" / name for name in NAMES}
        docs = {f"usr/share/doc/msggw/docs/{path.name}" for path in (root / "docs").iterdir()}
        for name in NAMES:
            look_into(name, packages[name], roots[name], docs)
            look_at_sbom(name, roots[name])
        look_at_units(roots["msggw"])
        look_at_manuals(roots)
        look_at_completions(roots)
        lintian(packages.values())
    return 0


if __name__ == "__main__":
    sys.exit(main(*(pathlib.Path(argument).resolve() for argument in sys.argv[1:])))
