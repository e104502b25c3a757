# SPDX-License-Identifier: Apache-2.0
"""Mistakes of configuration that operators make: each is told by `msggw check` with file, line, cause and way out, and `msggw run`
says the same; both end with 2, and nothing is started."""
import re
import subprocess
import unittest

from harness import BIN, PATIENCE, Case

PF = '[provisioning]\nuris = ["https://pf.example"]\n'

# What somebody wrote, the line of it that is told (counted from 1), and what is said.
MISTAKES = [
    ("a key that is misspelt", "[limits]\nmax_device = 5\n", 2, r"\[limits\] max_device: unknown key, did you mean 'max_devices'\?"),
    ("a section that is misspelt", "[limit]\nmax_devices = 5\n", 1, r"\[limit\]: unknown section, did you mean \[limits\]\?"),
    ("a key in the wrong section", "[coap]\nkeep_alive = \"30s\"\n", 2, r"\[coap\] keep_alive: unknown key here, it belongs to \[mqtt\]"),
    ("a key before any section", "port = 5683\n", 1, r"port: stands outside of any section, put it below its \[section\]"),
    ("a word without quotes", "[log]\nlevel = debug\n", 2, r"\[log\] level: "),
    ("a number in quotes", "[coap]\nport = \"5683\"\n", 2, r"\[coap\] port: must be an integer, not a string"),
    ("a duration without its unit", "[limits]\nanswer_within = 2\n", 2, r"\[limits\] answer_within: must be a duration such as \"500ms\""),
    ("a unit that there is not", "[limits]\nanswer_within = \"2 sec\"\n", 2, r"is not a duration, write a whole number and ms, s, m, h or d"),
    ("a size with a unit that there is not", "[coap]\nmax_body_octets = \"4KB\"\n", 2, r"is not a size, write a whole number and KiB"),
    ("a value out of range", "[coap]\nport = 70000\n", 2, r"70000 is out of range, allowed are 0 to 65535"),
    ("a negative limit", "[limits]\nmax_devices = -1\n", 2, r"-1 is out of range, allowed are 1 to 100000000"),
    ("a word that is none of those allowed", "[log]\nlevel = \"verbose\"\n", 2, r"'verbose' is unknown, allowed are debug, info, warn, error"),
    ("yes for true", "[mqtt]\nenabled = \"yes\"\n", 2, r"\[mqtt\] enabled: must be true or false, not a string"),
    ("the same key twice", "[coap]\nport = 1\nport = 2\n", 3, r"\[coap\] port"),
    ("a section that is not closed", "[coap\nport = 1\n", 1, r"."),
    ("a text that is not closed", "[mqtt]\nuser = \"u\n", 2, r"\[mqtt\] user"),
    ("a name where a numeric address must be", "[coap]\naddress = \"gw.example\"\n", 2, r"\[coap\] address: "),
    ("two listeners on one port", "[coap]\ntcp = true\nport = 9000\n[admin]\nport = 9000\n", 5, r"9000 is taken by \[coap\] port, every listener needs a port of its own"),
    ("a lower limit above the upper", "[limits]\nmin_lifetime = \"30h\"\n", 2, r"\[limits\] min_lifetime: 30h is more than default_lifetime"),
    ("a certificate without its key", "[mqtt]\nca = \"{ca}\"\ncertificate = \"{ca}\"\n", 3, r"\[mqtt\] .*key"),
    ("a file that is not there", "[mqtt]\nca = \"/absent/ca.pem\"\n", 2, r"\[mqtt\] ca: .*/absent/ca.pem.*No such file"),
    ("a file that is no certificate", "[mqtt]\nca = \"{text}\"\n", None, r"\[mqtt\] ca: .*{text}"),
    ("a password file that is empty", "[mqtt]\nuser = \"u\"\npassword_file = \"{empty}\"\n", 3, r"\[mqtt\] password_file: .* is empty"),
    ("a password beside its file", "[mqtt]\nuser = \"u\"\npassword = \"p\"\npassword_file = \"{text}\"\n", 4, r"stands beside password, only one of them is allowed"),
    ("cleartext over the network", "[provisioning]\nuris = [\"http://pf.example\"]\n", 2, r"\[provisioning\] uris: .*allow_cleartext = true"),
    ("no Provisioning Function", "[coap]\nport = 1\n", None, r"\[provisioning\] uris: .*mcc and mnc"),
    ("a URI with a path of another kind", "[provisioning]\nuris = [\"ftp://pf.example\"]\n", 2, r"\[provisioning\] uris: 'ftp://pf.example'"),
    ("messages without a server", "[msgin5g]\nenabled = true\n", None, r"\[msgin5g.server\] (uris|service_id): "),
]


class Mistakes(Case):
    def told(self, word, config):
        done = subprocess.run([BIN / "msggw", word, "-c", config], capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode, done.stderr

    def test_each_is_told_with_its_place_and_the_way_out(self):
        self.assertEqual(len(MISTAKES), 28)
        files = {name: self.folder / name for name in ("ca", "text", "empty")}
        files["text"].write_text("this is no certificate\n")
        files["empty"].write_text("\n")
        made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=ca",
                               "-days", "30", "-keyout", self.folder / "ca.key", "-out", files["ca"]], capture_output=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        config = self.folder / "msggw.toml"
        for name, text, line, said in MISTAKES:
            with self.subTest(name):
                for word, file in files.items():
                    text, said = text.replace("{" + word + "}", str(file)), said.replace("{" + word + "}", re.escape(str(file)))
                needs_pf = "[provisioning]" not in text and "Provisioning" not in name
                folder = f'[gateway]\nfolder = "{self.folder}/state"\n'
                config.write_text(text + (PF if needs_pf else "") + folder)
                code, told = self.told("check", config)
                self.assertEqual(code, 2, told)
                place = re.escape(f"{config}:{line}: " if line else f"{config}: ")
                self.assertRegex(told, f"(?m)^{place}.*{said}")
                self.assertEqual(self.told("run", config), (code, told))
                self.assertFalse((self.folder / "state").exists(), "neither changes anything")


if __name__ == "__main__":
    unittest.main()
