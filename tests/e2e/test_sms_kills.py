"""Phones behind the test SMSC while the gateway is killed with -9 between deliver_sm and its answer, and while the SMSC
is gone: every number that was acknowledged is recorded and has one Service ID, and none has two."""
import json
import os
import random
import subprocess
import time
import unittest
import urllib.request

from harness import BIN, PATIENCE, Case, free_port, wait_for

FULL = os.environ.get("MSGGW_BUILD_TYPE") == "Release"  # sanitizers take many times as long for each start
KILLS = int(os.environ.get("MSGGW_SMS_KILLS", "1000" if FULL else "40"))
OUTAGE = int(os.environ.get("MSGGW_SMS_OUTAGE", "60" if FULL else "5"))  # seconds
PHONES = 50  # that write for the first time in each round: enough for the window to be full at any moment


class SmsKills(Case):
    def smsc(self, *arguments):
        self.smpp_port, self.control_port = free_port(), free_port()
        return self.start([BIN / "msggw-sim", "smsc", "--smpp", f"127.0.0.1:{self.smpp_port}", "--control",
                           f"127.0.0.1:{self.control_port}", "--journal-most", "0", "--retry", "20ms", *arguments])

    def control(self, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.control_port}/smsc/v1/{path}",
                                         json.dumps(body).encode() if body is not None else None)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"{}")

    def sms_gateway(self, **settings):
        sms = {"enabled": True, "addresses": [f"127.0.0.1:{self.smpp_port}"], "rate": 100_000, "burst": 1_000,
               "window": 100, "reconnect_first": "20ms", "reconnect_most": "100ms", **settings}
        return self.gateway(sections={"sms": sms, "coap": {"enabled": False}, "log": {"level": "warn"}})

    def campaign(self, **wanted):
        return self.control("campaigns", {"first": 1, "numbers": "+4915{:09}", "to": "12345", "text": "hello", **wanted})["id"]

    def check(self, count):
        rows = self.rows()
        numbers = {f"+4915{n:09}" for n in range(1, count + 1)}
        self.assertEqual(set(rows), numbers, "numbers recorded")
        service_ids = [row["serviceId"] for row in rows.values()]
        self.assertTrue(all(service_ids), "a number without a Service ID")
        self.assertEqual(len(set(service_ids)), len(service_ids), "a Service ID given twice")
        for number in random.Random(1).sample(sorted(rows), min(50, len(rows))):
            done = subprocess.run(["curl", "-s", "-H", "content-type: application/json", "-d",
                                   json.dumps({"ueType": "LEGACY_3GPP", "privateId": number}),
                                   f"http://127.0.0.1:{self.pf_port}/msgin5g-provisioning/v1/provisionings"],
                                  capture_output=True, text=True, check=True, timeout=PATIENCE)
            self.assertEqual(json.loads(done.stdout)["serviceId"], rows[number]["serviceId"])

    def test_killed_between_deliver_sm_and_its_answer(self):
        seed = int(os.environ.get("MSGGW_SEED", time.time_ns() % 1_000_000))
        print(f"seed {seed} (MSGGW_SEED repeats it)", flush=True)
        dice = random.Random(seed)
        self.pf()
        self.smsc("--window", "10")
        rounds, hits = 0, 0
        while hits < KILLS:
            self.assertLess(rounds, 4 * KILLS, f"only {hits} kills met an unanswered deliver_sm")
            gateway = self.sms_gateway()
            wait_for(lambda: self.control("links")["links"], "the bind", pause=0.002)
            cut_off = self.control("counters")["cutOff"]
            self.campaign(count=PHONES, first=rounds * PHONES + 1)
            rounds += 1
            time.sleep(dice.uniform(0, 0.004))  # the random moment itself; nothing is expected by then
            gateway.kill()
            wait_for(lambda: not self.control("links")["links"], "the end of the connection", pause=0.002)
            hits += self.control("counters")["cutOff"] > cut_off
        gateway = self.sms_gateway()
        wait_for(lambda: self.control("counters")["messagesAccepted"] == rounds * PHONES, "every message accepted, once")
        wait_for(lambda: self.metric(gateway, "msggw_devices_pending") == 0, "every Service ID")
        self.check(rounds * PHONES)
        print(f"{rounds} kills, {hits} of them with deliver_sm unanswered; "
              f"{self.control('counters')['redelivered']} messages came again", flush=True)
        gateway.stop()

    def test_smsc_gone_under_load(self):
        self.pf()
        self.smsc("--window", "50", "--receipt-jitter", "50ms", "--receipt-before-response", "0.2", "--id-form",
                  "hex-decimal")
        gateway = self.sms_gateway(answer="{serviceId}", response_ids="hex", receipt_ids="decimal")
        wait_for(lambda: self.control("links")["links"], "the bind")
        count = 20_000 if FULL else 2_000
        campaign = self.campaign(count=count, expectAnswer=True, patience=f"{OUTAGE + 60}s")
        wait_for(lambda: self.control(f"campaigns/{campaign}")["accepted"] > count / 10, "the load")
        gone = time.monotonic()
        self.control("links/cut", {"how": "reset", "refuseFor": f"{OUTAGE}s"})
        wait_for(lambda: any("smsc_lost" in line for line in gateway.lines), "the loss")
        before = self.control(f"campaigns/{campaign}")
        self.assertLess(before["accepted"], count)
        wait_for(lambda: self.control("links")["links"], "the next bind", patience=OUTAGE + PATIENCE)
        self.assertGreaterEqual(time.monotonic() - gone, OUTAGE - 1)
        wait_for(lambda: self.control(f"campaigns/{campaign}")["state"] == "done", "every answer")
        self.check(count)
        wait_for(lambda: self.metric(gateway, "msggw_sms_receipts_awaited") == 0, "every receipt")
        self.assertEqual(self.metric(gateway, "msggw_sms_receipts_total", '{result="unknown"}'), 0)
        self.assertGreaterEqual(self.metric(gateway, "msggw_sms_receipts_total", '{result="delivered"}'), count)
        gateway.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
