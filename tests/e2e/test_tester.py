# SPDX-License-Identifier: Apache-2.0
"""A tester's controls of the Provisioning Function: every fault of docs/tester.md as a client sees it, on HTTP and on CoAP,
the journal, the counters, a restart with lost store, and a scenario from the start on."""
import http.client
import json
import os
import pathlib
import re
import socket
import time
import unittest
import urllib.error
import urllib.request

from harness import PATIENCE, Case, Coap, free_port, wait_for

COLLECTION = "/msgin5g-provisioning/v1/provisionings"
PATH = [(11, part.encode()) for part in COLLECTION.strip("/").split("/")]
MANUAL = pathlib.Path(__file__).resolve().parents[2] / "docs" / "tester.md"


class Tester(Case):
    def setUp(self):
        super().setUp()
        self.pf_coap_port, self.test_port = free_port(), free_port()
        self.number = 0

    def start_pf(self, **test):
        return self.pf(sections={"pf.coap": {"coap_port": self.pf_coap_port},
                                 "pf.test": {"enabled": True, "port": self.test_port, **test}})

    def control(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.test_port}/test/v1/{path}", method=method,
                                         data=json.dumps(body).encode() if body is not None else None)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def fault(self, do, **more):
        """The only fault there is now, for the next request."""
        self.control("POST", "reset")
        self.control("POST", "faults", {"name": do, "do": do, "when": {"nth": 1}, **more})

    def entries(self, query=""):
        return self.control("GET", "journal" + query)["entries"]

    def new_id(self):
        self.number += 1
        return f"tester {self.number}"

    # ---- clients

    def http(self, private_id, timeout=PATIENCE):
        """All octets of the answer until the connection ends or `timeout` has passed; raises if it is reset."""
        body = json.dumps({"ueType": "NON_3GPP", "privateId": private_id}).encode()
        head = (f"POST {COLLECTION} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\n\r\n").encode()
        with socket.create_connection(("127.0.0.1", self.pf_port), PATIENCE) as connection:
            connection.sendall(head + body)
            connection.settimeout(timeout)
            out = b""
            try:
                while octets := connection.recv(65536):
                    out += octets
            except TimeoutError:
                pass
            return out

    def service_id(self, private_id):
        return re.search(rb'"serviceId":"([^"]+)"', self.http(private_id)).group(1).decode()

    def is_known(self, private_id):
        connection = http.client.HTTPConnection("127.0.0.1", self.pf_port, timeout=PATIENCE)
        connection.request("GET", COLLECTION + "/" + private_id.replace(" ", "%20"))
        status = connection.getresponse().status
        connection.close()
        return status == 200

    def coap(self):
        client = Coap(self.pf_coap_port)
        self.addCleanup(client.close)
        return client

    def datagram(self, client, private_id):
        body = json.dumps({"ueType": "NON_3GPP", "privateId": private_id}).encode()
        return client.message(2, [*PATH, (12, b"\x32")], body, token=os.urandom(4))

    def ask_coap(self, private_id, patience=PATIENCE):
        """(client, datagram, first answer)"""
        client = self.coap()
        datagram = self.datagram(client, private_id)
        client.send(datagram)
        return client, datagram, client.receive(patience)

    # ---- what each fault looks like

    def test_faults_on_http(self):
        pf = self.start_pf()
        with self.subTest("delay"):
            self.fault("delay", delayMs=400)
            begin = time.monotonic()
            self.assertIn(b" 201 ", self.http(self.new_id()))
            self.assertGreaterEqual(time.monotonic() - begin, 0.39)
        with self.subTest("answer after the client's timeout"):
            self.fault("delay", delayMs=1500)
            private_id = self.new_id()
            self.assertEqual(self.http(private_id, timeout=0.3), b"")
            self.assertTrue(self.is_known(private_id))
        with self.subTest("drop"):
            self.fault("drop")
            private_id = self.new_id()
            self.assertEqual(self.http(private_id, timeout=0.3), b"")
            self.assertFalse(self.is_known(private_id))
            self.assertEqual(self.entries("?fault=drop")[0].get("status", 0), 0)
        with self.subTest("drop, carried out"):
            self.fault("drop", carriedOut=True)
            private_id = self.new_id()
            self.assertEqual(self.http(private_id, timeout=0.3), b"")
            self.assertTrue(self.is_known(private_id))
        for do, known in (("reset", False), ("lost_ack", True)):
            with self.subTest(do):
                self.fault(do)
                private_id = self.new_id()
                self.assertRaises(ConnectionResetError, self.http, private_id)
                self.assertEqual(self.is_known(private_id), known)
        with self.subTest("half"):
            self.fault("half")
            answer = self.http(self.new_id())
            self.assertTrue(answer.startswith(b"HTTP/1.1 201"))
            self.assertNotIn(b"}", answer)
        with self.subTest("status"):
            self.fault("status", status=429, cause="BUSY", retryAfter=7)
            answer = self.http(self.new_id())
            self.assertIn(b" 429 ", answer)
            self.assertIn(b"retry-after: 7\r\n", answer)
            self.assertIn(b'"cause":"BUSY"', answer)
        with self.subTest("wrong body"):
            self.fault("wrong_body", body="<html>")
            answer = self.http(self.new_id())
            self.assertIn(b" 201 ", answer)
            self.assertTrue(answer.endswith(b"\r\n\r\n<html>"))
        with self.subTest("wrong content type"):
            self.fault("wrong_content_type", contentType="text/css")
            answer = self.http(self.new_id())
            self.assertIn(b"content-type: text/css\r\n", answer)
            self.assertIn(b'"serviceId"', answer)
        with self.subTest("wrong Service ID"):
            private_id = self.new_id()
            self.fault("wrong_service_id", serviceId="n3g-wrong")
            self.assertEqual(self.service_id(private_id), "n3g-wrong")
            self.assertNotEqual(self.service_id(private_id), "n3g-wrong")
        with self.subTest("duplicate"):
            self.fault("duplicate")
            self.assertEqual(self.http(self.new_id()).count(b"HTTP/1.1 201"), 2)
        pf.stop()

    def test_faults_on_coap(self):
        pf = self.start_pf()
        with self.subTest("delay"):
            self.fault("delay", delayMs=400)
            begin = time.monotonic()
            self.assertEqual(self.ask_coap(self.new_id())[2][1], 0x41)
            self.assertGreaterEqual(time.monotonic() - begin, 0.39)
        with self.subTest("drop"):
            self.fault("drop")
            private_id = self.new_id()
            client, datagram, answer = self.ask_coap(private_id, 0.3)
            self.assertIsNone(answer)
            self.assertFalse(self.is_known(private_id))
            client.send(datagram)  # the repetition is the second request
            self.assertEqual(client.receive()[1], 0x41)
        with self.subTest("reset"):
            self.fault("reset")
            answer = self.ask_coap(self.new_id())[2]
            self.assertEqual(answer[:2], (Coap.RST, 0))
        with self.subTest("half"):
            self.fault("half")
            answer = self.ask_coap(self.new_id())[2]
            self.assertEqual(answer[1], 0x41)
            self.assertRaises(ValueError, json.loads, answer[5])
        with self.subTest("status"):
            self.fault("status", status=503, retryAfter=7)
            answer = self.ask_coap(self.new_id())[2]
            self.assertEqual((answer[1], answer[4][14]), (0xA3, [b"\x07"]))
        with self.subTest("wrong body"):
            self.fault("wrong_body", body="{}")
            answer = self.ask_coap(self.new_id())[2]
            self.assertEqual((answer[1], answer[5]), (0x41, b"{}"))
        with self.subTest("wrong content format"):
            self.fault("wrong_content_type")
            answer = self.ask_coap(self.new_id())[2]
            self.assertEqual((answer[1], answer[4][12]), (0x41, [b""]))
        with self.subTest("wrong Service ID"):
            self.fault("wrong_service_id", serviceId="n3g-wrong")
            self.assertEqual(json.loads(self.ask_coap(self.new_id())[2][5])["serviceId"], "n3g-wrong")
        with self.subTest("duplicate"):
            self.fault("duplicate")
            client, _, first = self.ask_coap(self.new_id())
            second = client.receive()
            self.assertEqual((first[1], first[3], first[5]), (second[1], second[3], second[5]))
        with self.subTest("lost ACK"):
            self.fault("lost_ack")
            private_id = self.new_id()
            client, datagram, answer = self.ask_coap(private_id, 0.3)
            self.assertIsNone(answer)
            self.assertTrue(self.is_known(private_id))
            client.send(datagram)
            self.assertEqual(client.receive()[1], 0x41)  # as if it had been asked once
        pf.stop()

    def test_restart_with_lost_store(self):
        pf = self.start_pf()
        private_id = self.new_id()
        before = self.service_id(private_id)
        self.control("POST", "restart", {"downMs": 300})
        self.wait_until_back()
        self.assertEqual(self.service_id(private_id), before)
        self.control("POST", "faults", {"do": "restart", "delayMs": 200, "loseStore": True, "when": {"nth": 1}})
        self.assertEqual(self.http_or_nothing(self.new_id()), b"")
        self.wait_until_back()
        self.assertFalse(self.is_known(private_id))
        self.assertNotEqual(self.service_id(private_id), before)
        self.assertEqual(self.ask_coap(private_id)[2][1], 0x44)  # the same store behind both
        pf.stop()
        pf = self.start_pf()  # what was lost stays lost, what came since is there
        self.assertTrue(self.is_known(private_id))
        pf.stop()

    def http_or_nothing(self, private_id):
        try:
            return self.http(private_id)
        except ConnectionError:
            return b""

    def wait_until_back(self):
        def is_there():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.pf_port)) == 0
        wait_for(lambda: not is_there(), "the listener to close")
        wait_for(is_there, "the listener to open again")

    def test_every_example_of_the_manual_is_taken(self):
        pf = self.start_pf()
        text = MANUAL.read_text()
        examples = re.findall(r"curl -s \$F -d '(\{.*\})'", text)
        self.assertEqual(len(examples), 12)
        for example in examples:
            self.control("POST", "faults", json.loads(example))
        self.assertEqual({fault["do"] for fault in self.control("GET", "faults")["faults"]},
                         set(re.findall(r"^\| `(\w+)` \| ", text, re.MULTILINE)) & {
                             "delay", "drop", "reset", "half", "status", "wrong_body", "wrong_content_type",
                             "wrong_service_id", "duplicate", "lost_ack", "restart"})
        pf.stop()

    def test_scenario_journal_and_counters(self):
        scenario = self.folder / "scenario.json"
        scenario.write_text(json.dumps({"faults": [
            {"name": "busy", "do": "status", "status": 503, "match": {"channels": "http", "privateId": "001b63*"},
             "when": {"from": 2, "to": 3}}]}))
        pf = self.start_pf(scenario=str(scenario))
        statuses = [int(self.http("00-1B-63-84-45-E6").split()[1]) for _ in range(4)]
        self.assertEqual(statuses, [201, 503, 503, 200])
        self.assertEqual(self.ask_coap("00:1b:63:84:45:e6")[2][1], 0x44)
        entries = self.entries("?privateId=001b638445e6")
        self.assertEqual([entry["status"] for entry in entries], [*statuses, 200])
        self.assertEqual([entry.get("fault", "") for entry in entries], ["", "busy", "busy", "", ""])
        self.assertEqual(len({entry["serviceId"] for entry in entries if "serviceId" in entry}), 1)
        self.assertEqual([e["channel"] for e in self.entries("?channel=coap")], ["coap"])
        counters = self.control("GET", "counters")
        self.assertEqual(counters["asked"], {"coap provision": 1, "http provision": 4})
        self.assertEqual(counters["answered"], {"200": 2, "201": 1, "503": 2})
        self.assertEqual(counters["faults"], {"busy": 2})
        pf.stop()

    def test_off_unless_enabled(self):
        pf = self.pf()
        self.assertNotIn("/test/v1", pf.output())
        self.assertRaises(urllib.error.URLError, self.control, "GET", "counters")
        pf.stop()


if __name__ == "__main__":
    unittest.main()
