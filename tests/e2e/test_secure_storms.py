# SPDX-License-Identifier: Apache-2.0
"""Many devices over DTLS and TLS beside handshakes that mean nothing, and after a kill of the gateway: all are served, and what is
kept of handshakes has its limit.  tests/bench/secure --storms is the same with larger numbers, and times."""
import json
import subprocess
import threading
import unittest

from dtls_attacks import false_hellos, half_open
from harness import BIN, PATIENCE, Case, free_port, wait_for

KNOWN, NEWCOMERS = 40, 10
HANDSHAKES = 50  # at a time
SIM = BIN / "msggw-sim"


class SecureStorms(Case):
    def setUp(self):
        super().setUp()
        self.secure_port = free_port()
        self.keys = self.folder / "keys.csv"
        self.pf()
        self.run_gateway()
        self.tool(SIM, "fleet", "--devices", KNOWN + NEWCOMERS, "--psk", "--keys-from", "storms", "--write-credentials", self.keys)
        ids = self.folder / "ids.csv"
        ids.write_text("".join(line.split(",")[0] + "\n" for line in self.keys.read_text().splitlines()))
        for words in (("import", ids), ("credential", "import", self.keys)):
            self.tool(BIN / "msggw", "devices", *words, "--dir", self.folder / "gateway")

    def tool(self, *command):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def run_gateway(self):
        self.running = self.gateway(sections={
            "log": {"level": "warn"}, "limits": {"first_contacts_per_address": 0},
            "coap.secure": {"udp": True, "tcp": True, "port": self.secure_port, "max_handshakes": HANDSHAKES}})

    def fleet(self, devices, *more, first=1, how=("--dtls", "--psk")):
        """One that goes on by itself."""
        command = [SIM, "fleet", "--coap", f"127.0.0.1:{self.secure_port}", *how, "--keys", self.keys, "--devices", devices,
                   "--first", first, "--json", "--quiet", "--pending-retry", "--ack-timeout", 1, *more]
        running = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
        self.addCleanup(running.wait)
        self.addCleanup(running.kill)
        return running

    def report(self, running):
        report = json.loads(running.communicate(timeout=PATIENCE)[0])
        self.assertEqual((report["registered"], report["mismatched"]), (report["goal"], 0), report)
        return report

    def gauge(self, name):
        return self.metric(self.running, f"msggw_coap_{name}")

    def test_over_tls_and_with_lost_datagrams(self):
        for how in (("--tls", "--psk"), ("--dtls", "--psk", "--lose", "0.1")):
            with self.subTest(how):
                report = self.report(self.fleet(KNOWN, "--rounds", 5, how=how))
                self.assertGreaterEqual(report["handshakes"], KNOWN)
        self.assertEqual(len(self.rows()), KNOWN + NEWCOMERS)

    def test_handshakes_that_mean_nothing(self):
        known = self.fleet(KNOWN, "--rounds", 80, "--rate", 400, "--warm-up")
        wait_for(lambda: self.gauge("sessions") == KNOWN and self.gauge("handshakes") == 0, "the sessions of known devices")
        begun = []
        storms = [threading.Thread(target=lambda: begun.append(half_open(self.secure_port, 4 * HANDSHAKES, at_once=20))),
                  threading.Thread(target=false_hellos, args=(self.secure_port, 3_000, 1_000))]
        for storm in storms:
            storm.start()
        wait_for(lambda: self.metric(self.running, "msggw_coap_refused_total", '{reason="too_many_connections"}') > 0,
                 "handshakes that gave way")
        self.assertLessEqual(self.gauge("handshakes"), HANDSHAKES)
        self.report(self.fleet(NEWCOMERS, first=KNOWN + 1))
        for storm in storms:
            storm.join(PATIENCE)
        self.assertGreater(begun[0], HANDSHAKES)
        self.assertLessEqual(self.gauge("sessions"), KNOWN + NEWCOMERS + HANDSHAKES)
        report = self.report(known)
        self.assertEqual(report["handshakes"], KNOWN)  # no session of theirs was lost

    def test_all_come_back_after_a_kill(self):
        running = self.fleet(KNOWN, "--rounds", 100_000, "--rate", 4 * KNOWN)
        wait_for(lambda: self.gauge("sessions") == KNOWN and self.gauge("handshakes") == 0, "the sessions")
        self.running.kill()
        self.run_gateway()
        wait_for(lambda: self.gauge("sessions") == KNOWN and self.gauge("handshakes") == 0, "all devices again")
        running.terminate()
        report = json.loads(running.communicate(timeout=PATIENCE)[0])
        self.assertEqual((report["errors"], report["refused"]), (0, 0), report)
        self.assertGreaterEqual(report["handshakes"], 2 * KNOWN)


if __name__ == "__main__":
    unittest.main()
