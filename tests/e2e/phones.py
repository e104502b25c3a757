"""A gateway, a Provisioning Function and the test SMSC `msggw-sim smsc`, for tests with many phones."""
import json
import os
import random
import subprocess
import urllib.request

from harness import BIN, PATIENCE, Case, free_port

FULL = os.environ.get("MSGGW_BUILD_TYPE") == "Release"  # sanitizers take many times as long for each start


class PhonesCase(Case):
    def smsc(self, *arguments):
        self.smpp_port, self.control_port = free_port(), free_port()
        return self.start([BIN / "msggw-sim", "smsc", "--smpp", f"127.0.0.1:{self.smpp_port}", "--control",
                           f"127.0.0.1:{self.control_port}", "--journal-most", "0", "--retry", "20ms", *arguments])

    def control(self, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.control_port}/smsc/v1/{path}",
                                         json.dumps(body).encode() if body is not None else None)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"{}")

    def sms_gateway(self, env=None, **settings):
        sms = {"enabled": True, "addresses": [f"127.0.0.1:{self.smpp_port}"], "rate": 100_000, "burst": 1_000,
               "window": 100, "reconnect_first": "20ms", "reconnect_most": "100ms", **settings}
        return self.gateway(env=env, sections={"sms": sms, "coap": {"enabled": False}, "log": {"level": "warn"}})

    @staticmethod
    def numbers(count):
        """Those of a campaign."""
        return [f"+4915{n:09}" for n in range(1, count + 1)]

    def campaign(self, **wanted):
        body = {"first": 1, "numbers": "+4915{:09}", "to": "12345", "text": "hello", **wanted}
        return self.control("campaigns", body)["id"]

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
