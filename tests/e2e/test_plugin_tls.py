# SPDX-License-Identifier: Apache-2.0
"""Our plugin in the real Mosquitto, with certificates and PSKs by etc/mosquitto/msggw-plugin.conf, with the real clients: register,
messages both ways, end; and all as another."""
import ssl
import subprocess
import unittest

from harness import BIN, PATIENCE, wait_for
from lines import Terminal, commands
from mqtt import Mqtt
from plugin_broker import PluginCase

KEYS = {"a": "8f3a0c55d21b4e7790aa1b2c3d4e5f60", "b": "00112233445566778899aabbccddeeff"}


class OverTls(PluginCase):
    devices = "ab"

    def lines(self):
        return self.tls_lines()

    def begin(self, **more):
        gateway = super().begin(**more)
        for name, key in KEYS.items():
            self.credential("add", name, "--name", f"psk-{name}", "--secret", "-", stdin=f"hex:{key}\n")
            self.credential("add", name, "--kind", "certificate", "--name", f"{name}.example")
        wait_for(lambda: self.run_client("pub", self.psk("b"), "msgin5g/b/status", "-m", "online").returncode == 0, "the PSKs at the broker")
        return gateway

    def psk(self, name, key=None, identity=None):
        return ["-p", self.psk_port, "--psk-identity", identity or f"psk-{name}", "--psk", key or KEYS[name]]

    def certificate(self, name):
        return ["-p", self.tls_port, "-h", "localhost", "--cafile", self.certificates / "ca.crt", "--cert", self.certificates / f"{name}.crt",
                "--key", self.certificates / f"{name}.key"]

    def run_client(self, word, ways, topic, *more):
        return subprocess.run([str(part) for part in (f"mosquitto_{word}", "-V", "5", "-q", "1", *ways, "-t", topic, *more)],
                              capture_output=True, text=True, timeout=PATIENCE)

    def hears(self, ways, *topics, more=()):
        """A client that listens, in the background."""
        process = self.start(["stdbuf", "-oL", "mosquitto_sub", "-d", "-V", "5", "-q", "1", "-v", *ways, *[word for topic in topics for word in ("-t", topic)], *more],
                             ready=False)
        wait_for(lambda: "SUBACK" in process.output() or process.ended(), f"the subscription to {topics}")
        return process

    def alert(self, identity, key, version):
        """What the broker says to a handshake."""
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.psk_port}", "-psk_identity", identity, "-psk", key, version],
                              capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        return next((line.split(":", 1)[1].split(":../")[0] for line in done.stderr.splitlines() if "error:" in line), done.stderr)

    def test_a_whole_life_by_psk_and_by_certificate(self):
        gateway = self.begin()
        for name, ways in (("a", self.psk("a")), ("b", self.certificate("b.example"))):
            own = f"msgin5g/{name}/"
            device = self.hears(ways, own + "registration", own + "ack", own + "down", more=("-c", "-i", f"sub-{name}", "--will-topic", own + "status",
                                "--will-payload", "offline"))
            self.assertEqual(self.run_client("pub", ways, own + "register", "-n").returncode, 0)
            wait_for(lambda d=device: '"serviceId"' in d.output(), f"the Service ID of {name}")
            device.kill()
            self.assertEqual(self.run_client("pub", ways, own + "deregister", "-n").returncode, 0)
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_received_total", '{kind="deregister"}') == 2, "the ends")
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_received_total", '{kind="status"}') >= 3, "the Wills, and the status of b")
        gateway.stop()

    def test_simulated_devices_come_by_their_passwords_and_certificates(self):
        gateway = self.begin()
        keys = self.folder / "passwords.csv"
        keys.write_text("private_id,key\n" + "".join(f"{name},{f'of-{name}'.encode().hex()}\n" for name in "ab"))
        files = self.certificates / "{id}.example"
        for ways in ((f"127.0.0.1:{self.broker_port}", "--passwords", "--keys", keys),
                     (f"localhost:{self.tls_port}", "--tls", "--ca", self.certificates / "ca.crt", "--cert", f"{files}.crt", "--key", f"{files}.key")):
            done = subprocess.run([str(part) for part in (BIN / "msggw-sim", "fleet", "--mqtt", *ways, "--once", "a", "b")],
                                  capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual((done.returncode, done.stdout.count('"serviceId":"')), (0, 2), done.stdout + done.stderr)
        self.assertEqual(self.refused(gateway, "topic"), 0)
        gateway.stop()

    def test_with_the_proof_of_one_everything_is_refused_as_the_other(self):
        gateway = self.begin()
        for ways in (self.psk("a"), self.certificate("a.example")):
            for topic in ("register", "status", "up", "send", "report", "deregister", "down", "registration"):
                self.assertIn("Not authorized", self.run_client("pub", ways, f"msgin5g/b/{topic}", "-m", "{}").stderr, topic)
            self.hears(ways, "msgin5g/+/down", "msgin5g/b/down", "#", "$share/g/msgin5g/b/down", "$SYS/#")
            before = self.metric(gateway, "msggw_mqtt_received_total", '{kind="status"}')
            willing = self.hears(ways, "msgin5g/a/down", more=("--will-topic", "msgin5g/b/status", "--will-payload", "offline"))
            willing.kill()
            self.run_client("pub", self.psk("b"), "msgin5g/b/status", "-m", "online")
            wait_for(lambda n=before: self.metric(gateway, "msggw_mqtt_received_total", '{kind="status"}') > n, "b's own")
            self.assertEqual(self.metric(gateway, "msggw_mqtt_received_total", '{kind="status"}'), before + 1)
        wait_for(lambda: self.refused(gateway, "topic") >= 16, "that all is counted")
        gateway.stop()

    def test_what_is_nobodys(self):
        gateway = self.begin()
        for version in ("-tls1_2", "-tls1_3"):
            alerts = {self.alert("nobody", KEYS["a"], version), self.alert("psk-a", KEYS["b"], version)}
            self.assertEqual(len(alerts), 1, alerts)
            self.assertIn("alert", alerts.pop())
        # A certificate that the CA has signed, of no device; one of the gateway's name; names that are of another kind.
        for name in ("stranger", "msggw"):
            self.assertIn("Not authorized", self.run_client("pub", self.certificate(name), "msgin5g/a/down", "-m", "1").stderr, name)
        for identity in ("a", "a.example", "msggw"):
            self.assertNotEqual(self.run_client("pub", self.psk("a", identity=identity), "msgin5g/a/up", "-m", "1").returncode, 0, identity)
        stranger = self.hears(self.certificate("stranger"), "msgin5g/a/down")
        wait_for(lambda: stranger.ended() or stranger.output().count("CONNECT") > 1, "the end of a stranger's connection")
        gateway.stop()

    def test_the_lines_of_the_document(self):
        self.broker(self.lines())
        self.start_all(mqtt=True, sections=self.sections(admission="proven"))
        gateway = self.running
        screen = Terminal(self, ((r"\$DIR", str(self.folder / "gateway")), ("-p 1883", f"-p {self.broker_port}"), ("-p 8884", f"-p {self.psk_port}"),
                                 ("-p 8883", f"-p {self.tls_port}"), ("certs/", f"{self.certificates}/"), ("meter-7.example.(crt|key)", r"a.example.\1"),
                                 ("--name meter-7.example", "--name a.example")))
        for line in commands("docs/brokers.md", "Devices that prove who they are"):
            with self.subTest(line):
                if line.startswith("mosquitto_pub"):  # what was given is at the broker in a moment
                    wait_for(lambda command=line: self.goes(screen, command), "that the device is let in", pause=0.2)
                else:
                    screen.type(line)
        for kind in ("register", "status", "up"):
            wait_for(lambda k=kind: self.metric(gateway, "msggw_mqtt_received_total", f'{{kind="{k}"}}') == 1, kind)
        gateway.stop()

    @staticmethod
    def goes(screen, command):
        try:
            return "rror" not in screen.type(command) or None
        except AssertionError:
            return False

    def test_a_last_will_is_published_though_nothing_was_said_before(self):
        gateway = self.begin()
        before = self.metric(gateway, "msggw_mqtt_received_total", '{kind="status"}')
        context = ssl.create_default_context(cafile=self.certificates / "ca.crt")
        context.load_cert_chain(self.certificates / "a.example.crt", self.certificates / "a.example.key")
        for topic in ("msgin5g/b/status", "msgin5g/a/status"):
            Mqtt(self.tls_port, "quiet", tls=context, will=(topic, "offline")).close()
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_received_total", '{kind="status"}') > before, "the Will of a")
        # The same over a PSK, octet by octet.
        will = b"".join(len(text).to_bytes(2, "big") + text for text in (b"silent", b"msgin5g/b/status", b"offline"))
        body = b"\0\4MQTT\4\x0e\0\x3c" + will
        silent = subprocess.Popen(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{self.psk_port}", "-psk_identity", "psk-b", "-psk", KEYS["b"]],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(silent.kill)
        silent.stdin.write(b"\x10" + bytes([len(body)]) + body)
        silent.stdin.flush()
        self.assertEqual(silent.stdout.read(4), b"\x20\2\0\0")
        silent.kill()
        silent.communicate()
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_received_total", '{kind="status"}') == before + 2, "the Will of b")
        gateway.stop()

    def test_what_is_taken_away_ends(self):
        gateway = self.begin()
        by_psk = self.hears(self.psk("a"), "msgin5g/a/down", more=("-i", "by-psk"))
        by_certificate = self.hears(self.certificate("a.example"), "msgin5g/a/down", more=("-i", "by-certificate"))
        by_password = self.device("a")
        for line in self.credential("list", "a").splitlines():
            if " password " not in line:
                self.credential("remove", "a", line.split()[1], "--last")
        for client in (by_psk, by_certificate):
            wait_for(lambda c=client: c.ended() or c.output().count("sending CONNECT") > 1, "the end of its connection")
        self.assertTrue(self.is_connected(by_password))
        self.assertNotEqual(self.run_client("pub", self.psk("a"), "msgin5g/a/up", "-m", "1").returncode, 0)
        self.assertIn("Not authorized", self.run_client("pub", self.certificate("a.example"), "msgin5g/a/up", "-m", "1").stderr)
        gateway.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
