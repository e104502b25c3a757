# SPDX-License-Identifier: Apache-2.0
"""Listeners of a running gateway get other addresses and ports: what they have is told truly, who is at another one notices
nothing, and a port that somebody has refuses the whole reload."""
import http.client
import json
import pathlib
import socket
import subprocess
import unittest

from harness import BIN, PATIENCE, Coap, free_port, toml, wait_for
from messaging import N3G, CoapDevice, MessagingCase
from server_double import OWN
from test_reload import asked

ROOT = pathlib.Path(__file__).resolve().parents[2]
CSM, RELEASE = 0xE1, 0xE4


class Stream:
    """A device's connection over TCP (RFC 8323) that says its CSM and reads what comes."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.sendall(bytes([0x00, CSM]))

    def codes(self):
        """Of all messages until the end."""
        data, codes = b"", []
        while part := self.socket.recv(4096):
            data += part
        while data:
            length, at = data[0] >> 4, 1
            if length == 13:
                length, at = data[1] + 13, 2
            codes.append(data[at])
            data = data[at + 1 + (data[0] & 15) + length:]
        return codes


class Listeners(MessagingCase):
    def msggw(self, *words, code=0):
        done = subprocess.run([BIN / "msggw", *words], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def status(self):
        return asked(self.folder / "gateway", "GET", "status")

    def urls(self):
        return {one["url"] for one in self.status()["listeners"]}

    def reload(self, **changed):
        """{key: (before, after)} of what is applied, with these options besides, or instead: {section: {key: value}}, a '_' in a
        section's name being a dot; or the problems."""
        for section, keys in changed.items():
            self.tables.setdefault(section.replace("_", "."), {}).update(keys)
        self.config.write_text(toml(self.tables))
        answer = asked(self.folder / "gateway")
        self.assertFalse(answer.get("needsRestart"))
        return answer.get("problems") or {one["key"]: (one["before"], one["after"]) for one in answer["applied"]}

    def start_gateway(self):
        self.admin_port = free_port()
        self.start_all(sections={"admin": {"port": self.admin_port}, "coap": {"tcp": True},
                                 "messages": {"default_recipient": "AS " + OWN}})
        self.config = self.folder / "gateway.toml"
        self.tables = {}
        section = None
        for line in self.config.read_text().splitlines():
            if line.startswith("["):
                section = self.tables.setdefault(line.strip("[]"), {})
            else:
                key, value = line.split(" = ", 1)
                section[key] = json.loads(value)

    def served(self, port):
        """Whether a device is, over UDP at that port."""
        coap = Coap(port)
        self.addCleanup(coap.close)
        return coap.register("meter-1", patience=PATIENCE if port == self.coap_port else 0.3) is not None

    def ask(self, connection):
        """Over a connection to the listener of MSGin5G Servers that stays."""
        connection.request("GET", "/nothing")
        answer = connection.getresponse()
        self.assertEqual((answer.status, bool(answer.read())), (404, True))
        self.assertIsNotNone(connection.sock)

    def test_listeners_move_come_and_go(self):
        self.start_gateway()
        device = CoapDevice(self, "meter-1")
        self.wait_until_registered(device)
        stream, old_port = Stream(self.coap_port), self.coap_port
        kept = http.client.HTTPConnection("127.0.0.1", self.face_port, timeout=PATIENCE)
        self.ask(kept)

        # Somebody has the port: nothing at all changes, and `status` says it until it is right again.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            told = self.reload(coap={"port": port}, limits={"max_devices": 7}, msgin5g={"port": free_port()})
            said = rf"gateway.toml:\d+: \[coap\] port: cannot bind udp port {port} of 127.0.0.1: Address already in use; .*coap.port"
            self.assertRegex(told[0], said)
            self.assertRegex(self.msggw("config", "diff", "-c", self.config, code=1), said)
            self.assertRegex({one["part"]: one["why"] for one in self.status()["degraded"]}["configuration"], said)
            self.assertIn("configuration", self.msggw("status", "--dir", self.folder / "gateway"))
            self.assertTrue(self.served(old_port))
            self.ask(kept)

        # CoAP alone: who is connected over TCP is told, MSGin5G Servers notice nothing.
        self.coap_port = free_port()
        told = self.reload(coap={"port": self.coap_port}, msgin5g={"port": self.face_port})
        self.assertEqual(told["coap.port"], (f"{old_port:_}", f"{self.coap_port:_}"))
        self.assertEqual(stream.codes(), [CSM, RELEASE])
        self.assertFalse(self.served(old_port))
        self.assertTrue(self.served(self.coap_port))
        self.ask(kept)
        kept.close()
        self.assertEqual(self.status()["degraded"], [])
        self.assertTrue({f"coap://127.0.0.1:{self.coap_port}", f"coap+tcp://127.0.0.1:{self.coap_port}"} <= self.urls())
        for scheme in ("coap", "coap+tcp"):
            self.assertIn(f"listener_opened url={scheme}://127.0.0.1:{self.coap_port} ", self.running.output())
            self.assertIn(f"listener_closed url={scheme}://127.0.0.1:{old_port} ", self.running.output())
        self.assertNotRegex(self.running.output(), r"listener_(opened|closed) url=http")

        # The operator's, over which this is asked, and that of MSGin5G Servers, which are told where it is.
        old_face, self.face_port = self.face_port, free_port()
        old_admin, self.admin_port = self.admin_port, free_port()
        self.reload(admin={"port": self.admin_port}, msgin5g={"port": self.face_port})
        self.assertFalse(self._listens(old_face) or self._listens(old_admin))
        self.assertIn(f"http://127.0.0.1:{self.admin_port}/metrics", self.urls())
        device = CoapDevice(self, "meter-1")
        self.double.control("send", {"to": device.service_id, "text": "READ"})
        self.assertEqual(device.poll()["payload"], "READ")

        # Another address and the same port; the operator's listener off, and by a signal on again.
        self.reload(coap={"address": "0.0.0.0", "tcp": False, "udp": True})
        self.assertTrue(self.served(self.coap_port))
        self.assertFalse(self._listens(self.coap_port))
        self.assertIn(f"coap://0.0.0.0:{self.coap_port}", self.urls())
        self.assertEqual(self.reload(admin={"enabled": False}), {"admin.enabled": ("true", "false")})  # answered, and then off
        self.assertFalse(self._listens(self.admin_port) or (self.folder / "gateway" / "operator.json").exists())
        self.tables["admin"]["enabled"] = True
        self.config.write_text(toml(self.tables))
        self.running._process.send_signal(1)
        wait_for((self.folder / "gateway" / "operator.json").exists, "the operator's listener")
        self.assertEqual(self.status()["degraded"], [])

        # TLS and the client's certificate in place of loopback alone, on the same port; and back.
        certificates = self.folder / "certificates"
        subprocess.run([ROOT / "etc" / "make-certs", certificates, "--gateway", "m5s.example"], check=True,
                       stdout=subprocess.DEVNULL, timeout=PATIENCE)
        open_to_all = {"address": "0.0.0.0", "target_uri": f"https://127.0.0.1:{self.face_port}"}
        self.assertRegex(self.reload(msgin5g=open_to_all)[0], r"\[msgin5g\] address: '0.0.0.0' is open to the network")
        self.reload(msgin5g_tls={"certificate": str(certificates / "pf.crt"), "key": str(certificates / "pf.key"),
                                 "client_ca": str(certificates / "ca.crt")})
        self.assertIn(f"https://0.0.0.0:{self.face_port}", self.urls())
        self.assertEqual(self.https(certificates), 404)
        self.tables["msgin5g"].update({"address": "127.0.0.1", "target_uri": "own"})
        del self.tables["msgin5g.tls"]
        self.reload()
        self.assertEqual(self.curl(N3G + "deliver-message", {})[0], 400)
        self.running.stop()

    def https(self, certificates):
        done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", certificates / "ca.crt", "--cert",
                               certificates / "m5s.example.crt", "--key", certificates / "m5s.example.key",
                               f"https://127.0.0.1:{self.face_port}/nothing"], capture_output=True, text=True, timeout=PATIENCE)
        return int(done.stdout)


if __name__ == "__main__":
    unittest.main()
