# SPDX-License-Identifier: Apache-2.0
"""The SMSC gone under load: no message is lost, no receipt is unknown, every number has one Service ID."""
import os
import time
import unittest

from harness import FULL, PATIENCE, wait_for
from phones import PhonesCase

OUTAGE = int(os.environ.get("MSGGW_SMS_OUTAGE", "60" if FULL else "5"))  # seconds


class SmsOutage(PhonesCase):
    def test_smsc_gone_under_load(self):
        self.pf()
        self.start_smsc("--window", "50", "--receipt-jitter", "50ms", "--receipt-before-response", "0.2", "--id-form",
                  "hex-decimal")
        gateway = self.sms_gateway(answer="{serviceId}", response_ids="hex", receipt_ids="decimal")
        wait_for(lambda: self.smsc.call("links")["links"], "the bind")
        count = 20_000 if FULL else 2_000
        campaign = self.campaign(count=count, expectAnswer=True, patience=f"{OUTAGE + 60}s")
        wait_for(lambda: self.smsc.call(f"campaigns/{campaign}")["accepted"] > count / 10, "the load")
        gone = time.monotonic()
        self.smsc.call("links/cut", {"how": "reset", "refuseFor": f"{OUTAGE}s"})
        wait_for(lambda: any("smsc_lost" in line for line in gateway.lines), "the loss")
        before = self.smsc.call(f"campaigns/{campaign}")
        self.assertLess(before["accepted"], count)
        wait_for(lambda: self.smsc.call("links")["links"], "the next bind", patience=OUTAGE + PATIENCE)
        self.assertGreaterEqual(time.monotonic() - gone, OUTAGE - 1)
        wait_for(lambda: self.smsc.call(f"campaigns/{campaign}")["state"] == "done", "every answer")
        self.check(self.numbers(count))
        wait_for(lambda: self.metric(gateway, "msggw_sms_receipts_awaited") == 0, "every receipt")
        self.assertEqual(self.metric(gateway, "msggw_sms_receipts_total", '{result="unknown"}'), 0)
        self.assertGreaterEqual(self.metric(gateway, "msggw_sms_receipts_total", '{result="delivered"}'), count)
        gateway.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
