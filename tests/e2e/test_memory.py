# SPDX-License-Identifier: Apache-2.0
"""What peers that keep to no rule can make the Provisioning Function hold, all of them at once: answers that nobody
reads, over HTTP/2 with a window of none and over HTTP/1.1; requests that never end; idle connections; frames that
bring nothing. Its memory stays below what its limits add up to, and whoever asks properly is answered meanwhile."""
import http.client
import json
import os
import pathlib
import socket
import struct
import threading
import time
import unittest

from harness import PATIENCE, Case

BULK = "/msgin5g-provisioning/v1/bulk"
COLLECTION = "/msgin5g-provisioning/v1/provisionings"
MIB = 1 << 20
REQUESTS, ANSWERS, CONNECTIONS = 8 * MIB, 8 * MIB, 200
PER_CONNECTION = 320 << 10  # as adapters/wire/http/README.md has it
SANITIZERS = 4 if os.environ.get("MSGGW_BUILD_TYPE") != "Release" else 1  # red zones


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def field(name, value):
    """A literal field without a table (RFC 7541 6.2.2)."""
    def text(octets):
        return bytes([len(octets)]) + octets
    return b"\0" + text(name) + text(value)


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
NO_WINDOW = frame(4, 0, 0, struct.pack(">HI", 4, 0))
HEADER = b"\x83\x86" + field(b":path", BULK.encode()) + field(b":authority", b"x") + field(
    b"content-type", b"application/json")
BODY = json.dumps({"requests": [{"ueType": "NON_3GPP", "privateId": f"w{i}"} for i in range(256)]}).encode()


def unread_streams(peer, turn):
    if turn == 0:
        peer.sendall(PREFACE + NO_WINDOW)
    stream = 1 + 2 * turn
    peer.sendall(frame(1, 4, stream, HEADER) + frame(0, 0, stream, BODY[:8000]) + frame(0, 1, stream, BODY[8000:]))


def unread_answers(peer, turn):
    peer.sendall(b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" %
                 (BULK.encode(), len(BODY), BODY))


def endless_requests(peer, turn):
    if turn == 0:
        peer.sendall(PREFACE + frame(4, 0, 0))
    peer.sendall(frame(1, 4, 1 + 2 * turn, HEADER) + frame(0, 0, 1 + 2 * turn, BODY[:8000]))


def long_headers(peer, turn):
    peer.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n" + b"a: %s\r\n" % (b"a" * 100) * 100 if turn == 0 else b"b: c\r\n")


def useless_frames(peer, turn):
    if turn == 0:
        peer.sendall(PREFACE + frame(4, 0, 0))
    peer.sendall((frame(6, 0, 0, b"12345678") + frame(2, 0, 3, b"\0\0\0\0\1") + frame(0xfa, 0, 0)) * 20)


def idle(peer, turn):
    if turn == 0:
        peer.sendall(PREFACE + frame(4, 0, 0))


ATTACKS = [unread_streams, unread_answers, endless_requests, long_headers, useless_frames, idle]


class Memory(Case):
    def attack(self, attack, end):
        while time.monotonic() < end:
            peers = []
            for _ in range(CONNECTIONS // 3):
                try:
                    peers.append(socket.create_connection(("127.0.0.1", self.pf_port), 1))
                    peers[-1].settimeout(0.05)
                except OSError:
                    break
            for turn in range(60):
                for peer in list(peers):
                    try:
                        attack(peer, turn)
                    except OSError:
                        peer.close()
                        peers.remove(peer)
                if time.monotonic() > end:
                    break
            for peer in peers:
                peer.close()

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
        threads = [threading.Thread(target=self.attack, args=(attack, end)) for attack in ATTACKS]
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
