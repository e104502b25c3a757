# SPDX-License-Identifier: Apache-2.0
"""Twelve mistakes and mishaps of operation. Of each: what the operator is told, that he is told the way out, and the exit code. The
table of docs/operators.md, "When something does not work", has them in this order."""
import json
import os
import re
import shutil
import socket
import subprocess
import unittest

from harness import BIN, PATIENCE, Case, free_port, wait_for
from lines import ROOT

# Root may read and write everything, unless it gives that up.
HUMBLE = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
#            what has happened                what is said of it                                  what is to be done
MISTAKES = {
    "no gateway runs":                       ("no gateway runs on the folder", "start it, and see admin.enabled"),
    "it was killed":                         ("no gateway answers at", "is it running?"),
    "it hangs":                              ("no gateway answers at", "is it running?"),
    "the token is wrong":                    ("does not know the token in operator.json", "try again, or another one has its port"),
    "another program has the port":          ("cannot listen on", "stop that one or set another admin.port"),
    "another gateway has the folder":        ("in use by process", "stop that one or choose another folder"),
    "the folder cannot be written":          ("Permission denied", "run as a user that may, or choose another folder"),
    "a key cannot be read":                  ("Permission denied", "[credentials] key_file"),
    "the program is older than the store":   ("its format is 'msggw store 9'", "run the version that wrote it, or choose another folder"),
    "the store is full":                     ("it has grown to its map_size", "set a larger map_size and restart"),
    "the folder was moved":                  ("cannot be found any more", "put it back, or restart"),
    "devices are removed without a yes":     ("nothing is removed", "--yes"),
}


class OperationMistakes(Case):
    def said(self, mistake, code, *arguments, humble=False):
        """The command fails with that code, and says what `mistake` is and the way out, on standard error or in its output."""
        command = [*(HUMBLE if humble else []), BIN / "msggw", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        with self.subTest(mistake):
            told = done.stdout + done.stderr
            self.assertEqual(done.returncode, code, told)
            for part in MISTAKES[mistake]:
                self.assertIn(part, told)
            self.tried.append(mistake)

    def test_each_is_told_with_its_way_out(self):
        self.tried = []
        folder, config = self.folder / "gateway", self.folder / "gateway.toml"
        here = ["--dir", folder]
        folder.mkdir(mode=0o700)
        self.said("no gateway runs", 1, "status", *here)
        self.pf()
        self.gateway().kill()
        self.said("it was killed", 1, "status", *here)
        with socket.socket() as silent:
            access = json.loads((folder / "operator.json").read_text())
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            stuck = self.folder / "stuck"
            stuck.mkdir()
            (stuck / "operator.json").write_text(json.dumps(access | {"url": f"http://127.0.0.1:{silent.getsockname()[1]}"}))
            self.said("it hangs", 1, "status", "--dir", stuck, "--timeout", "200ms")
        gateway = self.gateway()
        running = json.loads((folder / "operator.json").read_text())
        (stuck / "operator.json").write_text(json.dumps(running | {"token": "0" * len(running["token"])}))
        self.said("the token is wrong", 1, "status", "--dir", stuck)
        other = ["-c", config, "-s", f"gateway.folder={self.folder / 'other'}", "-s", "coap.port=0"]
        taken = re.search(r":(\d+)", running["url"].removeprefix("http://"))[1]
        self.said("another program has the port", 1, "run", *other, "-s", f"admin.port={taken}")
        self.said("another gateway has the folder", 1, "run", "-c", config, "-s", "coap.port=0", "-s", "admin.port=0")
        shut = self.folder / "shut"
        shut.mkdir(mode=0o500)
        self.said("the folder cannot be written", 1, "run", *other, "-s", f"gateway.folder={shut / 'gateway'}", humble=True)
        key = self.folder / "key"
        key.write_bytes(bytes(32))
        key.chmod(0)
        self.said("a key cannot be read", 2, "check", *other, "-s", f"credentials.key_file={key}", humble=True)
        subprocess.run([BIN / "msggw", "devices", "add", "meter-1", *map(str, here)], check=True, capture_output=True, timeout=PATIENCE)
        self.said("devices are removed without a yes", 1, "devices", "remove", "--matching", "*", *here)
        gateway.stop()
        self.newer_store(config)
        self.full_store(here)
        self.assertEqual(sorted(self.tried), sorted(MISTAKES))

    def newer_store(self, config):
        dump = subprocess.run(["mdb_dump", "-a", self.folder / "gateway"], capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
        newer = self.folder / "newer"
        newer.mkdir(mode=0o700)
        changed = re.sub(rb"msggw store ".hex() + r"3\d", b"msggw store 9".hex(), dump)
        self.assertNotEqual(changed, dump)
        subprocess.run(["mdb_load", newer], input=changed, text=True, check=True, capture_output=True, timeout=PATIENCE)
        self.said("the program is older than the store", 1, "run", "-c", config, "-s", f"gateway.folder={newer}")

    def full_store(self, here):
        shutil.rmtree(self.folder / "gateway")
        self.gateway(sections={"gateway": {"folder": str(self.folder / "gateway"), "map_size": "1MiB"}})
        fleet = self.folder / "fleet.csv"
        fleet.write_text("private_id,info.site\n" + "".join(f"meter-{n},{'x' * 200}\n" for n in range(4_000)))
        importing = subprocess.Popen([BIN / "msggw", "devices", "import", fleet, *map(str, here)], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
        self.addCleanup(importing.wait)
        self.addCleanup(importing.kill)
        status = [BIN / "msggw", "status", *map(str, here)]
        wait_for(lambda: "map_size" in subprocess.run(status, capture_output=True, text=True, timeout=PATIENCE).stdout, "the full store")
        self.said("the store is full", 1, "status", *here)
        moved = self.folder / "gateway" / "data.mdb"
        moved.rename(moved.with_name("moved.mdb"))
        wait_for(lambda: "cannot be found" in subprocess.run(status, capture_output=True, text=True, timeout=PATIENCE).stdout, "the loss")
        self.said("the folder was moved", 1, "status", *here)

    def test_the_document_lists_them(self):
        text = (ROOT / "docs" / "operators.md").read_text()
        table = text.split("## When something does not work", 1)[1]
        rows = re.findall(r"^\| (\w[^|]*?) \| ([^|]*) \| ([^|]*) \|", table, re.MULTILINE)[1:]
        self.assertEqual([row[0] for row in rows], list(MISTAKES))
        for (mistake, said, way_out) in rows:
            with self.subTest(mistake):
                self.assertIn(MISTAKES[mistake][0], said.replace("`", ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
