# SPDX-License-Identifier: Apache-2.0
"""With the credentials of one device everything is tried as another, in each of its names and by its handle, over every transport
that the gateway listens on: all is refused alike, and counted, and the other notices nothing."""
import re
import socket
import ssl
import unittest

from harness import free_port, wait_for
from secure import CLIENTS, Device, SecureCase

MAC, NAME, NUMBER = "00-1B-63-84-45-E6", "meter-v", "+491701234567"
VICTIM = [MAC, "00:1b:63:84:45:e6", "001B.6384.45E6", "001b638445e6", NAME, "%2B491701234567", "tel:%2B49-170-1234567"]
NOBODY = ["00-1B-63-84-45-E7", "meter-w", "%2B491709999999", "METER-V", "meter-v%20"]
KEY = "the key of meter-v, 16 octets"
# Below the handle.
ASKED = [("get", "", None), ("post", "", None), ("post", "?lt=60", None), ("post", "?ep=" + NAME, None), ("post", "?ep=meter-a", None),
         ("post", "?base=coap://127.0.0.1:9", None), ("get", "/inbox", None), ("get", "/inbox?after={etag}", None),
         ("post", "/msg", '{"payload":"forged"}'), ("post", "/up", "forged"),
         ("post", "/report", '{"msgId":"{id}","delivSt":"REPT_DELY_SUCCESS"}'), ("delete", "", None)]
UNKNOWN = "rd/AAAAAAAAAAAAAAAAAAAAAA"


def last_line(said):
    return said.strip().splitlines()[-1] if said.strip() else ""


class Attacks(SecureCase):
    def setUp(self):
        super().setUp()
        self.start_secure(tcp=True)
        self.devices("add", MAC, "--alias", NAME, "--alias", NUMBER)
        self.give(MAC, "text:" + KEY, "--name", NAME)
        self.victim = self.psk(NAME, KEY)
        self.handle = self.victim.register(MAC)
        self.send_down("001b638445e6", "secret")
        wait_for(lambda: self.metric(self.running, "msggw_messages_waiting") == 1, "the message at the gateway")
        self.etag = self.victim.inbox(self.handle)[2]
        self.message = re.search(r'"msgId":"([^"]+)"', self.victim.ask("get", self.handle + "/inbox")[1]).group(1)

    def not_served(self):
        """Of all reasons."""
        return sum(self.metric(self.running, "msggw_not_served_total", f'{{bearer="coap",reason="{reason}"}}')
                   for reason in ("another", "unproven", "unknown", "kind", "credentials", "nobody", "messages"))

    def refused(self, attacker, method, path, body=None):
        """What is said to that, which is a refusal."""
        code, said = attacker.ask(method, path, *(["-e", body] if body else []))
        self.assertIn(code, ("4.03", "4.04"), f"{method} {path}: {said}")
        self.assertNotIn("secret", said)
        return code, last_line(said)

    def attack(self, attacker, names, asked):
        before = self.not_served()
        tries = 0
        said = {self.refused(attacker, "post", "rd?ep=" + name) for name in names}
        tries += len(names)
        self.assertEqual(len(said), 1, said)  # no oracle for who is a device
        for method, below, body in asked:
            below = below.replace("{etag}", self.etag)
            body = body and body.replace("{id}", self.message)
            said = [self.refused(attacker, method, handle + below, body) for handle in (self.handle, UNKNOWN)]
            self.assertEqual(said[0], said[1], (method, below))
            tries += 2
        self.assertEqual(self.not_served() - before, tries)

    def victim_has_not_noticed(self):
        self.assertEqual(self.victim.ask("get", self.handle)[0], "2.05")
        self.assertEqual(self.victim.inbox(self.handle)[1], "secret")
        self.assertEqual(set(self.rows()), {"meter-a", "meter-b", "001b638445e6"})

    def test_by_the_psk_of_another(self):
        self.attack(self.psk("meter-a"), VICTIM + NOBODY, ASKED)
        for attacker in (self.psk("meter-a", client=CLIENTS[1]), self.psk("meter-a", scheme="coaps+tcp")):
            self.attack(attacker, [MAC, NAME, "meter-w"], ASKED[::4])
        self.victim_has_not_noticed()

    def test_by_the_certificate_of_another(self):
        self.devices("credential", "add", "meter-a", "--kind", "certificate", "--name", "meter-a.example")
        for attacker in (self.certificate("meter-a.example"), self.certificate("meter-a.example", scheme="coaps+tcp")):
            self.attack(attacker, [MAC, NAME, "meter-w"], ASKED[1::3])
        self.victim_has_not_noticed()

    def test_by_a_certificate_of_nobody(self):
        self.attack(self.certificate("meter-a.example"), [MAC, NAME, "meter-w"], ASKED[2::4])
        self.victim_has_not_noticed()

    def test_in_the_clear(self):
        for attacker, asked in ((Device(self, [], scheme="coap"), ASKED), (Device(self, [], scheme="coap+tcp"), ASKED[::4])):
            with self.subTest(attacker.scheme):
                # A number that nobody has is refused as one that somebody has, and as a device with credentials.
                self.attack(attacker, VICTIM + ["%2B491709999999"], asked)
        self.victim_has_not_noticed()

    def test_from_the_port_of_its_session(self):
        port = str(free_port())
        victim = Device(self, ["-p", port, *self.victim.arguments])
        self.assertEqual(victim.ask("get", self.handle)[0], "2.05")
        attacker = Device(self, ["-p", port, *self.psk("meter-a").arguments])
        self.attack(attacker, [MAC], ASKED[::3])
        self.assertEqual(victim.ask("get", self.handle)[0], "2.05")
        clear = Device(self, ["-p", port], scheme="coap")
        self.attack(clear, [MAC], ASKED[:1])
        self.victim_has_not_noticed()

    def test_by_a_session_of_another_that_is_resumed(self):
        self.devices("credential", "add", MAC, "--kind", "certificate", "--name", "meter-b.example")
        at = self.certificates
        context = ssl.create_default_context(cafile=at / "ca.crt")
        context.check_hostname = False
        context.maximum_version = ssl.TLSVersion.TLSv1_2

        def connect(session=None):
            raw = socket.create_connection(("127.0.0.1", self.secure_port))
            self.addCleanup(raw.close)
            return context.wrap_socket(raw, session=session)

        with self.assertRaises(ssl.SSLError):
            connect()  # it must show a certificate
        context.load_cert_chain(at / "meter-b.example.crt", at / "meter-b.example.key")
        with connect() as proven:
            session = proven.session
        with connect(session) as again:
            self.assertFalse(again.session_reused)


class Names(SecureCase):
    def test_a_certificate_whose_name_is_a_private_id_is_that_device_alone(self):
        self.start_secure(certificate_names=["{privateId}.example"])
        b = self.certificate("meter-b.example")  # has a PSK, and no certificate among its credentials
        handle = b.register("meter-b")
        self.assertEqual(b.ask("get", handle)[0], "2.05")
        for name in ("meter-a", "meter-b.example", "nobody"):
            self.assertEqual(b.ask("post", "rd?ep=" + name)[0], "4.03")
        # A certificate among its credentials says more than its name.
        self.devices("credential", "add", "meter-b", "--kind", "certificate", "--name", "other.example")
        self.assertEqual(b.ask("post", "rd?ep=meter-b")[0], "4.03")
        self.assertEqual(b.ask("get", handle)[0], "4.03")

    def test_a_device_that_nobody_has_added_comes_by_the_name_in_its_certificate(self):
        self.start_secure(certificate_names=["{privateId}.example"])
        self.devices("remove", "meter-a", "--yes")
        wait_for(lambda: "meter-a" not in self.rows(), "the end of the row")
        a = self.certificate("meter-a.example")
        self.assertEqual(a.ask("post", "rd?ep=nobody")[0], "4.03")
        self.assertEqual(a.ask("get", UNKNOWN)[0], "4.04")
        handle = a.register("meter-a")
        self.assertEqual(a.ask("post", handle + "/up", "-e", "21.5")[0], "2.04")
        self.assertEqual(a.register("meter-a"), handle)  # no claim, so the handle stays


if __name__ == "__main__":
    unittest.main()
