# SPDX-License-Identifier: Apache-2.0
"""The SMSC is away while very many messages come for phones: memory does not grow with what waits, kill -9 loses none of it, those
whose time is over are reported, and when the SMSC is back it gets the others, of each phone in order, at its own rate."""
import json
import os
import pathlib
import subprocess
import time
import unittest

from harness import BIN, FULL, free_port, wait_for
from ledger import FAILED, SUCCESS, Tail
from phones import PhonesCase, Smsc

COUNT = int(os.environ.get("MSGGW_SMS_BACKLOG", "100000" if FULL else "4000"))  # half of them expire
PHONES, RATE, BURST, WINDOW = 200, 5_000 if FULL else 1_000, 100, 200
LIFETIME = 10  # seconds, of the first half
SERVER = "m5s-1@msgin5g.example"  # as the Provisioning Function names it
MIB = 1 << 20
WAITING = 64 * COUNT + MIB  # octets: each message, and the cache
REMEMBERED = 12 * MIB  # the last events
SANITIZERS = 1 if FULL else 4  # red zones


def resident(process):
    lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


class SmsBacklog(PhonesCase):
    def setUp(self):
        super().setUp()
        self.smpp_port, self.server_port, self.face_port = free_port(), free_port(), free_port()
        self.tail = Tail(self.folder / "server.jsonl")
        self.told = {SUCCESS: 0, "EXPIRED": 0}

    def begin_smsc(self):
        self.smsc = Smsc(self, "--journal-most", "0", port=self.smpp_port)

    def begin_gateway(self, lifetime):
        # What is freed is kept a while by the address sanitizer.
        environment = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"}
        return self.gateway(env=environment, sections={
            "coap": {"enabled": False}, "log": {"level": "warn"},
            "sms": {"enabled": True, "addresses": [f"127.0.0.1:{self.smpp_port}"], "rate": RATE, "burst": BURST, "window": WINDOW,
                    "keyword_status": "STATUS", "reconnect_first": "20ms", "reconnect_most": "100ms"},
            "messages": {"down_lifetime": lifetime, "cache_octets": "1MiB"},
            "msgin5g": {"enabled": True, "port": self.face_port, "probe_first": "50ms"},
            "msgin5g.server": {"service_id": SERVER, "uris": [f"http://127.0.0.1:{self.server_port}"]}})

    def send(self, count):
        """So many more messages, each of which wants a report; all are acknowledged."""
        done = sum('"sent"' in line for line in self.server.lines)
        self.server.say(json.dumps({"do": "send", "plan": {"count": count, "window": 500, "reportEvery": 1}}))
        wait_for(lambda: sum('"sent"' in line for line in self.server.lines) > done, "the acknowledgements", 120, 0.05)

    def reports(self, what):
        for line in self.tail.new():
            if line["event"] == "told":
                self.told[SUCCESS if line["status"] == SUCCESS else line["cause"]] += 1
        return self.told[what]

    def test_a_long_outage(self):
        self.pf()
        self.begin_smsc()
        gateway = self.begin_gateway(f"{LIFETIME}s")
        self.campaign(count=PHONES, text="STATUS", expectAnswer=True)
        wait_for(lambda: self.smsc.counter("submits") == PHONES, "the answers")
        self.server = self.start([BIN / "msggw-sim", "m5s", "load", "--port", self.server_port, "--phones", "--ledger",
                                  self.folder / "server.jsonl"], stdin=subprocess.PIPE)
        wait_for(lambda: self.server.say('{"do":"count"}') or f'"devices":{PHONES}' in self.server.output(), "the registrations",
                 pause=0.1)
        self.smsc.process.kill()
        wait_for(lambda: self.metric(gateway, 'msggw_sms_bound{bind="transceiver",smsc="smsc"}') == 0, "the end of the bind")

        self.send(COUNT // 20)
        before = resident(gateway)
        self.send(COUNT // 2 - COUNT // 20)
        half = resident(gateway)
        gateway.kill()
        gateway = self.begin_gateway("1h")
        self.send(COUNT // 2)
        after = resident(gateway)
        print(f"RSS with {COUNT // 20:,} messages {before / MIB:.1f} MiB, with {COUNT // 2:,} {half / MIB:.1f}, killed and with "
              f"{COUNT:,} {after / MIB:.1f}", flush=True)
        self.assertLess(max(half, after), before + (WAITING + REMEMBERED) * SANITIZERS)
        wait_for(lambda: self.reports("EXPIRED") == COUNT // 2, "the reports of those whose time is over", 120)
        self.drain(gateway)

    def drain(self, gateway):
        wait_for(lambda: self.metric(gateway, "msggw_messages_waiting") == COUNT // 2, "the end of the others")
        began = time.monotonic()
        self.begin_smsc()
        wait_for(lambda: self.metric(gateway, "msggw_messages_waiting") == 0, "the end of the backlog", 120, 0.05)
        took = time.monotonic() - began
        wait_for(lambda: self.reports(SUCCESS) == COUNT // 2, "the reports")
        print(f"{COUNT // 2:,} messages in {took:.1f} s, {RATE:,} a second allowed; RSS {resident(gateway) / MIB:.1f} MiB",
              flush=True)
        self.assertGreater(took, (COUNT // 2 - BURST - WINDOW) / RATE * 0.95)
        self.assertEqual((self.told[SUCCESS], self.told["EXPIRED"], self.smsc.counter("submits")), (COUNT // 2,) * 3)
        for number in self.numbers(PHONES):
            names = [int(text.split("-")[0]) for text in self.smsc.texts(number)]
            self.assertEqual(names, sorted(set(names)))
        gateway.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
