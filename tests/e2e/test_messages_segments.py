# SPDX-License-Identifier: Apache-2.0
"""Messages that a MSGin5G Server, played by curl, delivers in segments: in every order, with gaps, some twice, late, of 1 to
255, at sizes around 2048. The device gets the whole once, the sender one report."""
import itertools
import json
import subprocess
import unittest

from devices import PollingClient
from harness import FULL, PATIENCE, wait_for
from messaging import FAILED, N3G, SUCCESS, CoapDevice, MessagingCase, downward

SIZE = 2048
COUNTS = range(1, 256) if FULL else (1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 254, 255)


def cut(content, size):
    return [content[at:at + size] for at in range(0, len(content), size)] or [""]


class Segments(MessagingCase):
    def setUp(self):
        super().setUp()
        self.gateway_process = self.start_all(sections={
            "messages": {"segment_time": "4s" if self.is_impatient() else "1m", "max_content_octets": "1MiB"}})
        self.device = CoapDevice(self, "meter-1")
        self.wait_until_registered(self.device)

    def is_impatient(self):
        return "time" in self._testMethodName

    def segments(self, set_id, payloads, base=1):
        """The bodies; the first says how many there are (TS 23.554 8.5)."""
        def params(number):
            first = {"totalSegCount": len(payloads)} if number == 0 else {}
            last = {"lastSegFlag": True} if number == len(payloads) - 1 else {}
            return {"segId": set_id, "segNumb": base + number, **first, **last}
        return [downward(self.device.service_id, set_id, payload, segInd=True, segParams=params(number))
                for number, payload in enumerate(payloads)]

    def give(self, bodies, *more):
        """curl delivers them one after the other, and each is taken on. By HTTP/1.1: curl 7.88 cannot use a connection twice
        that it made for HTTP/2 with prior knowledge."""
        config, folder = self.folder / "curl.config", self.folder / "bodies"
        folder.mkdir(exist_ok=True)
        requests = []
        for number, body in enumerate(bodies):
            (folder / str(number)).write_text(json.dumps(body))
            requests.append(f'url = "http://127.0.0.1:{self.face_port}{N3G}deliver-message"\n'
                            f'data-binary = "@{folder / str(number)}"\nheader = "content-type: application/json"\n'
                            'http1.1\nsilent\nwrite-out = "%{http_code} "\n')
        config.write_text("next\n".join(requests))
        done = subprocess.run(["curl", *more, "-K", config], capture_output=True, text=True, timeout=PATIENCE, check=True)
        self.assertEqual(done.stdout.split(), ["204"] * len(bodies))

    def gets(self, set_id, content):
        """The device gets the whole, and the sender a report of it."""
        got = self.device.poll()
        self.assertEqual((got["msgId"], got["payload"] == content, "segInd" in got), (set_id, True, False))
        self.assertEqual(self.reported(set_id)["delivSt"], SUCCESS)

    def nothing_else(self, messages):
        """Nothing waits, and so many messages have gone to the device, each once."""
        def done(kind):
            return self.metric(self.gateway_process, "msggw_messages_done_total", f'{{kind="{kind}"}}')
        wait_for(lambda: self.metric(self.gateway_process, "msggw_messages_waiting") == 0, "an end of all")
        self.assertEqual((done("message_down"), done("report_up")), (messages, messages))
        self.assertIsNone(self.device.inbox())
        self.assertEqual(len([entry for entry in self.double.inbox() if "report" in entry]), messages)
        self.assertEqual(self.metric(self.gateway_process, "msggw_messages_open_sets"), 0)
        self.gateway_process.stop()

    def test_every_order(self):
        contents = ["one ", "two ", "three ", "four"]
        cases = list(itertools.product((0, 1), itertools.permutations(range(4))))
        for base, order in cases:
            set_id = f"order-{base}-{''.join(map(str, order))}"
            bodies = self.segments(set_id, contents, base)
            self.give([bodies[number] for number in order])
            self.gets(set_id, "".join(contents))
        self.nothing_else(len(cases))

    def test_duplicates(self):
        """Each twice, in two orders, and all of them once more when the device has the whole."""
        contents = cut("0123456789abcdef", 2)
        for name, twice in (("pairs", lambda bodies: [body for body in bodies for _ in range(2)]),
                            ("rounds", lambda bodies: bodies[:-1] + bodies),
                            ("back", lambda bodies: bodies[:0:-1] + bodies)):
            bodies = self.segments(name, contents)
            self.give(twice(bodies))
            self.gets(name, "".join(contents))
            self.give(bodies)
        self.nothing_else(3)

    def test_gaps_and_time_out(self):
        """A message of which a segment does not come fails, and may be sent again."""
        contents = ["one ", "two ", "three ", "four"]
        for gap in range(4):
            set_id = f"gap-{gap}"
            bodies = self.segments(set_id, contents)
            self.give(bodies[:gap] + bodies[gap + 1:])
            report = self.reported(set_id)
            self.assertEqual((report["delivSt"], report["failureCause"]), (FAILED, "SEGMENTS_MISSING"))
        self.assertEqual(self.metric(self.gateway_process, "msggw_messages_done_total", '{kind="message_down"}'), 0)
        again = self.segments("gap-0", contents)
        self.give(again)
        self.assertEqual(self.device.poll()["payload"], "".join(contents))
        wait_for(lambda: len(self.reports_of("gap-0")) == 2, "the report of the message that was sent again")
        self.assertEqual(self.reports_of("gap-0")[1]["delivSt"], SUCCESS)
        self.gateway_process.stop()

    def test_a_gap_that_is_filled_late(self):
        contents = cut("x" * 5_000, 1_000)
        bodies = self.segments("late", contents)
        self.give(bodies[1:])
        self.gateway_process.kill()
        self.gateway_process = self.run_gateway(sections={"messages": {"max_content_octets": "1MiB"}})
        self.assertEqual(self.metric(self.gateway_process, "msggw_messages_open_sets"), 1)
        self.give(bodies[:1])
        self.gets("late", "".join(contents))
        self.nothing_else(1)

    def test_1_to_255_segments(self):
        for count in COUNTS:
            contents = [f"{count}/{number} " for number in range(count)]
            self.give(self.segments(f"of-{count}", contents), "--parallel", "--parallel-max", "32")
            self.gets(f"of-{count}", "".join(contents))
        self.nothing_else(len(COUNTS))

    def test_sizes_around_2048(self):
        plain = PollingClient(self, "plain", True)
        self.wait_until_registered(plain)
        self.device = plain
        for octets in (1, SIZE - 1, SIZE, SIZE + 1, 2 * SIZE - 1, 2 * SIZE, 2 * SIZE + 1, 255 * SIZE):
            content = "".join(chr(ord("a") + at % 26) for at in range(octets))
            self.give(self.segments(f"octets-{octets}", cut(content, SIZE)))
            self.assertEqual(plain.receive() == content, True)
            plain.prove(None)
            self.assertEqual(self.reported(f"octets-{octets}")["delivSt"], SUCCESS)
        self.gateway_process.stop()

    def test_sizes_around_2048_upward(self):
        sender = PollingClient(self, "sender", False)
        self.wait_until_registered(sender)
        for octets, count in ((SIZE - 1, 1), (SIZE, 1), (SIZE + 1, 2), (2 * SIZE, 2), (2 * SIZE + 1, 3), (60_000, 30)):
            content = "".join(chr(ord("a") + at % 26) for at in range(octets))
            sender.send(f"octets-{octets}", content)
            def arrived(octets=octets, count=count):
                got = [entry["message"] for entry in self.double.inbox()
                       if entry.get("message", {}).get("msgId") == f"octets-{octets}"]
                return got if len(got) == count else None
            got = wait_for(arrived, f"{octets} octets at the server")
            self.assertEqual("".join(message["payload"] for message in got) == content, True)
            self.assertLessEqual(max(len(message["payload"]) for message in got), SIZE)
            self.assertEqual(["segParams" in message for message in got], [count > 1] * count)
        self.gateway_process.stop()


if __name__ == "__main__":
    unittest.main()
