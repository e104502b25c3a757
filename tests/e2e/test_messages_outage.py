# SPDX-License-Identifier: Apache-2.0
"""The MSGin5G Server is away, and the Provisioning Function too: devices send on, nothing that was acknowledged is lost, not
even by kill -9, and memory does not grow with what waits. When the server is back it gets all of it, of each device in order,
at its own pace."""
import collections
import contextlib
import json
import os
import pathlib
import select
import time
import unittest

from harness import Coap, free_port, wait_for
from messaging import CoapDevice, MessagingCase
from server_double import OWN, Double, address

DEVICES, EACH = 20, 500
ALL = DEVICES * EACH
PAYLOAD = "x" * 200
REST = 1  # seconds: what the server asks for in Retry-After
MIB = 1 << 20
# A message that waits takes 55 octets (etc/msggw.toml). While they come the gateway also remembers its last answers over CoAP and
# the last 10,000 events, which is bounded and gone after a restart.
WAITING, REMEMBERED = 2 * MIB, 12 * MIB
ASAN_OPTIONS = os.environ.get("ASAN_OPTIONS", "")
SANITIZERS = 4 if os.environ.get("MSGGW_BUILD_TYPE") != "Release" else 1  # red zones


def resident(process):
    lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


class MessagesOutage(MessagingCase):
    def start_gateway(self):
        # What is freed is kept a while by the address sanitizer, so that its use is seen.
        os.environ["ASAN_OPTIONS"] = ASAN_OPTIONS + ":quarantine_size_mb=8"
        return self.run_gateway(sections={"messages": {"cache_octets": "1MiB"}, "provisioning": {"probe_most": "200ms"}})

    def send_all(self, devices, numbers):
        """Each device sends its messages one after the other, all devices at once; each is acknowledged."""
        for number in numbers:
            asked = {}
            for device in devices:
                body = {"destAddr": address("AS", OWN), "msgId": f"{device.private_id}-{number}", "payload": PAYLOAD}
                request = device.coap.message(2, device.at(b"msg") + [(12, device.JSON)], json.dumps(body).encode(),
                                              token=os.urandom(4))
                device.coap.send(request)
                asked[device.coap.socket] = request
            end = time.monotonic() + 60
            again = time.monotonic() + 2
            while asked:
                for socket in select.select(list(asked), [], [], 0.5)[0]:
                    answer = Coap.parse(socket.recv(2048))
                    if answer[3] == asked[socket][4:8]:
                        self.assertEqual(answer[1], 0x44, answer)
                        del asked[socket]
                self.assertLess(time.monotonic(), end)
                if time.monotonic() > again:
                    again += 2
                    for socket, request in asked.items():
                        socket.send(request)

    def waiting(self):
        return self.metric(self.running, "msggw_messages_waiting")

    def test_nothing_acknowledged_is_lost(self):
        port = free_port()
        pf = self.pf()
        self.double = Double(self, port=port)
        self.face_port = free_port()
        gateway = self.start_gateway()
        devices = [CoapDevice(self, f"meter-{number}") for number in range(DEVICES)]
        self.wait_until_registered(*devices)
        self.double.process.stop()
        pf.stop()

        self.send_all(devices, range(EACH // 10))
        before = resident(gateway)
        self.send_all(devices, range(EACH // 10, EACH - 1))
        after = resident(gateway)
        gateway.kill()
        gateway = self.start_gateway()
        self.assertEqual(self.waiting(), ALL - DEVICES)
        self.send_all(devices, [EACH - 1])
        self.assertEqual(self.waiting(), ALL)
        restarted = resident(gateway)
        print(f"memory with {ALL // 10} messages {before / MIB:.1f} MiB, with {ALL - DEVICES} {after / MIB:.1f}, "
              f"restarted {restarted / MIB:.1f}")
        self.assertLess(after, before + REMEMBERED * SANITIZERS)
        self.assertLess(restarted, before + WAITING * SANITIZERS)

        self.drain(port, devices)
        self.assertEqual(self.metric(gateway, "msggw_messages_failed_total", '{cause="INTERNAL_ERROR"}'), 0)
        self.assertEqual(self.code_for_a_new_device(), 0xA3)  # 5.03: the Provisioning Function was away all the time
        gateway.stop()

    def code_for_a_new_device(self):
        with contextlib.closing(Coap(self.coap_port)) as coap:
            coap.send(coap.message(2, [(11, b"rd"), (15, b"ep=new")]))
            return next(answer[1] for answer in iter(coap.receive, None) if answer[1] != 0)

    def drain(self, port, devices):
        """The server is back, slow, and once asks for a rest."""
        journal = self.folder / "journal.jsonl"
        slow = {"name": "slow", "do": "delay", "delayMs": 5, "match": {"operations": "deliver-ue-message"}}
        rest = {"name": "rest", "do": "status", "status": 503, "cause": "NF_CONGESTION", "retryAfter": REST,
                "match": {"operations": "deliver-ue-message"}, "when": {"nth": ALL // 2}}
        begin = time.monotonic()
        self.double = Double(self, "--journal", journal, "--fault", json.dumps(rest), "--fault", json.dumps(slow), port=port)
        wait_for(lambda: self.waiting() == 0, "the end of the backlog", patience=300, pause=0.2)
        took = time.monotonic() - begin
        asked = [entry for entry in map(json.loads, journal.read_text().splitlines())
                 if entry["operation"] == "deliver-ue-message"]
        got = collections.defaultdict(list)
        for entry in asked:
            if entry["status"] == 200:
                device, number = entry["request"]["msgId"].rsplit("-", 1)
                got[device].append(int(number))
        self.assertEqual(dict(got), {device.private_id: list(range(EACH)) for device in devices})

        told = next(entry for entry in asked if entry.get("fault") == "rest")
        meanwhile = [entry for entry in asked if told["at"] + 200 < entry["at"] < told["at"] + REST * 1000]
        self.assertEqual(meanwhile, [])
        print(f"{ALL} messages in {took:.1f} s by {len(asked)} requests")


if __name__ == "__main__":
    unittest.main()
