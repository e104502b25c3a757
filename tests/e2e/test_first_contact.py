# SPDX-License-Identifier: Apache-2.0
"""The main job with the clients that users have: coap-client, mosquitto_pub/sub, curl."""
import contextlib
import http.server
import json
import random
import re
import shutil
import socket
import subprocess
import threading
import unittest

from harness import BIN, PATIENCE, Case, Coap, Process, wait_for


def coap_client(port, private_id, *arguments):
    """What a user sees of `coap-client -m post "coap://.../rd?ep=..."`."""
    binary = shutil.which("coap-client") or shutil.which("coap-client-openssl") or "coap-client-notls"
    done = subprocess.run([binary, "-m", "post", *arguments, f"coap://127.0.0.1:{port}/rd?ep={private_id}"],
                          capture_output=True, text=True, timeout=PATIENCE, check=True)
    return done.stdout


class Subscriber:
    """mosquitto_sub -v on a topic; its lines as (topic, body)."""

    def __init__(self, case, topic, *arguments):
        self.process = case.start(["mosquitto_sub", "-h", "127.0.0.1", "-p", case.broker_port, "-q", "1", "-v",
                                   "-F", "%t %p", "-t", topic, *arguments], ready=False)

    def bodies(self, topic):
        return [json.loads(line.split(" ", 1)[1]) for line in self.process.lines
                if line.startswith(topic + " ") and line.split(" ", 1)[1]]


class FirstContact(Case):
    def publish(self, topic, *arguments):
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.broker_port), "-q", "1", "-t", topic,
                        *(arguments or ["-n"])], check=True, timeout=PATIENCE)

    def test_two_protocols_two_spellings_one_service_id_one_request(self):
        self.pf()
        self.broker()
        gateway = self.gateway(mqtt=True)
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_connected"), "the broker connection")
        first = json.loads(coap_client(self.coap_port, "00-1B-63-84-45-E6"))
        self.assertTrue(first["serviceId"])
        self.assertEqual(first["privateId"], "001b638445e6")
        self.assertEqual(first["state"], "provisioned")
        self.assertTrue(first["serverServiceIds"])
        self.assertEqual(first["serviceInfo"]["segmentSize"], 2048)
        again = json.loads(coap_client(self.coap_port, "00:1b:63:84:45:e6"))
        self.assertEqual(again["serviceId"], first["serviceId"])

        subscriber = Subscriber(self, "msgin5g/+/registration")
        topic = "msgin5g/001B.6384.45E6/registration"

        def answered():
            self.publish("msgin5g/001B.6384.45E6/register")
            return subscriber.bodies(topic)
        body = wait_for(answered, "the registration over MQTT", pause=0.2)[0]
        self.assertEqual(body["serviceId"], first["serviceId"])
        self.assertEqual(self.metric(gateway, "msggw_pf_answers_total", '{kind="provisioned"}'), 1)

        self.publish("msgin5g/meter-42/register", "-m", '{"deviceType":"meter"}')
        other = wait_for(lambda: subscriber.bodies("msgin5g/meter-42/registration"), "the second device")[0]
        self.assertNotEqual(other["serviceId"], first["serviceId"])
        gateway.stop()

    def test_one_device_over_both_protocols_at_once_is_one_request(self):
        self.broker()
        gateway = self.gateway(mqtt=True)  # and no Provisioning Function yet
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_connected"), "the broker connection")
        subscriber = Subscriber(self, "msgin5g/+/registration")
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        coap.send(coap.message(2, [(11, b"rd"), (15, b"ep=dual")]))
        wait_for(lambda: self.metric(gateway, "msggw_devices_recorded_total") == 1, "the record")
        self.publish("msgin5g/dual/register")
        # "pending" over MQTT shows that the gateway has both requests
        wait_for(lambda: any(b["state"] == "pending" for b in subscriber.bodies("msgin5g/dual/registration")), "pending")
        self.pf()
        found = wait_for(lambda: [b for b in subscriber.bodies("msgin5g/dual/registration") if "serviceId" in b],
                         "the Service ID over MQTT")
        self.assertEqual(coap.register("dual")["serviceId"], found[-1]["serviceId"])
        self.assertEqual(self.metric(gateway, "msggw_pf_answers_total", '{kind="provisioned"}'), 1)
        self.assertEqual(len(self.rows()), 1)

    def test_refresh_read_and_leave(self):
        self.pf()
        self.gateway()
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        coap.send(coap.message(2, [(11, b"rd"), (15, b"ep=leaver"), (15, b"lt=120")]))
        _, code, _, _, options, payload = coap.receive()
        self.assertEqual(code, 0x41)
        self.assertEqual(json.loads(payload)["lifetime"], 120)
        path = [(11, part) for part in options[8]]
        for method, expected in ((2, 0x44), (1, 0x45), (4, 0x42), (1, 0x84), (4, 0x84)):
            coap.send(coap.message(method, path))
            self.assertEqual(coap.receive()[1], expected, f"method {method}")

    def test_a_handle_tells_nothing_and_survives_a_kill(self):
        self.pf()
        gateway = self.gateway()
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        handles = {}
        for name in ("meter-1", "meter-2"):
            self.assertTrue(coap.register(name))
            handles[name] = self.ask(2, [(11, b"rd"), (15, b"ep=" + name.encode())])[4][8][1]
            self.assertRegex(handles[name], rb"^[A-Za-z0-9_-]{22}$")
        self.assertNotEqual(handles["meter-1"][:4], handles["meter-2"][:4])
        gateway.kill()
        gateway = self.gateway()
        for name, handle in handles.items():
            _, code, _, _, _, payload = self.ask(1, [(11, b"rd"), (11, handle)])
            self.assertEqual((code, json.loads(payload)["privateId"]), (0x45, name))
        stranger = bytes(reversed(handles["meter-1"]))
        for wrong in (stranger, handles["meter-1"][:21], handles["meter-1"] + b"A", b"0-1a2b3c4d"):
            self.assertEqual(self.ask(4, [(11, b"rd"), (11, wrong)])[1], 0x84)
        self.assertEqual(self.metric(gateway, "msggw_unknown_handles_total", '{kind="foreign"}'), 4)

    def ask(self, method, options):
        """The answer of a gateway that answers at once, on the acknowledgement."""
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        coap.send(coap.message(method, options))
        return coap.receive()

    def test_long_numbers_arrive_as_the_device_wrote_them(self):
        asked = []

        class Refuser(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                asked.append(self.rfile.read(int(self.headers["content-length"])).decode())
                self.send_response(403)
                self.send_header("content-type", "application/problem+json")
                self.end_headers()
                self.wfile.write(b'{"status":403,"cause":"POLICY_DENIED"}')

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", self.pf_port), Refuser)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.broker()
        gateway = self.gateway(mqtt=True)
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_connected"), "the broker connection")
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)

        def post(private_id, content_format, body):
            coap.send(coap.message(2, [(11, b"rd"), (12, bytes([content_format])), (15, b"ep=" + private_id)], body))
        json_body = b'{"iccid":89490200001234567890}'
        for private_id, number, send in (
                ("coap-json", 89490200001234567890, lambda: post(b"coap-json", 50, json_body)),
                ("coap-cbor", 2**64 - 1, lambda: post(b"coap-cbor", 60, b"\xa1\x65iccid\x1b" + b"\xff" * 8)),
                ("mqtt", 89490200001234567890, lambda: self.publish("msgin5g/mqtt/register", "-m", json_body))):
            with self.subTest(private_id):
                send()
                told = f'"info":{{"iccid":{number}}}'
                wait_for(lambda: any(f'"privateId":"{private_id}"' in body and told in body for body in asked), "the request")
                self.assertEqual(self.rows()[private_id]["info"], {"iccid": number})


class Demo(Case):
    def test_demo_registers_its_sample_devices_and_stops_cleanly(self):
        base = self.free_base()
        demo = self.start([BIN / "msggw", "demo", "--port-base", base, "--dir", self.folder / "demo"])
        rows = [line.split() for line in demo.lines if re.search(r"\s(coaps?|mqtts?|sms)\s+(?:provisioned|registered)\s", line)]
        self.assertEqual(len(rows), 9, demo.output())
        self.assertEqual({row[1] for row in rows}, {"coap", "coaps", "mqtt", "mqtts", "sms"})
        ids = {row[0].lower().replace("-", ":"): row[-1] for row in rows}
        self.assertEqual(len(set(ids.values())), 8)  # one device came over both protocols
        self.assertTrue(all("@" in service_id for service_id in ids.values()))
        exchanged = [tuple(line.split()[1:]) for line in demo.lines if line.endswith("REPT_DELY_SUCCESS")]
        self.assertEqual(sorted(exchanged), sorted((bearer, *message, "REPT_DELY_SUCCESS") for bearer in ("coap", "mqtt")
                                                   for message in (("up", "21.5"), ("down", "READ"))), demo.output())
        self.assertIn("ready", demo.lines)
        listed = subprocess.run([BIN / "msggw", "devices", "list", "--dir", self.folder / "demo"],
                                capture_output=True, text=True, check=True)
        self.assertIn("02005e100001", listed.stdout)
        demo.stop()
        again = self.start([BIN / "msggw", "demo", "--port-base", base, "--dir", self.folder / "demo"])
        rows = [line.split() for line in again.lines if re.search(r"\s(coaps?|mqtts?|sms)\s+(?:provisioned|registered)\s", line)]
        self.assertEqual({row[0].lower().replace("-", ":"): row[-1] for row in rows}, ids)
        again.stop()

    def test_a_demo_whose_output_cannot_be_written_says_so_at_its_end(self):
        folder = self.folder / "demo"
        self.ends_without_output([BIN / "msggw", "demo", "--port-base", self.free_base(), "--no-devices", "--dir", folder],
                                 folder / "gateway")

    def test_a_taken_port_is_named_with_the_way_out(self):
        base = self.free_base()
        self.start([BIN / "msggw", "demo", "--port-base", base, "--no-devices", "--dir", self.folder / "one"])
        second = Process([BIN / "msggw", "demo", "--port-base", base, "--no-devices", "--dir", self.folder / "two"],
                         ready=False)
        self.assertEqual(second.wait(), 1)
        self.assertRegex(second.output(), rf"{base}|{base + 2}|{base + 7}")
        self.assertIn("--port-base", second.output())

    @staticmethod
    def free_base():
        """21 ports in a row that nobody has, below those that the harness gives."""
        def free(port):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as probe, contextlib.suppress(OSError):
                    probe.bind(("127.0.0.1", port))
                    continue
                return False
            return True
        bases = (random.randrange(10_000, 14_970) for _ in range(100))
        return next(base for base in bases if all(free(base + offset) for offset in range(21)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
