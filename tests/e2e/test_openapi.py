# SPDX-License-Identifier: Apache-2.0
"""What really goes between clients and the Provisioning Function, held against docs/provisioning-openapi.yaml: the
gateway's own traffic, single and bulk, and requests of every kind, good and bad, in both encodings."""
import json
import pathlib
import unittest

import cbor2
from harness import Case, Coap, wait_for
from openapi import Contract, Recorder, request

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "provisioning-openapi.yaml"
PREFIX = "/msgin5g-provisioning/v1"
COLLECTION = PREFIX + "/provisionings"
BULK = PREFIX + "/bulk"
JSON, CBOR = "application/json", "application/cbor"
ENCODE = {JSON: lambda value: json.dumps(value).encode(), CBOR: cbor2.dumps}


def asking(private_id, ue_type="NON_3GPP", **more):
    return {"ueType": ue_type, "privateId": private_id, **more}


class OpenApi(Case):
    def setUp(self):
        super().setUp()
        self.contract = Contract(DOCUMENT, PREFIX)
        self.seen = set()

    def judge(self, exchange, good_request=True):
        wrong, name = self.contract.judge(exchange, good_request)
        self.assertEqual(wrong, [])
        self.seen.add(name)
        return exchange

    def say(self, method, path, body=None, media_type=JSON, good=True, **headers):
        octets = b"" if body is None else body if isinstance(body, bytes) else ENCODE[media_type](body)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent["content-type"] = media_type
        return self.judge(request(self.pf_port, method, path, octets, sent), good)

    def test_requests_of_every_kind(self):
        pf = self.pf(max_assignments=9)
        for media_type in (JSON, CBOR):
            post = lambda body, **h: self.say("POST", COLLECTION, body, media_type, **h)
            new = post(asking(f"new {media_type[-4:]}", info={"vendor": "x", "deep": [1, {"a": None}]}))
            self.assertEqual(new.status, 201)
            self.assertEqual(post(asking(f"new {media_type[-4:]}", "AS")).status, 200)
            self.assertEqual(self.say("GET", new.headers["location"], accept=media_type).status, 200)
            self.assertEqual(post({"ueType": "AS"}).status, 400)
            self.assertEqual(post(b"\xff{").status, 400)
            self.assertEqual(post(asking("x" * 20_000)).status, 413)
            self.assertEqual(post(asking("y"), accept="text/html").status, 406)
            self.assertEqual(self.say("GET", COLLECTION + "/%00", accept=media_type).status, 400)
            self.assertEqual(self.say("GET", COLLECTION + "/nobody", accept=media_type).status, 404)
            self.assertEqual(self.say("DELETE", new.headers["location"]).status, 204)
            self.assertEqual(self.say("DELETE", COLLECTION + "/nobody").status, 404)
            bulk = self.say("POST", BULK, {"requests": [
                asking(f"bulk {media_type[-4:]}"), asking(f"bulk {media_type[-4:]}"), {"ueType": "NON_3GPP"},
                asking("00-1B-63-84-45-E6", "MSGIN5G_UE")]}, media_type, good=False)
            items = (json.loads if media_type == JSON else cbor2.loads)(bulk.body)["responses"]
            self.assertEqual([item["status"] for item in items][:3], [201, 200, 400])
            self.assertEqual(self.say("POST", BULK, {"requests": []}, media_type).status, 400)
        self.assertEqual(self.say("POST", COLLECTION, b"x", "text/plain").status, 415)
        self.assertEqual(self.say("POST", BULK, b"x", "text/plain").status, 415)
        self.assertEqual(self.say("GET", COLLECTION + "/x", accept="text/html").status, 406)
        self.assertEqual(self.say("GET", "/healthz").status, 200)
        statuses = [self.say("POST", COLLECTION, asking(f"fill {i}")).status for i in range(10)]
        self.assertEqual(statuses[-1], 403)
        pf.stop()
        for operation in ("Provision", "ProvisionBulk", "ReadProvisioning", "ReleaseProvisioning", "Health"):
            self.assertTrue(any(name.startswith(operation + " ") for name in self.seen), self.seen)

    def test_traffic_of_the_gateway(self):
        pf = self.pf()
        recorder = Recorder(self.pf_port)
        self.addCleanup(recorder.close)
        gateway = self.gateway(sections={"provisioning": {"uris": [f"http://127.0.0.1:{recorder.port}"]}})
        devices = [Coap(self.coap_port) for _ in range(64)]
        for number, device in enumerate(devices):
            self.addCleanup(device.close)
            device.send(device.message(2, [(11, b"rd"), (15, b"ep=traffic-%d" % number)]))
        for device in devices:
            self.assertEqual(device.receive()[1], 0x41)
        devices[0].send(devices[0].message(2, [(11, b"rd"), (12, b"\x32"), (15, b"ep=alone, with information")],
                                           b'{"vendor":"x","deviceType":"meter"}'))
        self.assertEqual(devices[0].receive()[1], 0x41)
        gateway.stop()
        pf.stop()
        names = set()
        for exchange in recorder.exchanges:
            self.judge(exchange)
            names.add(exchange.path)
        self.assertEqual(names, {COLLECTION, BULK})
        self.assertLess(len(recorder.exchanges), 64)


if __name__ == "__main__":
    unittest.main()
