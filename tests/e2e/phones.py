# SPDX-License-Identifier: Apache-2.0
"""A gateway, a Provisioning Function and the test SMSC `msggw-sim smsc`, for tests with many phones."""
import json
import random
import subprocess
import urllib.request

from harness import BIN, PATIENCE, Case


class Smsc:
    """The test SMSC `msggw-sim smsc`, and its tester's interface."""

    def __init__(self, case, *arguments, port=0):
        self.process = case.start([BIN / "msggw-sim", "smsc", "--smpp", f"127.0.0.1:{port}", "--control", "127.0.0.1:0",
                                   *arguments])
        self.port = self.process.url("smpps?")[1]
        self.control = "http://127.0.0.1:%d" % self.process.url("http")[1]

    def call(self, path, body=None, method=None):
        """POSTs a body, GETs without one, unless `method` says otherwise."""
        request = urllib.request.Request(f"{self.control}/smsc/v1/{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"{}")

    def counter(self, name):
        return self.call("counters")[name]

    def texts(self, number):
        """What that phone has received."""
        return [message["text"] for message in self.call(f"phones/{number}")["messages"]]

    def journal(self, command, direction):
        return self.call(f"journal?command={command}&direction={direction}")["entries"]


class PhonesCase(Case):
    """Phones write to the gateway; `smsc` is the SMSC that was started last."""

    def start_smsc(self, *arguments):
        self.smsc = Smsc(self, "--journal-most", "0", "--retry", "20ms", *arguments)
        return self.smsc

    def sms_gateway(self, env=None, **settings):
        sms = {"enabled": True, "addresses": [f"127.0.0.1:{self.smsc.port}"], "rate": 100_000, "burst": 1_000,
               "window": 100, "reconnect_first": "20ms", "reconnect_most": "100ms", **settings}
        return self.gateway(env=env, sections={"sms": sms, "coap": {"enabled": False}, "log": {"level": "warn"}})

    @staticmethod
    def numbers(count):
        """Those of a campaign."""
        return [f"+4915{n:09}" for n in range(1, count + 1)]

    def campaign(self, **wanted):
        body = {"first": 1, "numbers": "+4915{:09}", "to": "12345", "text": "hello", **wanted}
        return self.smsc.call("campaigns", body)["id"]

    def check(self, numbers):
        """All of them are recorded, each has one Service ID, that of the Provisioning Function, and no two the same."""
        rows = self.rows()
        self.assertEqual(set(rows), set(numbers), "numbers recorded")
        service_ids = [row["serviceId"] for row in rows.values()]
        self.assertTrue(all(service_ids), "a number without a Service ID")
        self.assertEqual(len(set(service_ids)), len(service_ids), "a Service ID given twice")
        for number in random.Random(1).sample(sorted(rows), min(50, len(rows))):
            done = subprocess.run(["curl", "-s", "-H", "content-type: application/json", "-d",
                                   json.dumps({"ueType": "LEGACY_3GPP", "privateId": number}),
                                   f"http://127.0.0.1:{self.pf_port}/msgin5g-provisioning/v1/provisionings"],
                                  capture_output=True, text=True, check=True, timeout=PATIENCE)
            self.assertEqual(json.loads(done.stdout)["serviceId"], rows[number]["serviceId"])
