# SPDX-License-Identifier: Apache-2.0
"""Devices over DTLS and TLS with the clients that anybody has, libcoap's with OpenSSL and with GnuTLS: by PSK and by certificate
each is the device whose credential it proves, and no other."""
import re
import subprocess
import unittest

from harness import BIN, PATIENCE, free_port, wait_for
from lines import Terminal, commands
from secure import CLIENTS, KEY, ROOT, Device, SecureCase
from server_double import OWN


class Secure(SecureCase):
    def whole_life(self, device, name):
        handle = device.register(name)
        self.assertEqual(device.ask("post", handle)[0], "2.04")
        self.assertEqual(device.ask("get", handle)[0], "2.05")
        self.assertEqual(device.ask("post", handle + "/up", "-e", "21.5")[0], "2.04")
        number = self.send_down(name, "READ")
        code, text, etag = wait_for(lambda: (got := device.inbox(handle))[1] and got, "the message in the inbox")
        self.assertEqual((code, text), ("2.05", "READ"))
        self.assertEqual(device.inbox(handle, f"?after={etag}")[:2], ("2.05", None))
        wait_for(lambda: self.double.control(f"messages/{number}").get("report"), "the report")
        # In blocks, both ways.
        large = self.folder / "large"
        large.write_text("x" * 3_000)
        self.assertEqual(device.ask("post", handle + "/up", "-f", large, "-b", "512")[0], "2.04")
        self.assertEqual(device.ask("delete", handle)[0], "2.02")
        self.assertEqual(device.ask("get", handle)[0], "4.04")

    def test_a_whole_life_over_dtls_by_psk_and_by_certificate(self):
        self.start_secure()
        self.devices("credential", "add", "meter-b", "--kind", "certificate", "--name", "meter-b.example")
        for client in CLIENTS:
            with self.subTest(client):
                self.whole_life(self.psk("meter-a", client=client), "meter-a")
                self.whole_life(self.certificate("meter-b.example", client=client), "meter-b")

    def test_a_whole_life_over_tcp_and_tls(self):
        self.start_secure(tcp=True)
        self.devices("credential", "add", "meter-b", "--kind", "certificate", "--name", "meter-b.example")
        self.whole_life(self.psk("meter-a", scheme="coaps+tcp"), "meter-a")
        self.whole_life(self.certificate("meter-b.example", scheme="coaps+tcp"), "meter-b")
        self.whole_life(Device(self, [], scheme="coap+tcp"), "meter-c")

    def test_simulated_devices_come_by_their_certificates(self):
        self.start_secure(tcp=True)
        for name in ("meter-a", "meter-b"):
            self.devices("credential", "add", name, "--kind", "certificate", "--name", f"{name}.example")
        files = self.certificates / "{id}.example"
        for transport in ("--dtls", "--tls"):
            done = subprocess.run([str(part) for part in (
                BIN / "msggw-sim", "fleet", "--coap", f"localhost:{self.secure_port}", transport, "--ca", self.certificates / "ca.crt",
                "--cert", f"{files}.crt", "--key", f"{files}.key", "--once", "meter-a", "meter-b")], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual((done.returncode, done.stdout.count('"serviceId":"')), (0, 2), done.stdout + done.stderr)

    def test_a_device_observes_within_its_session(self):
        self.start_secure()
        device = self.psk("meter-a")
        handle = device.register("meter-a")
        watching = self.observe(device, handle)
        number = self.send_down("meter-a", "READ")
        wait_for(lambda: self.double.control(f"messages/{number}").get("report"), "the report")
        watching.kill()
        self.assertIn('"payload":"READ"', watching.communicate()[0])

    def test_devices_observe_over_tls_and_tcp(self):
        self.start_secure(tcp=True)
        self.devices("credential", "add", "meter-b", "--kind", "certificate", "--name", "meter-b.example")
        for client in CLIENTS:
            for name, device in (("meter-a", self.psk("meter-a", scheme="coaps+tcp", client=client)),
                                 ("meter-b", self.certificate("meter-b.example", scheme="coaps+tcp", client=client)),
                                 ("meter-c", Device(self, [], scheme="coap+tcp", client=client))):
                with self.subTest(client + " " + device.scheme):
                    handle = device.register(name)
                    watching = self.observe(device, handle)
                    for number in [self.send_down(name, "FIRST"), self.send_down(name, "x" * 5_000)]:
                        wait_for(lambda: self.double.control(f"messages/{number}").get("report"), "the report")
                    watching.kill()
                    said = watching.communicate()[0]
                    self.assertIn('"payload":"FIRST"', said)
                    self.assertIn("x" * 5_000, said)
                    # Nothing is lost with the connection.
                    self.send_down(name, "LATER")
                    wait_for(lambda: (got := device.inbox(handle))[1] == "LATER" and device.inbox(handle, f"?after={got[2]}"),
                             "the message in the inbox")
                    self.assertEqual(device.ask("delete", handle)[0], "2.02")

    def test_made_up_ended_later_removed_and_new_credentials(self):
        self.start_secure()
        gateway = self.running
        good = self.psk("meter-a")
        handle = good.register("meter-a")
        # Made up: an unknown identity and a wrong key look the same.
        shown = set()
        for identity, key in (("nobody", KEY["meter-a"]), ("meter-a", "another key of 16 octets")):
            code, said = Device(self, ["-u", identity, "-k", key], client=CLIENTS[0]).ask("get", handle, patience=4)
            self.assertIsNone(code, said)
            shown.add("\n".join(line for line in said.splitlines() if "alert" in line.lower()))
        self.assertEqual(len(shown), 1)
        self.assertEqual(self.metric(gateway, "msggw_credential_uses_refused_total", '{reason="unknown"}'), 1)
        for standing, more in (("ended", ["--not-after", "2020-01-31"]), ("not_yet", ["--not-before", "2050-01-31"])):
            self.give("meter-a", "text:" + KEY["meter-a"], "--name", standing, *more)
            self.assertIsNone(self.psk(standing, KEY["meter-a"]).ask("get", handle, patience=4)[0])
            self.assertEqual(self.metric(gateway, "msggw_credential_uses_refused_total", f'{{reason="{standing}"}}'), 1)
        # A new one beside the old, then the new one alone, without a moment in which none is good.
        number = self.give("meter-a", "text:" + KEY["meter-c"], "--name", "new")
        new = self.psk("new", KEY["meter-c"])
        self.assertEqual((good.ask("get", handle)[0], new.ask("get", handle)[0]), ("2.05", "2.05"))
        self.devices("credential", "remove", "meter-a", 1, "--last")
        self.assertIsNone(good.ask("get", handle, patience=4)[0])
        self.assertEqual(new.ask("get", handle)[0], "2.05")
        self.devices("credential", "remove", "meter-a", number, "--last")
        self.assertIsNone(new.ask("get", handle, patience=4)[0])

    def test_a_removed_credential_ends_what_a_live_session_may(self):
        self.start_secure()
        device = self.psk("meter-a")
        handle = device.register("meter-a")
        watching = self.observe(device, handle)
        self.devices("credential", "remove", "meter-a", 1, "--last")
        self.devices("credential", "add", "meter-a", "--name", "new", stdin="text:" + KEY["meter-c"])
        self.send_down("meter-a", "secret")
        wait_for(lambda: self.metric(self.running, "msggw_coap_observations") == 0, "the end of the observation")
        watching.kill()
        self.assertNotIn("secret", watching.communicate()[0])
        new = self.psk("new", KEY["meter-c"])
        self.assertEqual(wait_for(lambda: (got := new.inbox(handle))[1] and got, "the message")[1], "secret")

    def test_the_lines_of_the_document(self):
        self.secure_port = free_port()
        terminal = Terminal(self, [(r"127\.0\.0\.1(:5684)?", f"127.0.0.1:{self.secure_port}")])
        certificates = terminal.folder / "certs"
        subprocess.run([ROOT / "etc" / "make-certs", certificates, "--gateway", "meter-8.example"], check=True,
                       stdout=subprocess.DEVNULL, timeout=PATIENCE)
        self.start_all(sections={"messages": {"default_recipient": "AS " + OWN}, "coap.secure": {
            "udp": True, "port": self.secure_port, "certificate": str(certificates / "pf.crt"),
            "key": str(certificates / "pf.key"), "client_ca": str(certificates / "ca.crt")}})
        terminal.type(f"DIR={self.folder / 'gateway'}")
        for line in commands("docs/devices-secure.md"):
            said = terminal.type(line)
            if "-v 6" in line:
                self.assertIn("c:2.01", said)
                handle = re.findall(r"Location-Path:([\w-]+)", said)[-1]
                terminal.type(f"H{'8' if 'meter-8' in line else ''}={handle}")
            self.assertNotRegex(said, r"(?m)^4\.\d\d\b|c:4\.", line)
        wait_for(lambda: len([one for one in self.double.inbox() if one.get("message", {}).get("payload") == "21.5"]) == 2,
                 "both messages at the server")

    def test_certificates_of_strangers_and_of_nobody(self):
        self.start_secure()
        self.devices("credential", "add", "meter-a", "--kind", "certificate", "--name", "meter-a.example")
        # Signed by the same CA, and nobody's credential.
        code, said = self.certificate("meter-b.example").ask("post", "rd?ep=meter-a")
        self.assertEqual(code, "4.03", said)
        self.assertIn("what was shown is no credential of a device", said)
        self.assertRegex(self.running.output(), r"coap_identity_unknown .*kind=certificate .*names=#[0-9a-f]{16} ")
        self.assertNotIn("meter-b.example", self.running.output())
        other = self.folder / "other"
        subprocess.run([ROOT / "etc" / "make-certs", other, "--gateway", "meter-a.example"], check=True,
                       stdout=subprocess.DEVNULL, timeout=PATIENCE)
        stranger = Device(self, ["-c", other / "meter-a.example.crt", "-j", other / "meter-a.example.key", "-C",
                                 self.certificates / "ca.crt"])
        self.assertIsNone(stranger.ask("post", "rd?ep=meter-a", patience=4)[0])
        self.certificate("meter-a.example").register("meter-a")


if __name__ == "__main__":
    unittest.main()
