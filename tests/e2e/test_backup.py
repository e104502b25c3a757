# SPDX-License-Identifier: Apache-2.0
"""Backups of a gateway and of a Provisioning Function that run, restored elsewhere; what must not be restored; and what looks
after a store on disk. What operators of others have been caught by is named where it is tried."""
import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import unittest

from harness import BIN, PATIENCE, Case, Coap, wait_for
from messaging import CoapDevice, MessagingCase, downward

DUMP = pathlib.Path(__file__).parent / "store_format_2.dump"


class Upkeep(Case):
    def say(self, *words, code=0, **options):
        """What `msggw` prints: standard output if it ends well, else standard error."""
        done = subprocess.run([str(w) for w in (BIN / "msggw", *words)], capture_output=True, text=True, timeout=PATIENCE, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr if code else done.stdout

    def made(self, *words, **options):
        return json.loads(self.say(*words, "--json", **options))

    def files(self, folder):
        """All that is kept there; locks are not."""
        return {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir() if path.is_file() and "lock" not in path.name}


def handle_of(coap, private_id):
    """Of a device that is registered already."""
    coap.send(coap.message(2, [(11, b"rd"), (15, b"ep=" + private_id.encode())]))
    return coap.receive()[4][8][1]


def read_by(coap, handle):
    coap.send(coap.message(1, [(11, b"rd"), (11, handle)]))
    return coap.receive()[1]


class Running(Upkeep):
    def test_what_runs_is_copied_and_goes_on_elsewhere(self):
        pf, gateway = self.pf(), self.gateway()
        store, backup = self.folder / "gateway", self.folder / "backup"
        with contextlib.closing(Coap(self.coap_port)) as coap:
            told = {f"meter-{i}": coap.register(f"meter-{i}")["serviceId"] for i in range(20)}
            old = handle_of(coap, "meter-0")
            self.say("devices", "credential", "add", "meter-1", "--dir", store, input="text:a key of sixteen and more\n")
            made = self.made("backup", backup, "--dir", store)
            self.assertEqual(made["counts"], {"credentials": 1, "devices": 20, "messages": 0, "psks": 1})
            self.assertLessEqual(made["octets"], made["announcedOctets"] + 256 * 1024)
            self.assertEqual(made["octets"], (backup / "data.mdb").stat().st_size)
            self.assertFalse(made["hasKey"])  # secrets are in it only if it is asked for
            self.assertEqual(sorted(self.files(backup)), ["backup.json", "data.mdb"])
            with_key = self.made("backup", self.folder / "with-key", "--with-key", "-c", self.folder / "gateway.toml")
            self.assertEqual((self.folder / "with-key/credentials.key").read_bytes(), (store / "credentials.key").read_bytes())
            self.assertEqual(with_key["keyId"], made["keyId"])
            self.interrupted(store)
            later = coap.register("later")["serviceId"]
            new = handle_of(coap, "later")
            self.made("backup", self.folder / "backup-pf", "--pf", "-c", self.folder / "pf.toml")
        # A restore over what runs (the thing that ends in two databases at once elsewhere).
        before = self.files(store)["data.mdb"]
        self.assertIn("in use by process", self.say("restore", backup, "--replace", "--dir", store, code=1))
        self.assertIn("in use by process", self.say("store", "compact", "--dir", store, code=1))
        self.assertEqual(self.files(store)["data.mdb"], before)
        # A look at what runs.
        found = self.made("store", "check", "--dir", store)
        self.assertEqual((found["faults"], found["counts"]["devices"]), ([], 21))
        self.assertEqual(self.made("store", "check", "--pf", "-c", self.folder / "pf.toml")["counts"], {"assignments": 21})
        for process in (gateway, pf):
            process.stop()

        pf_folder = self.folder / "pf"
        pf_folder.rename(self.folder / "pf-lost")
        self.assertEqual(self.made("restore", self.folder / "backup-pf", "--pf", "--dir", pf_folder)["counts"], {"assignments": 21})
        elsewhere = self.folder / "elsewhere"
        warned = subprocess.run([BIN / "msggw", "restore", backup, "--dir", elsewhere], capture_output=True, text=True)
        self.assertIn("need their key, " + made["keyId"], warned.stderr)
        self.assertIn("20 devices", warned.stdout)
        self.assertIn("credentials.key, is not there", self.say("store", "check", "--dir", elsewhere, code=1))
        restored = self.made("restore", self.folder / "with-key", "--dir", elsewhere, "--replace")
        self.assertEqual(restored["key"], "put")
        self.assertEqual(self.rows(pathlib.Path(restored["kept"]).relative_to(self.folder))["meter-1"]["serviceId"],
                         told["meter-1"])  # what was there before is kept, and can be looked at
        self.assertEqual(self.made("store", "check", "--dir", elsewhere)["faults"], [])
        self.pf()
        moved = self.gateway(name="elsewhere")
        self.assertEqual({name: row["serviceId"] for name, row in self.rows("elsewhere").items()}, told)
        self.assertNotIn("credentials_unreadable", moved.output())
        with contextlib.closing(Coap(self.coap_port)) as coap:
            coap.register("other")  # with the number that the later one had
            self.assertEqual((read_by(coap, old), read_by(coap, new)), (0x45, 0x84))  # 4.04, and nobody else's registration
            self.assertEqual(coap.register("later")["serviceId"], later)  # given since the backup, and the same again
        moved.stop()
        self.trouble(elsewhere, backup)

    def interrupted(self, store):
        """Ended by a signal nothing is left; by kill -9 what is left is no backup, and does not become one (OCA server-tools 1996)."""
        for signal_, left in ((signal.SIGTERM, False), (signal.SIGKILL, True)):
            process = self.start([BIN / "msggw", "backup", self.folder / "part", "--rate", "1KiB", "--dir", store], ready=False)
            wait_for(lambda: "free for the backup" in process.output() and (self.folder / "part/data.mdb.partial").exists(), "a begin")
            os.kill(process.pid, signal_)
            process.wait()
            self.assertEqual((self.folder / "part").exists(), left, process.output())
        self.assertIn("begun and never finished", self.say("backup", self.folder / "part", "--dir", store, code=1))
        self.assertIn("was never finished", self.say("restore", self.folder / "part", "--dir", self.folder / "none", code=1))

    def trouble(self, store, backup):
        """What must not be restored, and is not; `store` stays as it is."""
        before = self.files(store)

        def refused(words, *more, source=backup):
            self.assertIn(words, self.say("restore", source, "--dir", store, *more, code=1))
            self.assertEqual(self.files(store), before, words)

        def copy(name, **files):
            shutil.copytree(backup, self.folder / name)
            for file, change in files.items():
                path = self.folder / name / file.replace("_", ".")
                path.write_bytes(change(path.read_bytes()))
            return self.folder / name

        refused("there is one already; --replace")
        refused("is a backup of a gateway, not of a Provisioning Function", "--pf", "--replace")
        refused("not of a gateway; say --pf", "--replace", source=self.folder / "backup-pf")
        refused("there is no such folder", source=self.folder / "nowhere")
        refused("is no backup", "--replace", source=store)
        # What a gateway and a Provisioning Function have is not put into each other's place, nor taken over.
        other = self.folder / "other-pf"
        self.say("restore", self.folder / "backup-pf", "--pf", "--dir", other)
        kept = self.files(other)
        told = self.say("restore", backup, "--replace", "--dir", other, code=1)
        self.assertIn("is that of a Provisioning Function, and nothing else is put in its place", told)
        self.assertIn("is that of a gateway", self.say("restore", self.folder / "backup-pf", "--pf", "--replace", "--dir", store, code=1))
        for words in (("run", "--config", self.folder / "gateway.toml", "-s", f"gateway.folder={other}"), ("devices", "list", "--dir", other)):
            self.assertIn("is not that of a gateway; choose another folder", self.say(*words, code=1))
        exported = self.folder / "of-pf"
        self.say("export", exported, "--pf", "--dir", other)
        elsewhere = self.folder / "not-yet"
        self.assertIn("it is the export of a Provisioning Function; say --pf", self.say("import", exported, "--dir", elsewhere, code=1))
        self.assertFalse(elsewhere.exists())
        self.assertEqual(self.files(other), kept)
        # A backup that was cut short taken for whole (zenml 5174, flynn 2504).
        half = copy("half")
        (half / "backup.json").unlink()
        refused("was never finished", "--replace", source=half)
        refused("the copy is not whole", "--replace", source=copy("short", data_mdb=lambda octets: octets[:-4096]))
        # A bad disk (vayu 984: a backup that nobody looks at before it takes the place of the original).
        flip = lambda octets: octets[:5000] + bytes([octets[5000] ^ 1]) + octets[5001:]
        refused("its SHA-256 is another", "--replace", source=copy("flipped", data_mdb=flip))
        # Of a later version (emqx-docs 3954).
        newer = copy("newer", backup_json=lambda text: text.replace(b'"format":4', b'"format":5'))
        refused("reads up to 4: restore it with that version or a later one", "--replace", source=newer)
        refused("a later version of msggw made it", "--replace",
                source=copy("newest", backup_json=lambda text: text.replace(b'"backup":1', b'"backup":2')))
        refused("is not the key that was put into the backup", "--replace", source=self.other_key())
        # A look changes nothing.
        self.assertIn("it is good", self.say("restore", backup, "--check", "--dir", store))
        self.assertEqual(self.files(store), before)
        # A backup over another, or over what is no backup.
        self.assertIn("is a backup already", self.say("backup", backup, "--dir", store, code=1))
        self.assertIn("is not empty", self.say("backup", self.folder, "--dir", store, code=1))
        self.assertIn("mount its disk or make it", self.say("backup", self.folder / "mnt" / "today", "--dir", store, code=1))
        self.assertIn("is in the folder of the store itself", self.say("backup", store / "today", "--dir", store, code=1))
        # Twice in a second, and once more: what was before has a name each time, the key too.
        twice = self.folder / "twice"
        self.say("restore", self.folder / "with-key", "--dir", twice)
        for time in range(1, 4):
            (twice / "credentials.key").write_bytes(bytes([time]) * 32)
            self.say("restore", self.folder / "with-key", "--dir", twice, "--replace")
        self.assertEqual(sorted(key.read_bytes()[0] for key in twice.glob("credentials.key.replaced-*")), [1, 2, 3])
        # A disk that is full (flynn 2504: a backup that was cut short, and exit code 0): no part is left.
        limit = lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)))
        self.assertIn("File too large", self.say("backup", self.folder / "full", "--dir", store, code=1, preexec_fn=limit))
        self.assertFalse((self.folder / "full").exists())
        self.assertIn("File too large", self.say("restore", backup, "--replace", "--dir", store, code=1, preexec_fn=limit))
        self.assertEqual(self.files(store), before)
        if os.geteuid() == 0:
            self.as_root(store, backup)

    def other_key(self):
        other = self.folder / "other-key"
        shutil.copytree(self.folder / "with-key", other)
        (other / "credentials.key").write_bytes(bytes(32))
        return other

    def as_root(self, store, backup):
        """influxdb 7420, openWB 2845: what root restores the service must be able to write."""
        os.chmod(self.folder, 0o755)
        owned = self.folder / "owned"
        owned.mkdir(mode=0o700)
        os.chown(owned, 65534, 65534)
        self.say("restore", self.folder / "with-key", "--dir", owned)
        self.say("store", "compact", "--dir", owned)
        self.say("restore", backup, "--dir", owned, "--replace")
        for path in (owned, *owned.rglob("*")):
            self.assertEqual((path.stat().st_uid, path.stat().st_gid), (65534, 65534), path)
        # A key that does not open what is there is told when the backup is made, not when it is needed.
        (owned / "credentials.key").write_bytes(bytes(32))
        self.assertIn("encrypted with another key", self.say("backup", self.folder / "useless", "--with-key", "--dir", owned, code=1))
        self.assertFalse((self.folder / "useless").exists())
        # What its owner may not do root does not do for it: neither read, nor keep the store of before; nothing has changed then.
        os.chown(owned / "data.mdb", 0, 0)
        before = self.files(owned)
        self.assertIn("Permission denied", self.say("store", "check", "--dir", owned, code=1))
        if pathlib.Path("/proc/sys/fs/protected_hardlinks").read_text() == "1\n":
            self.say("restore", self.folder / "with-key", "--dir", owned, "--replace", code=1)
            self.assertEqual(self.files(owned), before)


class Moved(Upkeep):
    KEY = "text:a key of sixteen and more"

    def test_an_export_makes_the_same_table_elsewhere(self):
        pf, gateway = self.pf(), self.gateway()
        store = self.folder / "gateway"
        with contextlib.closing(Coap(self.coap_port)) as coap:
            for i in range(10):
                coap.register(f"meter-{i}")
        self.say("devices", "add", "00-1B-63-84-45-E6", "--alias", "+15551234567", "--info", "vendor=Acme", "--dir", store)
        self.say("devices", "credential", "add", "meter-1", "--dir", store, input=self.KEY + "\n")
        self.say("devices", "credential", "add", "meter-2", "--kind", "password", "--dir", store, input="secret\n")
        self.say("devices", "credential", "add", "meter-2", "--kind", "certificate", "--not-after", "2027-01-31", "--dir", store)
        self.say("devices", "suspend", "meter-3", "--dir", store)
        wait_for(lambda: "serviceId" in self.rows()["001b638445e6"], "its Service ID")
        plain = self.say("export", "-", "--dir", store)
        self.assertNotIn("credentials", plain)  # never, unless asked for
        for process in (gateway, pf):
            process.stop()
        said = self.say("export", self.folder / "all.jsonl", "--credentials", "--dir", store)
        self.assertIn("11 devices", said)
        self.assertEqual((self.folder / "all.jsonl").stat().st_mode & 0o777, 0o600)
        self.assertIn("is there already", self.say("export", self.folder / "all.jsonl", "--dir", store, code=1))
        exported = (self.folder / "all.jsonl").read_text()
        self.assertIn(self.KEY.removeprefix("text:").encode().hex(), exported)

        moved = self.folder / "moved"
        self.assertEqual(self.made("import", self.folder / "all.jsonl", "--dir", moved), {"devices": 11, "credentials": 3})
        self.assertEqual(self.say("export", "-", "--credentials", "--dir", moved), exported)
        self.assertNotEqual((moved / "credentials.key").read_bytes(), (store / "credentials.key").read_bytes())
        self.assertEqual(self.made("store", "check", "--dir", moved)["faults"], [])
        # Into a table that is not empty, by halves, or changed: nothing is taken (emqx 19025: an import that stopped halfway).
        self.assertIn("has devices, or has had some", self.say("import", "-", "--dir", moved, code=1, input=exported))
        lines = exported.splitlines(keepends=True)
        for text, why in (("".join(lines[:-1]), "it is not whole"), ("".join(lines[:3] + lines[2:]), "line 4: device 2: its Private ID"),
                          (exported.replace('"psk"', '"pks"'), "nothing was taken")):
            self.assertIn(why, self.say("import", "-", "--dir", self.folder / "none", code=1, input=text))
        nul = lines[1].replace("\n", "\0}\n")
        own_profile = next(line for line in lines if "serverServiceIds" in line)
        servers = json.dumps(json.loads(own_profile)["serverServiceIds"], separators=(",", ":"))
        for text in (exported + lines[1], exported + "x", "".join([lines[0], nul, *lines[2:]]), exported.replace(servers, '[""]')):
            self.assertIn("nothing was taken", self.say("import", "-", "--dir", self.folder / "none", code=1, input=text))
        self.assertEqual(self.rows("none"), {})
        # A device that is being removed has no credentials any more: those do not keep all others out.
        removing = "".join(line.replace('"provisioned"', '"removing"').replace('"registered"', '"removing"')
                           if '"meter-1"' in line else line for line in lines)
        leaving = self.folder / "leaving"
        self.assertEqual(self.made("import", "-", "--dir", leaving, input=removing), {"devices": 11, "credentials": 2})
        self.assertNotIn('"psk"', self.say("export", "-", "--credentials", "--dir", leaving))
        # The same devices with the same Service IDs, over there.
        self.pf()
        running = self.gateway(name="moved")
        self.assertEqual({name: row.get("serviceId") for name, row in self.rows("moved").items()},
                         {name: row.get("serviceId") for name, row in self.rows().items()})
        running.stop()
        self.function(exported)

    def function(self, exported):
        """A Provisioning Function that has lost all, and takes back what the gateway knows."""
        own = self.say("export", "-", "--pf", "-c", self.folder / "pf.toml")
        self.assertEqual(own.count("\n"), 13)
        again = self.folder / "pf-again"
        self.assertEqual(json.loads(self.say("import", "-", "--pf", "--json", "--dir", again, input=exported)),
                         {"added": 11, "known": 0, "without": 0})
        self.assertEqual(json.loads(self.say("import", "-", "--pf", "--json", "--dir", again, input=own)),
                         {"added": 0, "known": 11, "without": 0})
        other = own.replace('"serviceId":"', '"serviceId":"x')
        self.assertIn("has another Service ID here", self.say("import", "-", "--pf", "--dir", again, code=1, input=other))
        self.assertEqual(sorted(self.say("export", "-", "--pf", "--dir", again).splitlines()), sorted(own.splitlines()))
        self.assertIn("say --pf", self.say("import", "-", "--dir", self.folder / "none", code=1, input=own))
        self.rules(own)

    def rules(self, own):
        """The name of a rule may stand under a number that no assignment has: a new one gets the number that the others have."""
        lines = own.replace('"rule":"default"', '"rule":"r"').splitlines(keepends=True)
        one, two = self.folder / "pf-one", self.folder / "pf-two"
        self.say("import", "-", "--pf", "--dir", one, input=lines[0] + lines[1] + '{"end":true,"lines":1}\n')
        dump = subprocess.run(["mdb_dump", "-a", one], capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
        row = f" {1:02x}{'00' * 7}\n {b'r'.hex()}\n"
        self.assertIn(row, dump)
        two.mkdir(mode=0o700)
        subprocess.run(["mdb_load", two], input=dump.replace(row, row + row.replace(" 01", " 02")), text=True, check=True,
                       capture_output=True, timeout=PATIENCE)
        (two / "data.mdb").chmod(0o600)
        (two / "lock.mdb").unlink()
        self.say("import", "-", "--pf", "--dir", two, input="".join(lines))
        self.assertEqual(self.made("store", "check", "--pf", "--dir", two)["faults"], [])
        self.assertEqual(sorted(self.say("export", "-", "--pf", "--dir", two).splitlines()), sorted("".join(lines).splitlines()))


class Waiting(MessagingCase, Upkeep):
    def deliver(self, device, *msg_ids):
        for msg_id in msg_ids:
            self.assertEqual(self.curl("/msgg-n3gdelivery/v1/deliver-message", downward(device.service_id, msg_id, payload=msg_id))[0], 204)

    def test_a_number_that_was_given_since_the_backup_does_not_come_again(self):
        """A device holds the ETag of a message that a restore has made unknown: the next message is none that it may say to have got."""
        self.start_all()
        device, store = CoapDevice(self, "meter"), self.folder / "gateway"
        self.deliver(device, "before")
        self.made("backup", self.folder / "backup", "--dir", store)
        self.assertEqual(device.poll()["payload"], "before")
        self.deliver(device, "lost")
        etag = wait_for(device.inbox, "the second one")[0]
        self.running.stop()
        self.made("restore", self.folder / "backup", "--replace", "--dir", store)
        self.run_gateway()
        self.deliver(device, "new")
        rows = map(json.loads, self.say("messages", "list", "--json", "--dir", store).splitlines())
        numbers = {row["msgId"]: row["number"] for row in rows if "msgId" in row}
        self.assertEqual((numbers["before"], numbers["new"]), (1, 2 + 2**30))
        self.assertEqual(device.ask(1, device.at(b"inbox") + [(15, b"after=" + etag.hex().encode())])[1], 0x45)
        self.assertEqual([device.poll()["payload"] for _ in range(2)], ["before", "new"])  # what waited then goes once more


class AtRest(Upkeep):
    def load(self, text):
        folder = self.folder / "old"
        shutil.rmtree(folder, True)
        folder.mkdir(mode=0o700)
        subprocess.run(["mdb_load", folder], input=text, text=True, check=True, capture_output=True, timeout=PATIENCE)
        (folder / "data.mdb").chmod(0o600)
        (folder / "lock.mdb").unlink()
        return folder

    def test_a_store_of_an_older_format(self):
        old = self.load(DUMP.read_text())
        found = self.made("store", "check", "--dir", old)
        self.assertEqual((found["format"], found["newestFormat"], found["faults"]), (2, 4, []))
        self.assertEqual(found["counts"]["messages"], 3)
        # A backup of it can be restored, and is of its format; then it is upgraded, and once is enough.
        self.made("backup", self.folder / "of-old", "--dir", old)
        self.made("restore", self.folder / "of-old", "--dir", self.folder / "new")
        self.assertEqual(self.made("store", "check", "--dir", self.folder / "new")["format"], 2)
        self.assertEqual(self.made("store", "upgrade", "--dir", self.folder / "new"), {"before": 2, "format": 4})
        self.assertEqual(self.made("store", "upgrade", "--dir", self.folder / "new"), {"before": 4, "format": 4})
        found = self.made("store", "check", "--dir", self.folder / "new")
        self.assertEqual((found["format"], found["counts"]["devices"], found["faults"]), (4, 2, []))
        compacted = self.made("store", "compact", "--dir", self.folder / "new")
        self.assertLessEqual(compacted["octets"], compacted["beforeOctets"])
        self.assertEqual(self.made("store", "check", "--dir", self.folder / "new")["rows"], found["rows"])

    def test_a_store_that_is_damaged(self):
        text = DUMP.read_text()
        device = next(line for line in text.splitlines() if line.startswith(" 01010001"))
        cut = self.load(text.replace(device, device[:-2]))
        told = self.say("store", "check", "--dir", cut, code=1)
        self.assertIn("devices 1: device row: ", told)
        before = self.files(cut)
        for words in (("store", "compact"), ("store", "upgrade"), ("backup", self.folder / "no")):
            self.assertIn("devices 1: device row: ", self.say(*words, "--dir", cut, code=1))
        self.assertFalse((self.folder / "no").exists())
        self.assertEqual(self.files(cut), before)
        newer = self.load(text.replace(b"msggw store 2".hex(), b"msggw store 5".hex()))
        self.assertIn("reads up to 4; take the version that wrote it", self.say("store", "check", "--dir", newer, code=1))
        self.assertIn("is not that of a Provisioning Function", self.say("store", "check", "--pf", "--dir", self.load(text), code=1))
        # Pages that lead nowhere: whoever follows them is ended, and that is told as any other fault.
        data = self.load(text) / "data.mdb"
        pages = data.read_bytes()
        for page in range(2, len(pages) // 4096, 6):
            data.write_bytes(pages[:page * 4096 + 16] + b"\xff" * 600 + pages[page * 4096 + 616:])
            for words in (("store", "check"), ("export", "-")):
                done = subprocess.run([BIN / "msggw", *words, "--dir", data.parent], capture_output=True, text=True, timeout=PATIENCE)
                self.assertIn(done.returncode, (0, 1), done.stderr)
                if done.returncode == 1:
                    self.assertIn("store", done.stderr)


if __name__ == "__main__":
    unittest.main()
