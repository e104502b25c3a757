# SPDX-License-Identifier: Apache-2.0
"""What peers that keep to no rule can make gateway and Provisioning Function hold, all of them at once. Memory stays below
what docs/operators.md states, and whoever asks properly is answered meanwhile.

The Provisioning Function: answers that nobody reads, over HTTP/2 with a window of none and over HTTP/1.1; requests that never
end; idle connections; frames that bring nothing. The gateway, its Provisioning Function away: new devices from many addresses,
bodies that never end, answers that nobody acknowledges."""
import contextlib
import http.client
import json
import pathlib
import random
import threading
import time
import unittest

from harness import PATIENCE, Case, Coap
from http_attacks import ATTACKS, attack

COLLECTION = "/msgin5g-provisioning/v1/provisionings"
MIB = 1 << 20
REQUESTS, ANSWERS, CONNECTIONS = 8 * MIB, 8 * MIB, 200
PER_CONNECTION = 320 << 10  # as adapters/wire/http/README.md has it
GATEWAY, PER_DEVICE, DEVICES = 64 * MIB, 300, 20_000


def octets(process, which):
    """A line of /proc/PID/status, in octets."""
    lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(which))


class Memory(Case):
    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.pf_port, timeout=PATIENCE)
        body = json.dumps({"ueType": "AS", "privateId": "honest"})
        connection.request("POST", COLLECTION, body, {"content-type": "application/json"})
        status = connection.getresponse().status
        connection.close()
        return status

    def test_ceiling(self):
        pf = self.pf(volatile_store=True, max_connections=CONNECTIONS,
                     max_buffered_octets=REQUESTS, max_unread_octets=ANSWERS,
                     max_unread_octets_per_connection=ANSWERS // 2,
                     sections={"pf.coap": {"enabled": False}})
        memory = lambda: octets(pf, "VmHWM")
        self.assertIn(self.ask(), (200, 201))
        before = memory()
        end = time.monotonic() + 12
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
        ceiling = before + REQUESTS + 2 * ANSWERS + CONNECTIONS * PER_CONNECTION
        grown = memory()
        print(f"memory {before / MIB:.0f} MiB, under attack {grown / MIB:.0f}, ceiling {ceiling / MIB:.0f}; "
              f"{sum(s == 200 for s in statuses)} of {len(statuses)} honest requests were answered at once")
        self.assertLess(grown, ceiling)
        self.assertGreater(sum(status == 200 for status in statuses), len(statuses) // 2)
        self.assertEqual(self.ask(), 200)

    @staticmethod
    def flood(port, address, end):
        """New devices with information, and first blocks of bodies (RFC 7959), as fast as it goes."""
        peer = Coap(port, source=address)
        turn = 0
        while time.monotonic() < end:
            turn += 1
            query = [(11, b"rd"), (15, b"ep=%s-%d" % (address.encode(), turn))]
            info = b'{"info":{"a":"%s"}}' % (b"b" * 400)
            peer.send(peer.message(2, [query[0], (12, b"\x32"), query[1]], info, token=random.randbytes(8)))
            peer.send(peer.message(2, [query[0], (12, b"\x32"), query[1], (27, b"\x0e")], b"[" * 1024))
            if turn % 10 == 0:
                time.sleep(0.001)
        peer.close()

    def test_ceiling_of_the_gateway(self):
        gateway = self.gateway(sections={
            "limits": {"max_devices": DEVICES, "first_contacts_per_address": 500}})
        end, most = time.monotonic() + 10, 0
        threads = [threading.Thread(target=self.flood, args=(self.coap_port, f"127.9.0.{i + 1}", end)) for i in range(16)]
        for thread in threads:
            thread.start()
        while time.monotonic() < end:
            most = max(most, octets(gateway, "RssAnon"))
            time.sleep(0.1)
        for thread in threads:
            thread.join()
        ceiling = GATEWAY + DEVICES * PER_DEVICE
        devices = self.metric(gateway, "msggw_devices", '{state="recorded"}')
        print(f"memory {most / MIB:.0f} MiB, ceiling {ceiling / MIB:.0f}; {devices:.0f} devices")
        self.assertGreater(devices, DEVICES // 4)
        self.assertLess(most, ceiling)
        self.pf()
        with contextlib.closing(Coap(self.coap_port, source="127.10.0.1")) as honest:
            self.assertIsNotNone(honest.register("honest"))


if __name__ == "__main__":
    unittest.main()
