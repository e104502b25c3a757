# SPDX-License-Identifier: Apache-2.0
"""Everything that goes between the gateway and the MSGin5G Server double, both ways, held against the OpenAPI documents; and
requests made from those that the gateway must refuse, each with the right status, cause and JSON Pointer."""
import collections
import http.client
import json
import os
import random
import subprocess
import unittest

from contracts import FILES_OF_3GPP, contracts, judge, recorded
from devices import PollingClient
from harness import BIN, PATIENCE, wait_for
from invalid_requests import Generator
from messaging import FAILED, L3G, N3G, SUCCESS, MessagingCase, downward
from openapi import Exchange
from server_double import OWN, address

INVALID = 500
NUMBERS = {"coap": {"private_id_kinds": ["opaque", "msisdn"]}}  # the phone polls over CoAP
SEED = int(os.environ.get("MSGGW_SEED", "29538"))


class MessagesOpenApi(MessagingCase):
    def devices(self):
        """One of each kind."""
        legacy = "+491701234567"
        subprocess.run([BIN / "msggw", "devices", "add", legacy, "--type", "legacy", "--dir", self.folder / "gateway"],
                       timeout=PATIENCE, check=True, capture_output=True)
        devices = PollingClient(self, "meter-1", False), PollingClient(self, "%2B491701234567", False)
        self.wait_until_registered(*devices)
        return devices

    def test_traffic_with_the_double(self):
        journal = self.folder / "journal.jsonl"
        gateway = self.start_all(double=("--journal", journal, "--group", "group-1=nobody"),
                                 sections={**NUMBERS, "messages": {"recipients": ["UE", "AS", "GROUP", "TOPIC"], "segment_time": "1s"},
                                           "msgin5g.limits": {"content_octets": "2KiB"}})
        meter, phone = self.devices()
        for device, name in ((meter, "n"), (phone, "l")):
            self.upward(device, name)
            self.downward(device, name)
        self.refused_by_the_gateway(meter)
        self.double.deregister(phone.service_id)
        phone.send("again", "registers it again")
        self.arrived("again")
        gateway.stop()
        self.double.process.stop()

        seen = collections.Counter()
        for exchange in recorded(journal):
            wrong, name = judge(exchange)
            self.assertEqual(wrong, [])
            seen[name] += 1
        print(dict(seen))
        self.assertLessEqual({
            "UEODelivery 200", "UEODelivery 404", "UEODelivery 403", "Report 200", "N3GDelivery 204", "L3GDelivery 204",
            "N3GReport 204", "L3GReport 204", "N3GDelivery 404", "N3GDelivery 413", "N3GReport 404"}, set(seen))

    def upward(self, device, name):
        """What devices send, short and in segments, and what becomes of it."""
        device.send(f"{name}-1", "21.5 °C")
        self.arrived(f"{name}-1")
        for outcome in ({"delivSt": SUCCESS}, {"delivSt": FAILED, "failureCause": "why"}):
            self.double.deliver({"oriAddr": address("AS", OWN), "destAddr": address("UE", device.service_id),
                                 "msgId": f"{name}-1", **outcome}, "deliver-report")
            self.assertEqual(device.receive()["delivSt"], outcome["delivSt"])
        device.send(f"{name}-2", "x" * 5_000)
        wait_for(lambda: sum(entry.get("message", {}).get("msgId") == f"{name}-2" for entry in self.double.inbox()) == 3,
                 "three segments")
        for kind, to in (("AS", "nobody"), ("GROUP", "group-1"), ("TOPIC", "t")):
            fails = kind != "GROUP"
            body = {"destAddr": address(kind, to), "msgId": f"{name}-{kind}", "delivStReqInd": fails, "payload": "x"}
            device.post("msg", json.dumps(body))
            if fails:
                self.assertEqual(device.receive()["delivSt"], FAILED)

    def downward(self, device, name):
        """What is sent to devices, and what they say of it."""
        def send(**more):
            asked = self.double.control("send", {"to": device.service_id, "report": True, **more})
            return asked["msgId"], device.receive()["payload"]
        msg_id, payload = send(text="READ", appId="meters", priority="HIGH")
        self.assertEqual(payload, "READ")
        device.report(msg_id)
        self.assertEqual(self.reported(msg_id)["delivSt"], SUCCESS)
        msg_id, _ = send(text="y" * 2000)
        device.post("report", json.dumps({"msgId": msg_id, "delivSt": FAILED, "failureCause": "not today"}))
        self.assertEqual(self.reported(msg_id)["delivSt"], FAILED)

    def refused_by_the_gateway(self, device):
        """What the double asks and the gateway does not take."""
        gateway = f"http://127.0.0.1:{self.face_port}"
        self.double.register("stranger", gateway)
        self.double.control("send", {"to": "stranger", "text": "READ", "report": True})
        self.double.deliver({"oriAddr": address("AS", OWN), "destAddr": address("UE", "stranger"), "msgId": "1",
                             "delivSt": SUCCESS}, "deliver-report")
        self.double.control("send", {"to": device.service_id, "text": "z" * 3000})
        self.double.deliver({"oriAddr": address("AS", OWN), "destAddr": address("UE", device.service_id), "stoAndFwInd": False,
                             "msgId": "one of two", "payload": "x", "delivStReqInd": True, "segInd": True,
                             "segParams": {"segId": "s", "segNumb": 1, "totalSegCount": 2}}, "deliver-as-message")
        self.assertEqual(self.reported("one of two")["delivSt"], FAILED)

    def test_invalid_requests(self):
        gateway = self.start_all(sections=NUMBERS)
        meter, phone = self.devices()
        good = {}
        for api, device in ((N3G, meter), (L3G, phone)):
            good[api + "deliver-message"] = downward(
                device.service_id, "m1", appId="a", segInd=True,
                segParams={"segId": "s", "totalSegCount": 2, "segNumb": 1, "lastSegFlag": False})
            good[api + "deliver-report"] = {"oriAddr": address("AS", OWN), "destAddr": address("UE", device.service_id),
                                            "msgId": "m1", "delivSt": FAILED, "failureCause": "c"}
        contract = contracts()[-1]
        connection = http.client.HTTPConnection("127.0.0.1", self.face_port, timeout=PATIENCE)
        self.addCleanup(connection.close)
        seen = collections.Counter()
        for invalid in Generator(contract, random.Random(SEED), good).requests(INVALID):
            with self.subTest(path=invalid.path, what=invalid.what):
                if invalid.breaks_schema:
                    self.assertTrue(contract.errors(contract.request_schema(invalid.path), json.loads(invalid.body)))
                self.judge_refusal(invalid, self.ask(connection, invalid))
            seen[invalid.status, invalid.cause] += 1
        print(f"seed {SEED}: {dict(seen)}")
        self.assertEqual(sum(seen.values()), INVALID)
        self.assertEqual(self.metric(gateway, "msggw_messages_accepted_total", '{kind="segment_down"}'), 0)
        self.assertEqual(self.metric(gateway, "msggw_messages_accepted_total", '{kind="report_down"}'), 0)
        for path, body in good.items():
            self.assertEqual(self.curl(path, body), (204, None))
        gateway.stop()

    @staticmethod
    def ask(connection, invalid):
        connection.request("POST", invalid.path, invalid.body, {"content-type": invalid.content_type})
        answer = connection.getresponse()
        return Exchange("POST", invalid.path, invalid.content_type, invalid.body, answer.status,
                        {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def judge_refusal(self, invalid, exchange):
        self.assertEqual(judge(exchange, good_request=False)[0], [])
        problem = json.loads(exchange.body)
        self.assertEqual((exchange.status, problem["status"], problem.get("cause", "")), (invalid.status, invalid.status, invalid.cause))
        told = [param["param"] for param in problem.get("invalidParams", [])]
        self.assertEqual(sorted(told), sorted(invalid.causes))
        self.assertLessEqual(set(told[:1]), invalid.gravest())

    @unittest.skipUnless(FILES_OF_3GPP, "MSGGW_3GPP_OPENAPI names no folder with the files of 3GPP")
    def test_what_the_tests_know_is_what_3gpp_says(self):
        ours, theirs = contracts()
        for path, item in ours.document["paths"].items():
            if path.startswith("/as/"):
                continue
            for method, operation in item.items():
                other = theirs.document["paths"][path][method]
                self.assertLessEqual(set(operation["responses"]), set(other["responses"]), path)
                if "requestBody" in operation:
                    self.is_part_of((ours, ours.request_schema(path)), (theirs, theirs.request_schema(path)), path)
                for status, response in operation["responses"].items():
                    for media_type, content in ours.resolved(response).get("content", {}).items():
                        whole = theirs.resolved(other["responses"][status])["content"][media_type]
                        self.is_part_of((ours, content["schema"]), (theirs, whole["schema"]), f"{path} {status}")

    def is_part_of(self, ours, theirs, where):
        part, whole = (contract.resolved(schema) for contract, schema in (ours, theirs))
        self.assertEqual(part.get("type"), whole.get("type", "string"), where)  # theirs without one: an open enumeration
        self.assertEqual(set(part.get("required", ())), set(whole.get("required", ())), where)
        for name, member in part.get("properties", {}).items():
            self.is_part_of((ours[0], member), (theirs[0], whole["properties"][name]), f"{where}/{name}")


if __name__ == "__main__":
    unittest.main()
