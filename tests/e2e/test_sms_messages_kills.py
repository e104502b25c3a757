# SPDX-License-Identifier: Apache-2.0
"""Messages for phones and texts of phones while gateway and SMSC are killed with -9 at random moments, and receipts come early,
late, twice or never: down none that was accepted is lost, no report is untrue or said in two ways, and none is missing at the end
of its time; up nothing that was acknowledged is lost, and nothing comes as two messages.  Prints the ledger.  `tests/bench/kills
--sms` is the same with larger numbers."""
import collections
import os
import random
import subprocess
import time
import unittest

import sms_ledger
from harness import BIN, Case, free_port, wait_for
from ledger import Tail
from receipts_smsc import ReceiptsSmsc
from server_double import OWN

KILLS = int(os.environ.get("MSGGW_KILLS", "12"))
MESSAGES = int(os.environ.get("MSGGW_MESSAGES", "1500"))  # each way
PHONES = 30
SERVER = "m5s-1@msgin5g.example"  # as the Provisioning Function names it
WITHIN = 20 if KILLS < 50 else 60  # seconds for a receipt: longer than one is kept from coming by kills
NOTHING_NEW = 90.0  # seconds after which nothing more will come
NUMBERS = [f"+49151{n:08}" for n in range(PHONES)]
FORMS, MORE = ("udh8", "udh16", "sar", "payload"), (0, 0, 100, 200)  # characters of a text beside its name
AHEAD = 50  # texts of phones, of what goes down meanwhile
LISTED = 10


class SmsMessagesKills(Case):
    def setUp(self):
        super().setUp()
        self.server_port, self.face_port = free_port(), free_port()
        self.tail = Tail(self.folder / "server.jsonl")
        self.down, self.up = sms_ledger.Down(), sms_ledger.Up()
        self.lines = 0

    def run_gateway(self):
        return self.gateway(sections={
            "log": {"level": "warn"}, "coap": {"enabled": False},
            "sms": {"enabled": True, "addresses": [f"127.0.0.1:{self.smsc.port}"], "rate": 100_000, "burst": 1_000, "window": 20,
                    "response_ids": "hex", "receipt_ids": "decimal", "receipt_within": f"{WITHIN}s",
                    "receipt_margin": f"{WITHIN}s", "partial_timeout": f"{WITHIN}s", "keyword_status": "STATUS",
                    "reconnect_first": "20ms", "reconnect_most": "100ms"},
            "messages": {"default_recipient": "AS " + OWN},
            "msgin5g": {"enabled": True, "port": self.face_port, "probe_first": "50ms"},
            "msgin5g.server": {"service_id": SERVER, "uris": [f"http://127.0.0.1:{self.server_port}"]}})

    def read(self):
        for line in self.tail.new():
            self.lines += 1
            self.down.sender(line)
            self.up.recipient(line)
        self.write()

    def write(self):
        """Phones write as much as goes down."""
        while len(self.up.sent) < min(MESSAGES, len(self.down.accepted) + AHEAD):
            n = len(self.up.sent)
            number = NUMBERS[n % PHONES]
            text = f"{n}-{time.monotonic_ns()}" + "x" * self.dice.choice(MORE)
            self.up.writes(self.ids[number.lstrip("+")], text)
            self.smsc.write(number, text, form=self.dice.choice(FORMS))

    def wait_for_progress(self, condition, pause=0.005):
        """Waits as long as something new comes."""
        last, until = None, time.monotonic() + NOTHING_NEW
        while not condition():
            self.read()
            if self.lines != last:
                last, until = self.lines, time.monotonic() + NOTHING_NEW
            if time.monotonic() > until:
                return
            time.sleep(pause)

    def kill_some(self):
        counts = collections.Counter()
        for kill in range(KILLS):
            due = (kill + self.dice.random()) * 0.9 * MESSAGES / KILLS
            self.wait_for_progress(lambda due=due: len(self.down.accepted) >= due)
            time.sleep(self.dice.uniform(0, 0.02))  # the random moment itself; nothing is expected by then
            which = self.dice.choice(["gateway", "gateway", "smsc", "both"])
            counts[which] += 1
            if which != "smsc":
                self.running.kill()
            if which != "gateway":
                self.smsc.kill()
                time.sleep(self.dice.uniform(0, 0.2))
                self.smsc.start()
            if which != "smsc":
                self.running = self.run_gateway()
        return dict(counts)

    def register(self):
        wait_for(self.smsc.bound, "the bind")
        for n, number in enumerate(NUMBERS):
            self.smsc.write(number, "STATUS" + " " * n)  # a keyword, which is no message; what the SMSC knows it by is the text
        wait_for(lambda: all(self.rows().get(number, {}).get("serviceId") for number in NUMBERS), "the Service IDs")
        self.ids = {number.lstrip("+"): row["serviceId"] for number, row in self.rows().items()}
        wait_for(lambda: self.smsc.unacknowledged() == 0, "the acknowledgements")
        self.smsc.acknowledged.clear()

    def test_kills(self):
        seed = int(os.environ.get("MSGGW_SEED", time.time_ns() % 1_000_000))
        print(f"seed {seed} (MSGGW_SEED repeats it)", flush=True)
        self.dice = random.Random(seed)
        self.pf()
        self.smsc = ReceiptsSmsc(seed, delay=2.0, early=0.05, twice=0.05, lost=0.01, failed=0.05, intermediate=0.05)
        self.addCleanup(self.smsc.close)
        self.running = self.run_gateway()
        self.register()
        started = time.monotonic()
        self.start([BIN / "msggw-sim", "m5s", "load", "--port", self.server_port, "--messages", MESSAGES, "--phones",
                    "--report-every", 2, "--window", 64, "--ledger", self.folder / "server.jsonl"], stdin=subprocess.DEVNULL)
        counts = self.kill_some()
        self.wait_for_progress(self.is_complete, 0.1)
        print(f"{KILLS} kills ({', '.join(f'{n} {name}' for name, n in counts.items())}), {time.monotonic() - started:.0f} s; "
              f"{self.smsc.redelivered} deliver_sm given again", flush=True)
        self.check()
        self.running.stop()

    def is_complete(self):
        return (len(self.down.accepted) == len(self.up.sent) == MESSAGES and len(self.up.got) >= MESSAGES and
                self.smsc.waiting() == 0 and not self.down.unreported())

    def check(self):
        self.down.network(self.smsc, self.ids)
        self.up.network(self.smsc)
        print(sms_ledger.text([self.down, self.up]), flush=True)
        faults = "".join(f"{way.name}: {what}: {len(which)}, {sorted(which)[:LISTED]}\n"
                         for way in (self.down, self.up) for what, which in way.faults().items())
        self.assertFalse(faults, faults)
        self.assertEqual(self.smsc.refused, {})
        self.assertEqual((len(self.down.accepted), len(self.up.accepted)), (MESSAGES, MESSAGES))


if __name__ == "__main__":
    unittest.main(verbosity=2)
