# SPDX-License-Identifier: Apache-2.0
"""What a reload and a start make of files that are not as they should be: a certificate whose time is over, a pipe in place of a
file. Nothing hangs, and what a check refuses a reload refuses too."""
import os
import subprocess
import threading
import unittest

from harness import BIN, PATIENCE, Case, free_port, toml


def certificate(folder, name, days):
    """A self-signed one, over before it began if `days` is negative."""
    key, request = folder / f"{name}.key", folder / f"{name}.csr"
    for words in (["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", key,
                   "-out", request],
                  ["x509", "-req", "-in", request, "-signkey", key, "-days", str(days), "-out", folder / f"{name}.pem"]):
        subprocess.run(["openssl", *words], capture_output=True, check=True)


class ReloadFiles(Case):
    def msggw(self, *words, code=0, **options):
        done = subprocess.run([BIN / "msggw", *words], capture_output=True, text=True, timeout=PATIENCE, **options)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def write(self, **provisioning):
        tables = {"gateway": {"folder": str(self.folder / "gateway")}, "coap": {"address": "127.0.0.1", "port": self.coap},
                  "provisioning": {"uris": [f"https://127.0.0.1:{self.pf_port}"], **provisioning}, "mqtt": {"enabled": False},
                  "provisioning.tls": {name: str(self.folder / f"own.{kind}") for name, kind in (("certificate", "pem"), ("key", "key"))},
                  "admin": {"port": 0}}
        self.config.write_text(toml(tables))

    def set_up(self):
        self.coap = free_port()
        self.config = self.folder / "msggw.toml"
        self.token = self.folder / "token"
        self.token.write_text("one\n")
        certificate(self.folder, "good", 30)
        certificate(self.folder, "old", -1)
        self.take("good")
        self.write(token_file=str(self.token))

    def take(self, name):
        for kind in ("pem", "key"):
            (self.folder / f"own.{kind}").write_bytes((self.folder / f"{name}.{kind}").read_bytes())

    def test_a_reload_refuses_what_a_check_refuses_and_a_start_goes_on_with_an_old_certificate(self):
        self.set_up()
        gateway = self.start([BIN / "msggw", "run", "-c", self.config])
        self.take("old")
        self.assertIn("has expired on", self.msggw("check", "-c", self.config, code=2))
        for words in ("config", "diff"), ("reload",):
            said = self.msggw(*words, "-c", self.config, code=1)
            self.assertIn("has expired on", said)
            self.assertIn("nothing has changed", said)
        self.take("good")
        self.msggw("reload", "-c", self.config)

        self.token.unlink()
        os.mkfifo(self.token)
        for words, code in ((("check",), 2), (("config", "diff"), 1), (("reload",), 1)):
            self.assertIn("no regular file", self.msggw(*words, "-c", self.config, code=code))
        self.token.unlink()
        self.token.write_text("two\n")
        (self.folder / "own.pem").unlink()
        os.mkfifo(self.folder / "own.pem")
        self.assertIn("no regular file", self.msggw("reload", "-c", self.config, code=1))
        (self.folder / "own.pem").unlink()

        self.take("old")
        gateway.stop()
        again = self.start([BIN / "msggw", "run", "-c", self.config])
        self.assertIn("certificate_ended", again.output())
        again.stop()

    def test_a_configuration_may_be_a_pipe_at_a_start_and_is_not_read_again(self):
        self.set_up()
        text = self.config.read_text()
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        writer = threading.Thread(target=lambda: pipe.write_text(text))
        writer.start()
        gateway = self.start([BIN / "msggw", "run", "-c", pipe])
        writer.join()
        self.assertIn("no regular file, so it cannot be read again", self.msggw("reload", "--dir", self.folder / "gateway", code=1))
        self.assertIn("/dev/stdin: good", self.msggw("check", "-c", "/dev/stdin", input=text))
        gateway.stop()


if __name__ == "__main__":
    unittest.main()
