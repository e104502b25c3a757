# SPDX-License-Identifier: Apache-2.0
"""Messages for phones while gateway and SMSC are killed with -9 at random moments, and receipts come early, late, twice or never:
none that was accepted is lost, none is reported as delivered that was not or the other way round, none in two ways, and none that
asks for a report is without one at the end of its time.  Prints the figures."""
import collections
import os
import random
import subprocess
import time
import unittest

from harness import BIN, Case, free_port, wait_for
from ledger import FAILED, SUCCESS, Tail
from receipts_smsc import ReceiptsSmsc

KILLS = int(os.environ.get("MSGGW_KILLS", "12"))
MESSAGES = int(os.environ.get("MSGGW_MESSAGES", "1500"))
PHONES = 30
SERVER = "m5s-1@msgin5g.example"  # as the Provisioning Function names it
NOTHING_NEW = 60.0  # seconds after which nothing more will come
NUMBERS = [f"+49151{n:08}" for n in range(PHONES)]


class SmsDownKills(Case):
    def setUp(self):
        super().setUp()
        self.server_port, self.face_port = free_port(), free_port()
        self.tail = Tail(self.folder / "server.jsonl")
        self.accepted, self.wanted = set(), set()
        self.told = collections.defaultdict(set)  # (Service ID, msgId): what was reported

    def run_gateway(self):
        return self.gateway(sections={
            "log": {"level": "warn"}, "coap": {"enabled": False},
            "sms": {"enabled": True, "addresses": [f"127.0.0.1:{self.smsc.port}"], "rate": 100_000, "burst": 1_000, "window": 20,
                    "response_ids": "hex", "receipt_ids": "decimal", "receipt_within": "12s", "receipt_margin": "6s",
                    "reconnect_first": "20ms", "reconnect_most": "100ms"},
            "msgin5g": {"enabled": True, "port": self.face_port, "probe_first": "50ms"},
            "msgin5g.server": {"service_id": SERVER, "uris": [f"http://127.0.0.1:{self.server_port}"]}})

    def read(self):
        for line in self.tail.new():
            key = (line.get("device"), line.get("id"))
            if line["event"] == "sent" and line["report"]:
                self.wanted.add(key)
            elif line["event"] == "accepted":
                self.accepted.add(key)
            elif line["event"] == "told":
                self.told[key].add(line["status"])

    def progress(self):
        self.read()
        return len(self.accepted) + len(self.told)

    def wait_for_progress(self, condition):
        """Waits as long as something new comes."""
        last, until = None, time.monotonic() + NOTHING_NEW
        while not condition():
            if self.progress() != last:
                last, until = self.progress(), time.monotonic() + NOTHING_NEW
            self.assertLess(time.monotonic(), until, f"nothing new: {len(self.accepted)} accepted, {len(self.told)} told")
            time.sleep(0.02)

    def kill_some(self, dice):
        counts = collections.Counter()
        for kill in range(KILLS):
            due = (kill + dice.random()) * 0.9 * MESSAGES / KILLS
            self.wait_for_progress(lambda due=due: len(self.accepted) >= due)
            time.sleep(dice.uniform(0, 0.02))  # the random moment itself; nothing is expected by then
            which = dice.choice(["gateway", "gateway", "smsc", "both"])
            counts[which] += 1
            if which != "smsc":
                self.running.kill()
            if which != "gateway":
                self.smsc.kill()
                time.sleep(dice.uniform(0, 0.2))
                self.smsc.start()
            if which != "smsc":
                self.running = self.run_gateway()
        return dict(counts)

    def test_kills(self):
        seed = int(os.environ.get("MSGGW_SEED", time.time_ns() % 1_000_000))
        print(f"seed {seed} (MSGGW_SEED repeats it)", flush=True)
        self.pf()
        self.smsc = ReceiptsSmsc(seed, delay=2.0, early=0.05, twice=0.05, lost=0.01, failed=0.05, intermediate=0.05)
        self.addCleanup(self.smsc.close)
        self.running = self.run_gateway()
        wait_for(self.smsc.bound, "the bind")
        for number in NUMBERS:
            self.smsc.write(number, "hello")
        wait_for(lambda: all(self.rows().get(number, {}).get("serviceId") for number in NUMBERS), "the Service IDs")
        phones = {self.rows()[number]["serviceId"]: number for number in NUMBERS}
        self.start([BIN / "msggw-sim", "m5s", "load", "--port", self.server_port, "--messages", MESSAGES, "--phones",
                    "--report-every", 2, "--window", 64, "--ledger", self.folder / "server.jsonl"], stdin=subprocess.DEVNULL)
        counts = self.kill_some(random.Random(seed))
        self.wait_for_progress(lambda: len(self.accepted) == MESSAGES and self.told.keys() >= self.wanted & self.accepted)
        wait_for(lambda: self.smsc.waiting() == 0, "the last receipts")
        self.check(phones, counts)
        self.running.stop()

    def check(self, phones, counts):
        got = {"delivered": collections.Counter(), "failed": collections.Counter()}
        for what, of in (("delivered", self.smsc.delivered), ("failed", self.smsc.failed)):
            for (number, octets), times in of.items():
                got[what]["+" + number, octets.rstrip(b"x").decode()] += times
        untrue, lost, two_ways, pessimistic = [], [], [], []
        for service_id, msg_id in self.accepted:
            text = phones[service_id], msg_id
            told = self.told.get((service_id, msg_id), set())
            if not got["delivered"][text] + got["failed"][text]:
                lost.append(text)
            if len(told) > 1:
                two_ways.append((text, told))
            if told == {SUCCESS} and not got["delivered"][text]:
                untrue.append(text)
            if told == {FAILED} and not got["failed"][text]:
                pessimistic.append(text)
        twice = sum(times - 1 for times in (got["delivered"] + got["failed"]).values())
        print(f"{counts}; {len(self.accepted)} messages accepted, {len(self.smsc.submits)} submits, {twice} of them again; "
              f"{len(self.told)} reports, {len(pessimistic)} FAILED without proof, {self.smsc.lost} receipts lost", flush=True)
        self.assertEqual((lost, untrue, two_ways), ([], [], []))
        self.assertEqual(self.told.keys() - self.wanted, set(), "reports that nobody asked for")


if __name__ == "__main__":
    unittest.main(verbosity=2)
