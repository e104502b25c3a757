# SPDX-License-Identifier: Apache-2.0
"""The files of etc/mosquitto with the real broker: a device speaks and hears for itself alone, the gateway can do all it must, and
what comes while it is away is not lost."""
import pathlib
import re
import subprocess
import unittest

from harness import PATIENCE, Case, free_port, wait_for
from mqtt import Lost, Mqtt

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ROOT / "etc" / "mosquitto"
KEYS = {"a": "8f3a0c55d21b4e7790aa1b2c3d4e5f60", "b": "00112233445566778899aabbccddeeff"}
DENIED = 0x87  # MQTT 5, 2.4: not authorized
AWAY = 3_000


class Brokers(Case):
    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)
        passwords = self.folder / "passwords"
        for create, user in (("-c", "msggw"), (None, "a"), (None, "b"), (None, "c")):
            subprocess.run(["mosquitto_passwd", "-b", *([create] if create else []), passwords, user, f"of-{user}"], check=True)
        (self.folder / "acl").write_text((FILES / "msggw.acl").read_text())
        text = (FILES / "msggw.conf").read_text().replace("listener 1883\n", "")
        text = text.replace("/etc/mosquitto/msggw.passwords", str(passwords)).replace("/etc/mosquitto/msggw.acl", str(self.folder / "acl"))
        self.broker(self.with_tls(text) + f"persistence_location {self.folder}/\n")
        self.pf()

    def with_tls(self, text):
        """The listeners for certificates and for PSKs too, of devices a and b."""
        self.tls_port, self.psk_port = free_port(), free_port()
        self.certificates, psks = self.folder / "certs", self.folder / "psks"
        subprocess.run([ROOT / "etc" / "make-certs", self.certificates, "--gateway", "a", "--gateway", "b"], check=True, capture_output=True)
        psks.write_text("".join(f"{name}:{key}\n" for name, key in KEYS.items()))
        begin, rest = text.split("# Certificates:", 1)
        text = begin + "# Certificates:" + re.sub(r"^#(?! )", "", rest, flags=re.MULTILINE)
        for shipped, here in (("listener 8884", f"listener {self.tls_port} 127.0.0.1"), ("listener 8885", f"listener {self.psk_port} 127.0.0.1"),
                              ("/etc/mosquitto/certs/broker", str(self.certificates / "pf")), ("/etc/mosquitto/certs/", f"{self.certificates}/"),
                              ("/etc/mosquitto/msggw.psks", str(psks))):
            assert shipped in text, shipped
            text = text.replace(shipped, here)
        return text

    def ways(self, name):
        """Options of mosquitto's clients, for each way to prove who one is."""
        certificate = ["--cafile", self.certificates / "ca.crt", "--cert", self.certificates / f"{name}.crt", "--key", self.certificates / f"{name}.key"]
        return {"password": ["-p", self.broker_port, "-u", name, "-P", f"of-{name}"], "certificate": ["-p", self.tls_port, "-h", "localhost", *certificate],
                "psk": ["-p", self.psk_port, "--psk-identity", name, "--psk", KEYS[name]]}

    @staticmethod
    def client(word, way, *more):
        return subprocess.run([str(part) for part in (f"mosquitto_{word}", "-V", "5", "-q", "1", *way, *more)], capture_output=True, text=True, timeout=PATIENCE)

    def served(self, **more):
        gateway = self.gateway(mqtt=True, sections={"mqtt": {"user": "msggw", "password": "of-msggw", **more}})
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_connected") == 1, "the broker connection")
        return gateway

    def device(self, name, version=4, client_id=None, **connect):
        client = Mqtt(self.broker_port, client_id or f"device-{name}-{version}", user=name, password=f"of-{name}", version=version, **connect)
        self.addCleanup(client.close)
        return client

    def registers(self, name):
        """A device that has its Service ID, listening on its topic."""
        device = self.device(name)
        device.subscribe(f"msgin5g/{name}/registration")
        device.publish(f"msgin5g/{name}/register", "{}")
        self.assertTrue(device.hear(lambda topic, _, body: '"serviceId"' in body, PATIENCE), name)
        return device

    def asks_for_an_answer(self, topic):
        subprocess.run(["mosquitto_pub", "-p", str(self.broker_port), "-V", "5", "-u", "a", "-P", "of-a", "-q", "1", "-n",
                        "-t", "msgin5g/a/register", "-D", "publish", "response-topic", topic], check=True, timeout=PATIENCE)

    def test_a_device_speaks_and_hears_for_itself_alone(self):
        gateway = self.served()
        snoop = self.device("c")
        for topic in ("msgin5g/+/registration", "msgin5g/a/registration", "msgin5g/a/down", "msgin5g/+/ack", "#"):
            snoop.subscribe(topic)
        a, b = self.registers("a"), self.registers("b")
        a.subscribe("msgin5g/a/answers/#")
        self.asks_for_an_answer("msgin5g/a/answers/2")
        self.assertTrue(a.hear(lambda topic, _, body: topic == "msgin5g/a/answers/2" and '"serviceId"' in body))
        self.assertEqual({topic for topic, _, __ in b.messages}, {"msgin5g/b/registration"})
        for topic in ("msgin5g/a/register", "msgin5g/b/deregister", "msgin5g/a/status", "msgin5g/a/send", "msgin5g/a/up",
                      "msgin5g/a/report", "msgin5g/c/down", "msgin5g/c/ack", "msgin5g/c/reports", "msgin5g/c/registration",
                      "msgin5g/a/registration", "msgin5g/a/answers/1", "other"):
            # One each: Mosquitto 2.0 may close the connection behind its no.
            self.assertEqual(self.device("c", version=5).publish(topic, "{}"), DENIED, topic)
        self.assertNotEqual(self.device("c", version=5).publish("msgin5g/c/register"), DENIED)
        own = snoop.hear(lambda topic, _, body: '"serviceId"' in body)
        self.assertEqual(own[0], "msgin5g/c/registration")
        self.assertEqual({topic for topic, _, __ in snoop.messages}, {"msgin5g/c/registration"})
        with self.assertRaises(Lost):
            Mqtt(self.broker_port, "nobody")
        self.assertEqual(self.metric(gateway, "msggw_mqtt_refused_total", '{reason="denied_by_broker"}'), 0)
        gateway.stop()

    def test_no_way_leads_around_the_rules(self):
        gateway = self.served()
        a = self.registers("a")
        a.publish("msgin5g/a/status", "online")
        for version in (4, 5):
            self.device("c", version, will=("msgin5g/a/status", "offline")).close()  # its Will is published, or would be
        snoop = self.device("c")
        for topic in ("$share/x/msgin5g/a/registration", "$share/x/msgin5g/+/registration", "msgin5g/c/registration"):
            snoop.subscribe(topic)
        self.registers("a")
        snoop.publish("msgin5g/c/register")
        snoop.hear(lambda topic, _, body: '"serviceId"' in body)
        self.assertEqual({topic for topic, _, __ in snoop.messages}, {"msgin5g/c/registration"})
        # Whoever has the client identifier of another has its session, and not what waits in it.
        sleeper = self.device("b", client_id="id-of-b", lasting=True)
        sleeper.subscribe("msgin5g/b/registration")
        sleeper.disconnect()
        self.device("b").publish("msgin5g/b/register")
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_published_total", '{kind="registration"}') == 4, "four registrations")
        thief = self.device("c", client_id="id-of-b", lasting=True)
        self.assertTrue(thief.session_present)
        thief.publish("msgin5g/c/status", "online")
        thief.subscribe("msgin5g/c/registration")
        self.assertTrue(thief.hear(lambda topic, _, __: topic == "msgin5g/c/registration"))
        self.assertEqual({topic for topic, _, __ in thief.messages}, {"msgin5g/c/registration"})
        self.assertEqual(self.metric(gateway, "msggw_mqtt_received_total", '{kind="status"}'), 2)
        self.assertEqual(self.metric(gateway, "msggw_mqtt_devices_online"), 2)
        gateway.stop()

    def test_with_the_proof_of_one_everything_is_refused_as_the_other(self):
        gateway = self.served()
        b = self.registers("b")
        for kind, way in self.ways("a").items():
            with self.subTest(kind):
                for topic in ("register", "deregister", "status", "send", "up", "report", "registration", "down", "ack", "reports", "answers/1"):
                    for spelling in ("b", "B", "b ", "a/../b"):
                        self.assertIn("Not authorized", self.client("pub", way, "-t", f"msgin5g/{spelling}/{topic}", "-m", "{}", "-r").stderr, (spelling, topic))
                for topic in ("$SYS/broker/uptime", "$CONTROL/dynamic-security/v1", "other", "msgin5g/a", "msgin5g/a/up/x"):
                    self.assertIn("Not authorized", self.client("pub", way, "-t", topic, "-m", "{}").stderr, topic)
                filters = [word for topic in ("msgin5g/b/#", "msgin5g/+/registration", "#", "$share/g/msgin5g/b/registration", "msgin5g/a/registration")
                           for word in ("-t", topic)]
                will = ["--will-topic", "msgin5g/b/status", "--will-payload", "offline", "--will-retain"]
                listening = self.start(["stdbuf", "-oL", "mosquitto_sub", "-d", "-V", "5", "-q", "1", "-v", *way, *filters, *will], ready=False)
                wait_for(lambda p=listening: "SUBACK" in p.output() or p.ended(), "the subscriptions")
                self.assertEqual(self.client("pub", way, "-t", "msgin5g/a/register", "-n").returncode, 0)
                wait_for(lambda p=listening: "msgin5g/a/registration {" in p.output(), "a's own")
                self.assertNotIn("msgin5g/b/", "".join(line for line in listening.lines if "PUBLISH" in line))
                listening.kill()
        self.assertNotEqual(self.client("pub", ["-p", self.psk_port, "--psk-identity", "b", "--psk", KEYS["a"]], "-t", "msgin5g/b/up", "-m", "1").returncode, 0)
        b.publish("msgin5g/b/status", "online")
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_received_total", '{kind="status"}') == 1, "b's own, and no Will of a's")
        self.assertEqual(self.metric(gateway, "msggw_mqtt_received_total", '{kind="deregister"}'), 0)
        gateway.stop()

    def test_nobody_can_guess_the_client_identifier_of_the_gateway(self):
        ids = set()
        for name in ("gateway", "gateway", "another"):
            gateway = self.gateway(mqtt=True, name=name, sections={"mqtt": {"user": "msggw", "password": "of-msggw"}})
            ids.add(wait_for(lambda g=gateway: re.findall(r"client_id=(msggw[0-9a-f]{16})\b", g.output()), "the broker connection")[0])
            gateway.stop()
        self.assertEqual(len(ids), 2)

    def test_what_comes_while_the_gateway_is_away_is_not_lost(self):
        gateway = self.served()
        gateway.stop()
        a = self.device("a")
        for _ in range(AWAY):
            a.publish("msgin5g/a/register")
        gateway = self.served()
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_received_total", '{kind="register"}') == AWAY, "all requests")
        gateway.stop()

    def test_what_is_retained_is_compared_under_these_rules(self):
        gateway = self.served()
        self.registers("a")
        gateway.stop()
        gateway = self.served()
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_reconciled_total", '{found="right"}') == 1, "that it was compared")
        gateway.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
