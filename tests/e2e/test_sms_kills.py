# SPDX-License-Identifier: Apache-2.0
"""The gateway killed with -9 between deliver_sm and its answer, under load from phones: every number that was
acknowledged is recorded and has one Service ID, none has two, and each phone is told its own, at least once."""
import os
import random
import time
import unittest

from harness import FULL, wait_for
from phones import PhonesCase

KILLS = int(os.environ.get("MSGGW_SMS_KILLS", "500" if FULL else "40"))
PHONES = 50  # that write for the first time in each round: enough for the window to be full at any moment
MOST_ENTRIES = 40 * PHONES * KILLS  # of the journal, which has what the phones are told
MOST_BEHIND = 20  # rounds whose messages still wait, of which the SMSC keeps 100


class SmsKills(PhonesCase):
    def test_killed_between_deliver_sm_and_its_answer(self):
        seed = int(os.environ.get("MSGGW_SEED", time.time_ns() % 1_000_000))
        print(f"seed {seed} (MSGGW_SEED repeats it)", flush=True)
        dice = random.Random(seed)
        self.pf()
        self.start_smsc("--window", "10")
        self.smsc.call("options", {"journalMost": MOST_ENTRIES}, "PUT")
        rounds, hits = 0, 0
        while hits < KILLS:
            self.assertLess(rounds, 4 * KILLS, f"only {hits} kills met an unanswered deliver_sm")
            gateway = self.sms_gateway(answer="{serviceId}", source="12345")
            wait_for(lambda: self.smsc.call("links")["links"], "the bind", pause=0.002)
            wait_for(lambda: self.smsc.counter("messagesAccepted") >= (rounds - MOST_BEHIND) * PHONES, "those left behind")
            cut_off = self.smsc.counter("cutOff")
            self.campaign(count=PHONES, first=rounds * PHONES + 1)
            rounds += 1
            time.sleep(dice.uniform(0, 0.004))  # the random moment itself; nothing is expected by then
            gateway.kill()
            wait_for(lambda: not self.smsc.call("links")["links"], "the end of the connection", pause=0.002)
            hits += self.smsc.counter("cutOff") > cut_off
        gateway = self.sms_gateway(answer="{serviceId}", source="12345")
        wait_for(lambda: self.smsc.counter("messagesAccepted") == rounds * PHONES, "every message accepted, once")
        wait_for(lambda: self.metric(gateway, "msggw_devices_pending") == 0, "every Service ID")
        wait_for(lambda: self.metric(gateway, "msggw_messages_waiting") == 0, "the end of every text")
        self.check(self.numbers(rounds * PHONES))
        again = self.check_told(self.numbers(rounds * PHONES))
        print(f"{rounds} kills, {hits} of them with deliver_sm unanswered; "
              f"{self.smsc.counter('redelivered')} messages came again; {again} answers twice", flush=True)
        gateway.stop()

    def submits(self):
        last, page = 0, True
        while page:
            page = self.smsc.call(f"journal?command=submit_sm&direction=in&since={last}")["entries"]
            yield from page
            last = page[-1]["n"] if page else last

    def check_told(self, numbers):
        """Each phone has heard its Service ID and nothing else; returns how often one was told again."""
        texts, rows = {number: [] for number in numbers}, self.rows()
        for entry in self.submits():
            # 0x00 is '@' in GSM 7-bit (TS 23.038 6.2.1).
            texts["+" + entry["destination"]].append(bytes.fromhex(entry["octets"]).decode().replace("\0", "@"))
        for number in numbers:
            self.assertEqual(set(texts[number]), {rows[number]["serviceId"]}, f"what {number} was told")
        return sum(len(told) - 1 for told in texts.values())


if __name__ == "__main__":
    unittest.main(verbosity=2)
