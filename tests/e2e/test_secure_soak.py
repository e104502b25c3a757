# SPDX-License-Identifier: Apache-2.0
"""Devices over DTLS and over MQTT with TLS that exchange messages while they restart, come from other addresses, sleep, and lose
datagrams and connections: no message and no registration is lost, and the gateway's memory stays as it is.  Prints the ledger.
tests/bench/soak is the same, for longer and with more devices."""
import json
import os
import re
import subprocess
import time
import unittest

from harness import BIN, PATIENCE, Case, free_port, wait_for
from ledger import Ledger
from secure import ROOT

SECONDS = int(os.environ.get("MSGGW_SOAK_SECONDS", "5"))
DEVICES = int(os.environ.get("MSGGW_SOAK_DEVICES", "30"))  # of each of the two kinds
RATE = int(os.environ.get("MSGGW_SOAK_RATE", "30"))  # messages a second of each kind of devices, and as many down to all
WARM_UP = min(60.0, SECONDS / 4)
MIB = 1 << 20
GROWTH = 0.05  # of RSS, after the first minute
# Beside it, what a message is known again by for ten minutes: messages.window_messages in etc/msggw.toml.
WINDOW, KNOWN_AGAIN = 600.0, 55
SERVER = "m5s-1@msgin5g.example"
NOTHING_NEW = 60.0
# What must have happened to devices of each kind, and what the gateway must not have said of any.
HAPPENED = {"coaps": ["restarted", "roamed", "slept"] + ["sent again"] * (SECONDS >= 60), "mqtts": ["connection lost", "slept"]}
NEVER_SAID = re.compile(r" (registration_taken_over|coap_identity_\w+|speaker_not_served|mqtt_backlog_full|store_failing|\w+_unreadable) ")
PACE = ("--report-every", 2, "--high-every", 5, "--window", 4_096)
TLS = """listener {port} 127.0.0.1
certfile {at}/pf.crt
keyfile {at}/pf.key
"""


class Soak(Case):
    def setUp(self):
        super().setUp()
        self.server_port, self.face_port, self.secure_port, self.tls_port = (free_port() for _ in range(4))
        self.at = self.folder / "certificates"
        self.tool(ROOT / "etc" / "make-certs", self.at)
        self.files = {name: self.folder / f"{name}.jsonl" for name in ("coaps", "mqtts")}
        self.ledger = Ledger(self.folder / "server.jsonl", self.files.values())
        # (seconds since all were there, RSS, of it without the pages of the store, which the system drops when it needs them)
        self.memory = []

    def tool(self, *command):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=10 * PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout[-2_000:] + done.stderr[-2_000:])

    def run_gateway(self):
        return self.gateway(mqtt=True, sections={
            "log": {"level": "warn"},
            "coap": {"open_messages": True},
            "coap.secure": {"udp": True, "port": self.secure_port, "max_sessions": max(100, 2 * DEVICES)},
            "mqtt": {"open_messages": True, "proof_within": "5s", "host": "localhost", "port": self.tls_port,
                     "ca": str(self.at / "ca.crt")},
            "msgin5g": {"enabled": True, "port": self.face_port},
            "msgin5g.server": {"service_id": SERVER, "uris": [f"http://127.0.0.1:{self.server_port}"]}})

    def run_devices(self, name, disturb, *how):
        return self.start([BIN / "msggw-sim", "devices", *how, "--devices", DEVICES, "--id-template", name + "-{n}",
                           "--messages", RATE * SECONDS, "--rate", RATE, "--disturb", disturb, "--sleep-for", 3_000,
                           "--ledger", self.files[name], *PACE], stdin=subprocess.PIPE)

    def start_all(self):
        self.pf()
        self.broker("max_inflight_messages 1000\nmax_queued_messages 0\nper_listener_settings false\n"
                    + TLS.format(port=self.tls_port, at=self.at))
        self.start([BIN / "msggw-sim", "m5s", "load", "--port", self.server_port, "--messages", 2 * RATE * SECONDS, "--rate",
                    2 * RATE, "--ledger", self.folder / "server.jsonl", *PACE], stdin=subprocess.DEVNULL)
        self.running = self.run_gateway()
        keys, ids = self.folder / "keys.csv", self.folder / "ids.csv"
        self.tool(BIN / "msggw-sim", "fleet", "--devices", DEVICES, "--id-template", "coaps-{n}", "--psk", "--keys-from", "soak",
                  "--write-credentials", keys)
        ids.write_text("".join(line.split(",")[0] + "\n" for line in keys.read_text().splitlines()))
        for words in (("import", ids), ("credential", "import", keys)):
            self.tool(BIN / "msggw", "devices", *words, "--dir", self.folder / "gateway")
        self.leave_sessions_behind()
        self.devices = {
            "coaps": self.run_devices("coaps", max(1, DEVICES / 15), "--coap", f"127.0.0.1:{self.secure_port}", "--dtls", "--psk", "--keys-from", "soak", "--lose",
                             0.01),
            # Each connection is cut every half a minute; what is in it then is for the broker to keep.
            "mqtts": self.run_devices("mqtts", max(0.5, DEVICES / 300), "--keep-sessions", "--mqtt", f"localhost:{self.tls_port}", "--tls", "--ca", self.at / "ca.crt", "--proof",
                             "report", "--connections", max(1, DEVICES // 10), "--observe-every", 30_000)}

    def leave_sessions_behind(self):
        """As many as there is room for beside the devices': what addresses that are left behind hold has its limit from the beginning."""
        gone = self.start([BIN / "msggw-sim", "fleet", "--coap", f"127.0.0.1:{self.secure_port}", "--dtls", "--psk", "--keys-from", "soak",
                           "--devices", DEVICES, "--id-template", "coaps-{n}", "--rounds", 1_000_000, "--rate", DEVICES, "--window", 256,
                           "--pending-retry"], ready=False, stdin=subprocess.DEVNULL)
        wait_for(lambda: self.metric(self.running, "msggw_coap_sessions") >= DEVICES, "sessions to be left behind")
        gone.kill()

    def look(self, started):
        with open(f"/proc/{self.running.pid}/status") as status:
            rss, anonymous = (int(line.split()[1]) * 1024 for line in status if line.startswith(("VmRSS", "RssAnon")))
        self.memory.append((time.monotonic() - started, rss, anonymous))

    def is_complete(self):
        self.ledger.read()
        return self.ledger.taken() >= 4 * RATE * SECONDS and not self.ledger.open()

    def wait_for_the_end(self, started):
        """As long as something new comes."""
        last, until = None, time.monotonic() + NOTHING_NEW
        while not self.is_complete() and time.monotonic() < until:
            self.look(started)
            if self.ledger.lines != last:
                last, until = self.ledger.lines, time.monotonic() + NOTHING_NEW
            time.sleep(1 if SECONDS > 60 else 0.1)
        self.look(started)

    def test_soak(self):
        self.start_all()
        started = time.monotonic()
        self.wait_for_the_end(started)
        print(f"{time.monotonic() - started:.0f} s, {DEVICES:,} devices over CoAPS and as many over MQTT\n{self.ledger.text()}")
        happened = {name: self.end(process) for name, process in self.devices.items()}
        self.ledger.read()
        states = [row["state"] for row in self.rows().values()]
        print(f"registered {states.count('registered'):,} of {2 * DEVICES:,}")
        self.tell_memory(1, "RSS")
        growth = self.tell_memory(2, "without pages of the store")
        faults = "".join(f"{what}, {group}: {len(which)}, {which[:10]}\n"
                         for what, groups in self.ledger.faults().items() for group, which in groups.items())
        self.assertFalse(faults, faults)
        self.assertTrue(self.is_complete())
        self.assertEqual(states.count("registered"), 2 * DEVICES)
        for name, what in ((name, what) for name, all_of in HAPPENED.items() for what in all_of):
            self.assertGreater(happened[name].get(what, 0), 0, f"{name}: none {what}")
        if SECONDS >= 240:
            self.assertLess(growth, GROWTH)
        self.running.stop()
        self.assertFalse([line for line in self.running.lines if NEVER_SAID.search(line)])

    def end(self, process):
        """What has happened to its devices, how often."""
        process.say('{"do":"count"}')
        wait_for(lambda: '"others"' in process.lines[-1], "what happened to devices")
        process.stop()
        print("\n".join(line for line in process.lines if line != "ready"))
        return json.loads(process.lines[-1])["others"]

    def tell_memory(self, which, name):
        """How much it grew at most after the first minute, in parts of what it was, but for the window of messages."""
        settled = [sample[which] for sample in self.memory if sample[0] >= WARM_UP]
        first, least, most, last = (octets / MIB for octets in (settled[0], min(settled), max(settled), settled[-1]))
        print(f"{name} after {WARM_UP:.0f} s {first:.1f} MiB, then {least:.1f} to {most:.1f}, at the end {last:.1f}", flush=True)
        return (most - 4 * RATE * min(WINDOW, SECONDS - WARM_UP) * KNOWN_AGAIN / MIB) / first - 1


if __name__ == "__main__":
    unittest.main(verbosity=2)
