# SPDX-License-Identifier: Apache-2.0
"""The gateway killed with -9 between deliver_sm and its answer, under load from phones: every number that was
acknowledged is recorded and has one Service ID, and none has two."""
import os
import random
import time
import unittest

from harness import FULL, wait_for
from phones import PhonesCase

KILLS = int(os.environ.get("MSGGW_SMS_KILLS", "500" if FULL else "40"))
PHONES = 50  # that write for the first time in each round: enough for the window to be full at any moment
MOST_BEHIND = 20  # rounds whose messages still wait, of which the SMSC keeps 100


class SmsKills(PhonesCase):
    def test_killed_between_deliver_sm_and_its_answer(self):
        seed = int(os.environ.get("MSGGW_SEED", time.time_ns() % 1_000_000))
        print(f"seed {seed} (MSGGW_SEED repeats it)", flush=True)
        dice = random.Random(seed)
        self.pf()
        self.start_smsc("--window", "10")
        rounds, hits = 0, 0
        while hits < KILLS:
            self.assertLess(rounds, 4 * KILLS, f"only {hits} kills met an unanswered deliver_sm")
            gateway = self.sms_gateway()
            wait_for(lambda: self.smsc.call("links")["links"], "the bind", pause=0.002)
            wait_for(lambda: self.smsc.counter("messagesAccepted") >= (rounds - MOST_BEHIND) * PHONES, "those left behind")
            cut_off = self.smsc.counter("cutOff")
            self.campaign(count=PHONES, first=rounds * PHONES + 1)
            rounds += 1
            time.sleep(dice.uniform(0, 0.004))  # the random moment itself; nothing is expected by then
            gateway.kill()
            wait_for(lambda: not self.smsc.call("links")["links"], "the end of the connection", pause=0.002)
            hits += self.smsc.counter("cutOff") > cut_off
        gateway = self.sms_gateway()
        wait_for(lambda: self.smsc.counter("messagesAccepted") == rounds * PHONES, "every message accepted, once")
        wait_for(lambda: self.metric(gateway, "msggw_devices_pending") == 0, "every Service ID")
        self.check(self.numbers(rounds * PHONES))
        print(f"{rounds} kills, {hits} of them with deliver_sm unanswered; "
              f"{self.smsc.counter('redelivered')} messages came again", flush=True)
        gateway.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
