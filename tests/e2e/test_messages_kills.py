# SPDX-License-Identifier: Apache-2.0
"""Messages both ways over CoAP and MQTT while gateway, broker and MSGin5G Server are killed with -9 at random moments: none that
was acknowledged is lost, none comes twice to who keeps msgIds, all keep their order within device and priority, and of each that
asks for a report exactly one comes, and a true one.  Prints the ledger.  tests/bench/kills is the same with larger numbers."""
import os
import random
import subprocess
import time
import unittest

from harness import BIN, Case, free_port
from ledger import Ledger

KILLS = int(os.environ.get("MSGGW_KILLS", "20"))
MESSAGES = int(os.environ.get("MSGGW_MESSAGES", "4000"))
SERVER = "m5s-1@msgin5g.example"  # as the Provisioning Function names it
GROUPS = {"coap-observing": ("coap", "ack"), "coap-polling": ("coap", "after"), "coap-reporting": ("coap", "report"),
          "coap-pushed": ("coap", "push"), "mqtt-trusting": ("mqtt", "ack"), "mqtt-reporting": ("mqtt", "report")}
DEVICES = 20  # of each
PACE = ("--report-every", 2, "--high-every", 5, "--window", 32)
NOTHING_NEW = 60.0  # seconds after which nothing more will come
LISTED = 10


class MessagesKills(Case):
    def setUp(self):
        super().setUp()
        self.server_port, self.face_port = free_port(), free_port()
        self.ledger = Ledger(self.folder / "server.jsonl", [self.folder / f"{name}.jsonl" for name in GROUPS])

    def run_broker(self):
        # Without the last line what it tells the gateway to be with a device may be held back, and be gone with it.
        return self.broker("max_inflight_messages 1000\nmax_queued_messages 0\nset_tcp_nodelay true\n")

    def run_gateway(self):
        return self.gateway(mqtt=True, sections={
            "log": {"level": "warn"},
            "coap": {"open_messages": True},
            "mqtt": {"open_messages": True, "proof_within": "5s"},
            "msgin5g": {"enabled": True, "port": self.face_port, "probe_first": "50ms"},
            "msgin5g.server": {"service_id": SERVER, "uris": [f"http://127.0.0.1:{self.server_port}"]}})

    def run_server(self):
        return self.start([BIN / "msggw-sim", "m5s", "load", "--port", self.server_port, "--messages", MESSAGES // 2,
                           "--refuse-every", 4, "--ledger", self.folder / "server.jsonl", *PACE], stdin=subprocess.DEVNULL)

    def run_devices(self, name):
        bearer, proof = GROUPS[name]
        port = self.coap_port if bearer == "coap" else self.broker_port
        return self.start([BIN / "msggw-sim", "devices", f"--{bearer}", f"127.0.0.1:{port}", "--devices", DEVICES,
                           "--id-template", name + "-{n}", "--proof", proof, "--refuse-every", 6, "--messages",
                           MESSAGES // 2 // len(GROUPS), "--ledger", self.folder / f"{name}.jsonl", "--ask-again", 150,
                           "--poll-every", 50, "--observe-every", 500, *PACE], stdin=subprocess.DEVNULL)

    def progress(self):
        self.ledger.read()
        return self.ledger.taken()

    def kill_some(self, dice, killed):
        """The kills, spread over the messages, each at a random moment."""
        starts = {"gateway": self.run_gateway, "broker": self.run_broker, "server": self.run_server}
        counts = dict.fromkeys(starts, 0)
        for kill in range(KILLS):
            due = (kill + dice.random()) * 0.95 * MESSAGES / KILLS
            self.wait_for_progress(lambda due=due: self.progress() >= due)
            time.sleep(dice.uniform(0.0, 0.01))  # the random moment itself; nothing is expected by then
            which = dice.sample(sorted(starts), dice.choice((1, 1, 1, 2)))
            for name in which:
                killed[name].kill()
                counts[name] += 1
            time.sleep(dice.uniform(0.0, 0.1))
            for name in which:
                killed[name] = starts[name]()
        return counts

    def wait_for_progress(self, condition):
        """Waits as long as something new comes."""
        last, until = None, time.monotonic() + NOTHING_NEW
        while not condition():
            if self.ledger.lines != last:
                last, until = self.ledger.lines, time.monotonic() + NOTHING_NEW
            if time.monotonic() > until:
                return
            time.sleep(0.02)

    def test_kills(self):
        seed = int(os.environ.get("MSGGW_SEED", time.time_ns() % 1_000_000))
        print(f"seed {seed} (MSGGW_SEED repeats it)", flush=True)
        self.pf()
        killed = {"broker": self.run_broker(), "server": self.run_server(), "gateway": self.run_gateway()}
        devices = [self.run_devices(name) for name in GROUPS]
        started = time.monotonic()
        counts = self.kill_some(random.Random(seed), killed)
        self.wait_for_progress(self.is_complete)
        took = time.monotonic() - started
        for process in devices:
            process.stop()
        self.ledger.read()
        print(f"{KILLS} kills ({', '.join(f'{n} {name}' for name, n in counts.items())}), {took:.0f} s\n{self.ledger.text()}",
              flush=True)
        faults = "".join(f"{what}, {group}: {len(which)}, {which[:LISTED]}\n"
                         for what, groups in self.ledger.faults().items() for group, which in groups.items())
        self.assertFalse(faults, f"{faults}{self.what_the_gateway_says()}")
        self.assertEqual((len(self.ledger.up.accepted), len(self.ledger.down.accepted)),
                         (MESSAGES // 2 // len(GROUPS) * len(GROUPS), MESSAGES // 2))
        killed["gateway"].stop()

    def is_complete(self):
        self.ledger.read()
        return self.ledger.taken() >= MESSAGES // 2 + MESSAGES // 2 // len(GROUPS) * len(GROUPS) and not self.ledger.open()

    def what_the_gateway_says(self):
        """Of what is missing, for whoever has to find out why."""
        said = []
        for what, which in self.ledger.open().items():
            for device, message_id in sorted(which)[:LISTED]:
                trace = subprocess.run([BIN / "msggw", "trace", message_id, "--dir", self.folder / "gateway"],
                                       capture_output=True, text=True, timeout=60)
                said.append(f"{what}: {device} {message_id}\n{trace.stdout}{trace.stderr}")
        return "\n".join(said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
