# SPDX-License-Identifier: Apache-2.0
"""Credentials of devices by the real command line at a real gateway: given, listed, taken away, imported, kept over a
kill -9, and nowhere to be seen in clear."""
import json
import os
import subprocess
import unittest

from harness import BIN, PATIENCE, Case

KEY = "8f3a0c55d21b4e7790aa1b2c3d4e5f60"


class Credentials(Case):
    def credential(self, *arguments, stdin="", code=0):
        done = subprocess.run([BIN / "msggw", "devices", "credential", *map(str, arguments), "--dir", self.folder / "gateway"],
                              capture_output=True, text=True, timeout=PATIENCE, input=stdin)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stdout + done.stderr

    def add_devices(self, *private_ids):
        for private_id in private_ids:
            subprocess.run([BIN / "msggw", "devices", "add", private_id, "--dir", self.folder / "gateway"], check=True,
                           stdout=subprocess.DEVNULL, timeout=PATIENCE)

    def test_given_kept_over_a_kill_and_taken_away(self):
        self.pf()
        gateway = self.gateway()
        self.assertFalse((self.folder / "gateway" / "credentials.key").exists())
        self.assertIn("no such device", self.credential("add", "meter-1", stdin=KEY, code=1))
        self.add_devices("meter-1")
        self.assertEqual(self.credential("add", "meter-1", stdin=KEY + "\n"),
                         "credential 1 of meter-1: psk meter-1, good\n")
        key_file = self.folder / "gateway" / "credentials.key"
        self.assertEqual((key_file.stat().st_mode & 0o777, key_file.stat().st_size), (0o600, 32))
        secret = self.folder / "password"
        secret.write_text("a passw0rd\n")
        self.assertEqual(self.credential("add", "meter-1", "--kind", "password", "--name", "m1", "--secret", secret,
                                         "--not-after", "2050-01-31"),
                         "credential 2 of meter-1: password m1, good, until 2050-01-31T00:00:00Z\n")
        self.credential("add", "meter-1", "--kind", "certificate", "--name", "m1.example", "--not-before", "2050-01-31")
        gateway.kill()
        gateway = self.gateway()
        rows = self.credential("list", "meter-1").splitlines()
        self.assertEqual([row.split(", ")[0] for row in rows],
                         ["credential 1 of meter-1: psk meter-1", "credential 2 of meter-1: password m1",
                          "credential 3 of meter-1: certificate m1.example"])
        self.assertIn("notYet, from 2050-01-31", rows[2])
        self.assertIn("(known)", self.credential("add", "meter-1", stdin=KEY))
        self.assertIn("NUL octet", self.credential("add", "meter-1", "--name", "n", stdin="text:0123456789abcdef\0xyz", code=1))
        self.assertIn("is too long", self.credential("add", "meter-1", "--name", "n", stdin="x" * 1_030, code=1))
        self.assertIn("has this name with another key", self.credential("add", "meter-1", stdin=KEY[::-1], code=1))
        self.assertIn(": removed", self.credential("remove", "meter-1", 1))
        self.assertIn("no such credential", self.credential("remove", "meter-1", 1, code=1))
        gateway.kill()
        gateway = self.gateway()
        self.assertEqual(len(self.credential("list", "meter-1").splitlines()), 2)
        self.assertEqual(self.metric(gateway, "msggw_credentials", '{kind="psk"}'), 0)

    def test_no_secret_is_in_the_store_the_log_an_answer_or_an_export(self):
        self.pf()
        gateway = self.gateway(sections={"log": {"level": "debug", "private_ids": "plain"}})
        self.add_devices("meter-1", "meter-2")
        said = self.credential("add", "meter-1", "--json", stdin=KEY)
        said += self.credential("add", "meter-2", "--json", stdin="text:a key of sixteen octets")
        said += self.credential("add", "meter-2", "--kind", "password", "--json", stdin="a passw0rd\n")
        said += self.credential("list", "meter-1", "--json") + self.credential("list", "meter-2", "--json")
        said += self.credential("add", "meter-1", stdin="s3cret of no use", code=1)
        said += json.dumps(self.rows())
        gateway.kill()
        said += gateway.output()
        store = (self.folder / "gateway" / "data.mdb").read_bytes()
        for secret in (KEY, "a key of sixteen octets", "a passw0rd", "s3cret"):
            self.assertNotIn(secret, said)
            self.assertNotIn(secret.encode(), store)
        self.assertNotIn(bytes.fromhex(KEY), store)
        self.assertIn(b"$scrypt$ln=14,r=8,p=1$", store)

    def test_without_the_key_file_the_gateway_does_not_start_and_says_the_way_out(self):
        self.pf()
        gateway = self.gateway()
        self.add_devices("meter-1")
        self.credential("add", "meter-1", stdin=KEY)
        gateway.kill()
        key_file = self.folder / "gateway" / "credentials.key"
        key_file.rename(self.folder / "elsewhere.key")
        ended = self.gateway(ready=False)
        self.assertEqual(ended.wait(), 1)
        self.assertIn("put it back", ended.output())
        self.assertNotIn("restore the folder", ended.output())  # which is not what is wrong
        elsewhere = {"credentials": {"key_file": str(self.folder / "elsewhere.key")}}
        gateway = self.gateway(sections=elsewhere)
        self.assertIn("psk meter-1, good", self.credential("list", "meter-1"))
        self.assertFalse(key_file.exists())
        gateway.kill()
        (self.folder / "elsewhere.key").write_bytes(os.urandom(32))
        gateway = self.gateway(sections=elsewhere)
        self.assertIn("psk meter-1, unreadable", self.credential("list", "meter-1"))
        self.assertEqual(self.metric(gateway, "msggw_credentials_unreadable", ""), 1)
        self.credential("remove", "meter-1", 1, "--last")
        self.assertEqual(self.metric(gateway, "msggw_credentials_unreadable", ""), 0)

    def test_a_factory_list(self):
        self.pf()
        gateway = self.gateway()
        fleet = self.folder / "fleet.csv"
        fleet.write_text("private_id\n" + "".join(f"m-{i}\n" for i in range(2_500)))
        subprocess.run([BIN / "msggw", "devices", "import", fleet, "--dir", self.folder / "gateway"], check=True,
                       stdout=subprocess.DEVNULL, timeout=PATIENCE)
        rows = [f"m-{i},m-{i}/1,{os.urandom(16).hex()},2050-01-31" for i in range(2_500)]
        rows[1_200] = "m-1200,m-1200/1,s3cret,2050-01-31"
        rows[2_000] = f"nobody,nobody/1,{KEY},2050-01-31"
        keys = self.folder / "keys.csv"
        keys.write_text("private_id,name,key,not_after\n" + "\n".join(rows) + "\n")
        rejected = self.folder / "rejected.csv"
        said = self.credential("import", keys, "--rejected", rejected, code=1)
        self.assertIn("2500 rows: 2498 added, 0 known, 2 failed", said)
        self.assertIn("line 1202: the key is neither pairs of hexadecimal digits nor text", said)
        self.assertIn("line 2002: no such device", said)
        self.assertNotIn("s3cret", said)
        header, *failed = rejected.read_text().splitlines()
        self.assertEqual(header, "private_id,name,key,not_after")
        self.assertEqual(set(failed), {rows[1_200], rows[2_000]})  # parts of a list are under way at once
        self.assertEqual(rejected.stat().st_mode & 0o777, 0o600)
        # The list itself is not written over, by whatever name.
        before = keys.read_bytes()
        (self.folder / "link").symlink_to(keys)
        said = self.credential("import", keys, "--rejected", self.folder / "link", code=2)
        self.assertIn("msggw devices credential import: ", said)
        self.assertIn("is the list itself", said)
        self.assertEqual(keys.read_bytes(), before)
        gateway.kill()
        gateway = self.gateway()
        self.assertEqual(self.metric(gateway, "msggw_credentials", '{kind="psk"}'), 2_498)
        self.assertIn("0 added, 2498 known, 2 failed", self.credential("import", keys, code=1))


if __name__ == "__main__":
    unittest.main()
