# SPDX-License-Identifier: Apache-2.0
"""100,000 devices wait for their Service IDs when the Provisioning Function returns after an outage: they are asked for at
the configured rate and no faster, each once, and devices that show themselves meanwhile do not wait behind them. The
journal of the Provisioning Function proves it."""
import collections
import json
import os
import subprocess
import unittest
import urllib.request

from harness import BIN, PATIENCE, Case, Coap, free_port, wait_for

IMPORTED = int(os.environ.get("MSGGW_OUTAGE_DEVICES", "100000"))
SHOWN = 50
RATE, BURST = 10_000, 1_000
IN_HAND = 4_096  # asks taken from the core
UNDER_WAY = 32 * 256  # requests, devices in each
# Between the gateway's clock and the journal's lie two processes on a busy machine: what waited in a socket for so long
# comes all at once.
HASTE = 0.5


class Outage(Case):
    def test_drained_at_the_rate_limit(self):
        gateway = self.gateway(sections={"provisioning": {"rate": RATE, "burst": BURST, "probe_most": "200ms"},
                                         # A machine that stands still asks nobody twice: it is about the limit.
                                         "provisioning.http": {"request_timeout": "60s"},
                                         "limits": {"answer_within": "100ms"}})
        file = self.folder / "devices.csv"
        file.write_text("private_id,type\n" + "".join(f"imported {n},non3gpp\n" for n in range(IMPORTED)))
        done = subprocess.run([BIN / "msggw", "devices", "import", file, "--dir", self.folder / "gateway"],
                              capture_output=True, text=True, timeout=5 * PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for number in range(SHOWN):
            device = Coap(self.coap_port)
            self.addCleanup(device.close)
            device.send(device.message(2, [(11, b"rd"), (15, b"ep=shown %d" % number)]))
            self.assertEqual(device.receive()[1], 0xA3)  # 5.03: recorded, pending
        self.assertEqual(self.metric(gateway, "msggw_devices_pending"), IMPORTED + SHOWN)

        test_port = free_port()
        pf = self.pf(sections={"pf.test": {"enabled": True, "port": test_port, "journal_entries": 2 * IMPORTED}})
        wait_for(lambda: self.metric(gateway, "msggw_devices", '{state="provisioned"}') == IMPORTED + SHOWN,
                 "everybody's Service ID", patience=300, pause=0.2)
        entries = self.journal(test_port)
        gateway.stop()
        pf.stop()
        self.judge(entries)

    @staticmethod
    def journal(port):
        entries, last = [], 0
        while True:
            url = f"http://127.0.0.1:{port}/test/v1/journal?after={last}&limit=10000"
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                page = json.load(answer)["entries"]
            if not page:
                return entries
            entries += page
            last = page[-1]["number"]

    def judge(self, entries):
        asked = collections.Counter(entry["privateId"] for entry in entries)
        self.assertEqual(len(asked), IMPORTED + SHOWN)
        self.assertEqual([i for i, n in asked.items() if n > 1], [], "asked for more than once")
        self.assertEqual({entry["status"] for entry in entries}, {201})

        times = [entry["at"] / 1000 for entry in entries]
        for seconds in (0.5, 1, 2, 5):  # the most in any window of that length
            first, most = 0, 0
            for last, at in enumerate(times):
                while times[first] < at - seconds:
                    first += 1
                most = max(most, last - first + 1)
            self.assertLessEqual(most, BURST + RATE * (seconds + HASTE), f"in {seconds} s")

        last_shown = max(n for n, entry in enumerate(entries) if entry["privateId"].startswith("shown"))
        # Taken in turns with those that were imported, behind what was in hand already. Bulk requests that are under way
        # together end in any order.
        self.assertLess(last_shown, IN_HAND + UNDER_WAY + 4 * SHOWN, "those on CoAP waited behind those that were imported")
        took = times[-1] - times[0]
        print(f"{len(entries)} Private IDs in {took:.1f} s, {len(entries) / took:.0f}/s at a limit of {RATE}/s; "
              f"the last of {SHOWN} on CoAP was number {last_shown + 1}")


if __name__ == "__main__":
    unittest.main()
