# SPDX-License-Identifier: Apache-2.0
"""A stranger who knows a device's Private ID, on an open CoAP listener, with the client that anybody has: he learns nothing
that was queued for the device before, and the device notices."""
import json
import re
import shutil
import subprocess
import unittest

from harness import BIN, PATIENCE, Case, Coap, free_port, wait_for
from mqtt import Mqtt
from server_double import Double

SERVER = "m5s-1@msgin5g.example"  # as the Provisioning Function names it
NAME = "00-1B-63-84-45-E6"
PRIVATE_ID = "001b638445e6"
CLIENT = shutil.which("coap-client-openssl") or shutil.which("coap-client")


class Takeover(Case):
    def start_all(self, mqtt=None, **coap):
        self.pf()
        self.double = Double(self, "--retry", "50ms")
        self.face_port = free_port()
        self.settings = {"coap": {"open_messages": True, **coap}, **({"mqtt": mqtt} if mqtt else {})}
        return self.run_gateway()

    def run_gateway(self):
        self.running = self.gateway(mqtt="mqtt" in self.settings, sections={
            "msgin5g": {"enabled": True, "port": self.face_port},
            "msgin5g.server": {"service_id": SERVER, "uris": [self.double.url]},
            "messages": {"down_lifetime": self.lifetime if hasattr(self, "lifetime") else "1h"}, **self.settings})
        return self.running

    def client(self, method, path, *arguments):
        """(code, what coap-client shows) of a request."""
        done = subprocess.run([CLIENT, "-v", "6", "-m", method, *arguments, f"coap://127.0.0.1:{self.coap_port}/{path}"],
                              capture_output=True, text=True, timeout=PATIENCE, check=True)
        said = done.stdout + done.stderr
        return re.findall(r"c:(\d\.\d\d)", said)[-1], said

    def register(self):
        """Its handle, as `rd/<handle>`."""
        code, said = self.client("post", f"rd?ep={NAME}")
        self.assertEqual(code, "2.01", said)
        segments = re.findall(r"Location-Path:([\w-]+)", said)
        self.assertEqual((len(segments), segments[0]), (2, "rd"))
        return "rd/" + segments[1]

    def inbox(self, handle):
        """(code, text of the payload, ETag in hexadecimal digits or none) of a GET of the inbox."""
        code, said = self.client("get", handle + "/inbox")
        etag = re.search(r"ETag:0x([0-9a-f]{16})", said)
        text = re.findall(r'"payload":"([^"]*)"', said)
        return code, text[0] if text else None, etag and etag.group(1)

    def send(self, text):
        """A message of the Application Server to the device; the gateway has it durably."""
        service_id = self.rows()[PRIVATE_ID]["serviceId"]
        wait_for(lambda: any(one["ueSvcId"] == service_id and one["registered"]
                             for one in self.double.control("registrations")["devices"]), "the registration at the server")
        before = self.metric(self.running, "msggw_messages_waiting")
        number = self.double.control("send", {"to": service_id, "text": text, "report": True})["messages"][0]
        wait_for(lambda: self.metric(self.running, "msggw_messages_waiting") > before, f"{text} at the gateway")
        return number

    def end_of(self, number):
        report = wait_for(lambda: self.double.control(f"messages/{number}").get("report"), "the report of a message")
        return report["delivSt"], report.get("failureCause")

    def msggw(self, *arguments):
        return subprocess.run([BIN / "msggw", *arguments, "--dir", self.folder / "gateway"], capture_output=True, text=True,
                              timeout=PATIENCE, check=True).stdout

    def test_a_stranger_learns_nothing_and_the_device_notices(self):
        gateway = self.start_all()
        device = self.register()
        number = self.send("secret")
        stranger = self.register()
        self.assertNotEqual(stranger, device)
        self.assertEqual(self.inbox(stranger), ("2.05", None, None))
        for _ in range(2):  # nor by trying again, nor over a crash
            stranger = self.register()
            gateway.kill()
            gateway = self.run_gateway()
            self.assertEqual(self.inbox(stranger), ("2.05", None, None))
        self.assertNotIn("secret", self.client("get", stranger + "/inbox", "-s", "1")[1])

        for method, path in (("get", device), ("post", device), ("get", device + "/inbox"), ("post", device + "/up")):
            self.assertEqual(self.client(method, path)[0], "4.04", path)
        self.assertIn("withheld", self.msggw("why", NAME))
        [waiting] = json.loads(self.msggw("why", NAME, "--json"))["waiting"]
        self.assertEqual((waiting["for"], waiting["messages"]), ("proof", 1))
        [shown] = map(json.loads, self.msggw("messages", "list", "--json", "--device", NAME).splitlines())
        self.assertTrue(shown["withheld"])
        self.assertRegex(self.msggw("messages", "show", str(shown["number"])), r"(?m)^withheld ")
        self.assertEqual(self.metric(gateway, "msggw_messages_withheld"), 1)

        back = self.register()  # the device again: a claim like any other
        wait_for(lambda: "registration_taken_over" in gateway.output(), "the event")
        self.assertEqual(self.metric(gateway, "msggw_registrations_taken_over_total"), 1)
        self.assertIn("taken_over", self.msggw("trace", NAME))
        self.assertEqual(self.inbox(stranger)[0], "4.04")
        self.send("fresh")
        code, text, etag = self.inbox(back)
        self.assertEqual((code, text), ("2.05", "fresh"))
        self.assertEqual(self.inbox(f"{back}")[1], "fresh")
        self.client("get", f"{back}/inbox?after={etag}")
        self.assertIsNone(self.double.control(f"messages/{number}").get("report"))

    def test_what_is_withheld_fails_with_a_report_when_its_time_is_over(self):
        self.lifetime = "3s"
        self.start_all()
        self.register()
        number = self.send("secret")
        stranger = self.register()
        self.assertEqual(self.inbox(stranger), ("2.05", None, None))
        self.assertEqual(self.end_of(number), ("REPT_DELY_FAILED", "EXPIRED"))

    def test_a_device_that_keeps_its_handle_keeps_its_messages(self):
        self.start_all()
        device = self.register()
        self.send("kept")
        self.assertEqual(self.client("post", device)[0], "2.04")
        self.assertEqual(self.inbox(device)[1], "kept")

    def test_the_same_request_once_more_takes_nothing_over(self):
        gateway = self.start_all()
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        post = coap.message(2, [(11, b"rd"), (15, b"ep=" + NAME.encode())], token=b"t", mid=7)
        handles = set()
        for round_ in range(3):
            coap.send(post)
            handles.add(coap.receive()[4][8][1])
            if round_ == 1:
                gateway.kill()
                gateway = self.run_gateway()
        self.assertEqual(len(handles), 1)
        self.assertEqual(self.metric(gateway, "msggw_registrations_taken_over_total"), 0)

    def test_where_the_operator_says_so_a_claim_inherits(self):
        self.start_all(claim_inherits=True)
        device = self.register()
        self.send("for whoever comes")
        rebooted = self.register()
        self.assertEqual(self.inbox(rebooted)[1], "for whoever comes")
        self.assertEqual(self.inbox(device)[0], "4.04")

    def test_a_device_that_proves_itself_over_mqtt_gets_it_and_claims_get_nothing_beside_it(self):
        self.broker()
        gateway = self.start_all(mqtt={"topics_prove": True})
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_connected"), "the broker connection")
        self.register()
        self.send("secret")
        stranger = self.register()
        self.assertEqual(self.inbox(stranger), ("2.05", None, None))

        topic = f"msgin5g/{NAME}/"
        device = Mqtt(self.broker_port, "meter")
        self.addCleanup(device.close)
        device.subscribe(topic + "#")
        device.publish(topic + "register", '{"reports":true}')

        def takes(text):
            device.publish(topic + "status", "online")
            said = device.hear(lambda name, _, payload: name == topic + "down" and json.loads(payload)["payload"] == text, PATIENCE)
            self.assertIsNotNone(said, text)
            device.publish(topic + "report", json.dumps({"msgId": json.loads(said[2])["msgId"], "delivSt": "REPT_DELY_SUCCESS"}))
            wait_for(lambda: self.metric(gateway, "msggw_messages_waiting") == 0, "the proof")
            device.publish(topic + "status", "offline")
        takes("secret")
        self.send("while it is away")
        self.assertEqual(self.inbox(stranger), ("2.05", None, None))
        self.assertEqual(self.inbox(self.register()), ("2.05", None, None))
        takes("while it is away")


if __name__ == "__main__":
    unittest.main(verbosity=2)
