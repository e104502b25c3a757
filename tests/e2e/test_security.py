# SPDX-License-Identifier: Apache-2.0
"""Who may talk to the Provisioning Function, with real clients: certificates and keys that are right, wrong, expired,
unknown or of another name, over HTTPS and CoAPS, each let in or refused with a log line that names the reason."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import unittest

from harness import BIN, PATIENCE, Case, free_port, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLLECTION = "/msgin5g-provisioning/v1/provisionings"
COAP_CLIENT = shutil.which("coap-client-openssl") or shutil.which("coap-client")
BODY = json.dumps({"ueType": "NON_3GPP", "privateId": "00-1B-63-84-45-E6"})


class Security(Case):
    def setUp(self):
        super().setUp()
        self.tls_port, self.coap_port_, self.coaps_port = free_port(), free_port(), free_port()
        self.certs, self.others = self.folder / "certs", self.folder / "others"
        self.make_certs(self.certs, "--gateway", "gw-1", "--gateway", "gw-2")
        self.make_certs(self.certs, "--gateway", "late", "--expired")
        self.make_certs(self.others, "--gateway", "gw-1")
        (self.folder / "gateways.toml").write_text("""
[[gateway]]
name = "meters"
certificate = "gw-1"
ue_types = ["NON_3GPP"]
private_ids = ["001b63*"]
[[gateway]]
name = "field"
psk_identity = "field-7"
psk_key = "secretPSK"
[[gateway]]
name = "token"
token = "s3cret-token-of-sixteen"
""")

    def make_certs(self, folder, *arguments):
        subprocess.run([ROOT / "etc/make-certs", folder, *arguments], check=True, capture_output=True)

    def secure_pf(self, mutual=True, **settings):
        tls = {"certificate": str(self.certs / "pf.crt"), "key": str(self.certs / "pf.key")}
        if mutual:
            tls["client_ca"] = str(self.certs / "ca.crt")
        return self.pf(sections={"pf.tls": tls, "pf.coap": {"coap_port": self.coap_port_, "coaps_port": self.coaps_port},
                                 "log": {"private_ids": "plain"}},
                       tls_port=self.tls_port, gateways_file=str(self.folder / "gateways.toml"),
                       require_known_gateway=True, **settings)

    def curl(self, *arguments, host="localhost", body=BODY):
        run = subprocess.run(["curl", "-s", "-S", "--max-time", "20", "-w", "\n%{http_code}", "-H",
                              "content-type: application/json", "-d", body, *arguments,
                              f"https://{host}:{self.tls_port}{COLLECTION}"], capture_output=True, text=True,
                             timeout=PATIENCE)
        return run.returncode, run.stdout.rsplit("\n", 1)[-1], run.stdout + run.stderr

    def identity(self, name, folder=None):
        folder = folder or self.certs
        return ["--cert", folder / f"{name}.crt", "--key", folder / f"{name}.key"]

    def coap(self, *arguments, scheme="coaps"):
        port = self.coaps_port if scheme.startswith("coaps") else self.coap_port_
        run = subprocess.run([COAP_CLIENT, "-B", "5", "-m", "post", "-t", "50", "-e", BODY, *arguments,
                              f"{scheme}://127.0.0.1:{port}{COLLECTION}"], capture_output=True, text=True, timeout=PATIENCE)
        return run.stdout + run.stderr

    def logged(self, process, event, reason):
        wait_for(lambda: any(event in line and reason.lower() in line.lower() for line in process.lines),
                 f"{event} ... {reason} in\n{process.output()}")

    def test_certificates_over_https(self):
        pf = self.secure_pf()
        ca = ["--cacert", self.certs / "ca.crt"]
        with self.subTest("the gateway's certificate"):
            code, status, output = self.curl(*ca, *self.identity("gw-1"))
            self.assertEqual((code, status), (0, "201"), output)
        with self.subTest("its limits"):
            code, status, output = self.curl(*ca, *self.identity("gw-1"), body='{"ueType":"AS","privateId":"001b63000001"}')
            self.assertEqual(status, "403", output)
            self.assertIn("GATEWAY_NOT_AUTHORIZED", output)
            code, status, output = self.curl(*ca, *self.identity("gw-1"), body='{"ueType":"NON_3GPP","privateId":"x"}')
            self.assertEqual(status, "403", output)
            self.logged(pf, "pf_gateway_refused", "gateway=meters")
        with self.subTest("a certificate of our CA for no gateway"):
            code, status, output = self.curl(*ca, *self.identity("gw-2"))
            self.assertEqual(status, "401", output)
        with self.subTest("no certificate"):
            code, status, output = self.curl(*ca)
            self.assertNotEqual(code, 0, output)
            self.logged(pf, "http_tls_refused", "did not return a certificate")
            for scheme, words in (("https", "certificate required; it wants one of this side, and none was shown"),
                                  ("http", "this port speaks https, and was asked by http")):
                told = subprocess.run([BIN / "msggw", "provision", "--type", "non3gpp", "--private-id", "001b63000001",
                                       "--pf", f"{scheme}://127.0.0.1:{self.tls_port}", "--ca", self.certs / "ca.crt"],
                                      capture_output=True, text=True, timeout=PATIENCE)
                self.assertIn(words, told.stderr)
        with self.subTest("expired"):
            code, status, output = self.curl(*ca, *self.identity("late"))
            self.assertNotEqual(code, 0, output)
            self.logged(pf, "http_tls_refused", "expired")
        with self.subTest("another CA's"):
            code, status, output = self.curl(*ca, *self.identity("gw-1", self.others))
            self.assertNotEqual(code, 0, output)
            self.logged(pf, "http_tls_refused", "signed by a CA that is not trusted here")
        with self.subTest("the client trusts another CA"):
            code, status, output = self.curl("--cacert", self.others / "ca.crt", *self.identity("gw-1"))
            self.assertEqual(code, 60, output)
        pf.stop()

    def test_token_over_https(self):
        pf = self.secure_pf(mutual=False)
        ca = ["--cacert", self.certs / "ca.crt"]
        bearer = lambda token: ["-H", f"authorization: Bearer {token}"]
        self.assertEqual(self.curl(*ca, *bearer("s3cret-token-of-sixteen"))[1], "201")
        code, status, output = self.curl(*ca, *bearer("guess"), "-i")
        self.assertEqual(status, "401", output)
        self.assertIn("www-authenticate: Bearer", output)
        self.assertEqual(self.curl(*ca)[1], "401")
        pf.stop()

    def test_who_is_taken_out_is_out_although_a_reload_was_refused(self):
        pf = self.secure_pf(mutual=False)
        asked = ["--cacert", self.certs / "ca.crt", "-H", "authorization: Bearer s3cret-token-of-sixteen"]
        self.assertEqual(self.curl(*asked)[1], "201")
        gateways = self.folder / "gateways.toml"
        gateways.write_text(gateways.read_text().partition('[[gateway]]\nname = "token"')[0])
        (self.certs / "pf.crt").write_text("no certificate")
        os.kill(pf.pid, signal.SIGHUP)
        self.logged(pf, "reload_refused", "pf.crt")
        self.logged(pf, "pf_gateways_reloaded", "gateways=2")
        self.assertEqual(self.curl(*asked)[1], "401")
        pf.stop()

    def test_keys_and_certificates_over_coaps(self):
        pf = self.secure_pf()
        with self.subTest("PSK"):
            self.assertIn("serviceId", self.coap("-u", "field-7", "-k", "secretPSK"))
        with self.subTest("wrong key"):
            self.assertNotIn("serviceId", self.coap("-u", "field-7", "-k", "guess"))
            self.logged(pf, "coap_handshake_failed", "key of PSK identity field-7")
        with self.subTest("unknown identity"):
            self.assertNotIn("serviceId", self.coap("-u", "nobody", "-k", "secretPSK"))
            self.logged(pf, "coap_handshake_failed", "nobody")
        trust = lambda name, folder=self.certs: ["-c", folder / f"{name}.crt", "-j", folder / f"{name}.key", "-C",
                                                 self.certs / "ca.crt"]
        with self.subTest("certificate"):
            self.assertIn("serviceId", self.coap(*trust("gw-1")))
        with self.subTest("certificate, over TCP"):
            self.assertIn("serviceId", self.coap(*trust("gw-1"), scheme="coaps+tcp"))
        with self.subTest("expired"):
            self.assertNotIn("serviceId", self.coap(*trust("late")))
            self.logged(pf, "coap_handshake_failed", "expired")
        with self.subTest("another CA's"):
            self.assertNotIn("serviceId", self.coap(*trust("gw-1", self.others)))
            self.logged(pf, "coap_handshake_failed", "signed by a CA that is not trusted here")
        with self.subTest("cleartext is nobody"):
            self.assertIn("GATEWAY_UNKNOWN", self.coap(scheme="coap"))
        pf.stop()

    def test_the_gateway_looks_at_the_server(self):
        pf = self.secure_pf(address="127.0.0.2")
        def provision(host, *arguments, scheme="https", port=None, ca=self.certs):
            run = subprocess.run([BIN / "msggw", "provision", "--type", "non3gpp", "--private-id", "001b63000002", "--pf",
                                  f"{scheme}://{host}:{port or self.tls_port}", "--ca", ca / "ca.crt", *arguments],
                                 capture_output=True, text=True, timeout=PATIENCE)
            return run.returncode, run.stdout + run.stderr
        for scheme, port in (("https", self.tls_port), ("coaps", self.coaps_port), ("coaps+tcp", self.coaps_port)):
            with self.subTest(scheme, wrong="name"):  # the certificate is for localhost and 127.0.0.1
                code, output = provision("127.0.0.2", *self.identity("gw-1"), scheme=scheme, port=port)
                self.assertEqual(code, 4, output)
                self.assertRegex(output, "(?i)name|match|address")
        pf.stop()
        pf = self.secure_pf()
        for scheme, port in (("https", self.tls_port), ("coaps", self.coaps_port), ("coaps+tcp", self.coaps_port)):
            with self.subTest(scheme, wrong="nothing"):
                code, output = provision("localhost", *self.identity("gw-1"), scheme=scheme, port=port)
                self.assertEqual(code, 0, output)
            with self.subTest(scheme, wrong="CA"):
                code, output = provision("127.0.0.1", *self.identity("gw-1"), scheme=scheme, port=port, ca=self.others)
                self.assertEqual(code, 4, output)
                self.assertRegex(output, "(?i)certificate|issuer|verify")
        pf.stop()


if __name__ == "__main__":
    unittest.main()
