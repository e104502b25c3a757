# SPDX-License-Identifier: Apache-2.0
"""What peers that keep to no rule can make the Provisioning Function hold, all of them at once: answers that nobody
reads, over HTTP/2 with a window of none and over HTTP/1.1; requests that never end; idle connections; frames that
bring nothing. Its memory stays below what its limits add up to, and whoever asks properly is answered meanwhile."""
import http.client
import json
import os
import pathlib
import threading
import time
import unittest

from harness import PATIENCE, Case
from http_attacks import ATTACKS, attack

COLLECTION = "/msgin5g-provisioning/v1/provisionings"
MIB = 1 << 20
REQUESTS, ANSWERS, CONNECTIONS = 8 * MIB, 8 * MIB, 200
PER_CONNECTION = 320 << 10  # as adapters/wire/http/README.md has it
SANITIZERS = 4 if os.environ.get("MSGGW_BUILD_TYPE") != "Release" else 1  # red zones


class Memory(Case):
    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.pf_port, timeout=PATIENCE)
        body = json.dumps({"ueType": "AS", "privateId": "honest"})
        connection.request("POST", COLLECTION, body, {"content-type": "application/json"})
        status = connection.getresponse().status
        connection.close()
        return status

    def test_ceiling(self):
        # What is freed is kept a while by the address sanitizer, so that its use is seen.
        options = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"
        pf = self.pf(env={"ASAN_OPTIONS": options}, volatile_store=True, max_connections=CONNECTIONS,
                     max_buffered_octets=REQUESTS, max_unread_octets=ANSWERS,
                     max_unread_octets_per_connection=ANSWERS // 2,
                     sections={"pf.coap": {"enabled": False}})
        memory = lambda: next(int(line.split()[1]) * 1024
                              for line in pathlib.Path(f"/proc/{pf.pid}/status").read_text().splitlines()
                              if line.startswith("VmHWM"))
        self.assertIn(self.ask(), (200, 201))
        before = memory()
        end = time.monotonic() + 20
        threads = [threading.Thread(target=attack, args=(each, self.pf_port, end, CONNECTIONS // 3)) for each in ATTACKS]
        for thread in threads:
            thread.start()
        statuses = []
        while time.monotonic() < end:
            try:
                statuses.append(self.ask())
            except OSError:
                statuses.append(0)
            time.sleep(0.2)
        for thread in threads:
            thread.join()
        # Answers that wait for a commit have the limit of those that are not read.
        ceiling = before + (REQUESTS + 2 * ANSWERS + CONNECTIONS * PER_CONNECTION) * SANITIZERS
        grown = memory()
        print(f"memory {before / MIB:.0f} MiB, under attack {grown / MIB:.0f}, ceiling {ceiling / MIB:.0f}; "
              f"{sum(s == 200 for s in statuses)} of {len(statuses)} honest requests were answered at once")
        self.assertLess(grown, ceiling)
        self.assertGreater(sum(status == 200 for status in statuses), len(statuses) // 2)
        self.assertEqual(self.ask(), 200)


if __name__ == "__main__":
    unittest.main()
