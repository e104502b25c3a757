# SPDX-License-Identifier: Apache-2.0
"""An SMSC of a few lines whose receipts come early, late, twice or never, and that can be killed: what it had accepted it still
knows then, as a real one would. Ids are hexadecimal in its answers and decimal in its receipts."""
import collections
import heapq
import itertools
import random
import socket
import struct
import threading
import time

SUBMIT, DELIVER, BINDS, UNBIND, ENQUIRE = 0x4, 0x5, (0x1, 0x2, 0x9), 0x6, 0x15
RESPONSE = 0x80000000
PATIENCE = 2.0  # seconds after which a deliver_sm without an answer goes again
RECEIPT = "id:{} sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 stat:{} err:000 text:"


def pdu(command, sequence, body=b"", status=0):
    return struct.pack(">IIII", 16 + len(body), command, status, sequence) + body


def deliver_body(source, destination, text, esm_class=0):
    return (b"\0\1\1" + source.encode() + b"\0" + b"\0\1" + destination.encode() + b"\0" +
            bytes([esm_class, 0, 0]) + b"\0\0" + bytes([0, 0, 3, 0, len(text)]) + text.encode("latin-1"))


class Submitted:
    def __init__(self, body):
        rest = body

        def text():
            nonlocal rest
            value, rest = rest.split(b"\0", 1)
            return value.decode()

        def octets(count):
            nonlocal rest
            value, rest = rest[:count], rest[count:]
            return value
        text()
        octets(2)
        self.source = text()
        octets(2)
        self.destination = text()
        self.esm_class, _, self.priority = octets(3)
        text()
        self.validity = text()
        self.registered, _, self.coding, _, length = octets(5)
        self.octets = octets(length)


class ReceiptsSmsc:
    """`shares`: of receipts, how many are "early" (before the answer), "lost", "twice", "failed", "intermediate" (one of ENROUTE
    before the other); `delay`: of the others at most, in seconds. `delivered` and `failed` are what phones have got, and not."""

    def __init__(self, seed=1, delay=0.05, **shares):
        self._dice, self._delay, self._shares = random.Random(seed), delay, shares
        self._lock = threading.RLock()
        self._links, self._listener, self._closed = {}, None, False
        self._due, self._order = [], itertools.count()  # (when, n, deliver body)
        self._open = {}  # (link, sequence): deliver body
        self._sequence, self._ids = itertools.count(1), itertools.count(0xa0)
        self.statuses = []  # of answers to deliver_sm
        self.submits = []
        self.delivered, self.failed = collections.Counter(), collections.Counter()  # (number, octets)
        self.lost = 0
        self.port = 0
        self.start()
        threading.Thread(target=self._deliver, daemon=True).start()

    def start(self):
        self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def kill(self):
        """As kill -9: every connection is gone, and nobody listens until start()."""
        with self._lock:
            self._listener.shutdown(socket.SHUT_RDWR)  # accept() would keep it
            self._listener.close()
            for link in list(self._links):
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self._forget(link)

    def close(self):
        self._closed = True
        self.kill()

    def bound(self):
        return len(self._links)

    def write(self, number, text, to="12345"):
        """A phone writes."""
        self._push(0, deliver_body(number.lstrip("+"), to, text))

    def receipt(self, number, message_id, state, after=0.0):
        self._push(after, deliver_body(number, "12345", RECEIPT.format(int(message_id, 16), state), 4))

    def waiting(self):
        with self._lock:
            return len(self._due) + len(self._open)

    # ---- the network

    def _push(self, after, body):
        with self._lock:
            heapq.heappush(self._due, (time.monotonic() + after, next(self._order), body))

    def _deliver(self):
        while not self._closed:
            with self._lock:
                now, link = time.monotonic(), next(iter(self._links), None)
                while link and self._due and self._due[0][0] <= now and len(self._open) < 50:
                    self._send_deliver(link, heapq.heappop(self._due)[2])
            time.sleep(0.002)

    def _send_deliver(self, link, body):
        sequence = next(self._sequence)
        self._open[link, sequence] = body
        self._send(link, pdu(DELIVER, sequence, body))

    def _send(self, link, octets):
        try:
            link.sendall(octets)
        except OSError:
            self._forget(link)

    def _forget(self, link):
        """What it had not been answered goes again."""
        with self._lock:
            if self._links.pop(link, None) is None:
                return
            for key in [key for key in self._open if key[0] is link]:
                self._push(0, self._open.pop(key))
            link.close()

    def _accept(self, listener):
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._read, args=(link,), daemon=True).start()

    def _read(self, link):
        octets = b""
        try:
            while received := link.recv(65536):
                octets += received
                while len(octets) >= 16 and len(octets) >= (size := struct.unpack(">I", octets[:4])[0]):
                    self._take(link, *struct.unpack(">III", octets[4:16]), octets[16:size])
                    octets = octets[size:]
        except OSError:
            pass
        self._forget(link)

    def _take(self, link, command, status, sequence, body):
        with self._lock:
            if command in BINDS:
                self._links[link] = True
                self._send(link, pdu(command | RESPONSE, sequence, b"smsc\0"))
            elif command in (ENQUIRE, UNBIND):
                self._send(link, pdu(command | RESPONSE, sequence))
            elif command == SUBMIT:
                self._submitted(link, sequence, Submitted(body))
            elif command == DELIVER | RESPONSE:
                body = self._open.pop((link, sequence), None)
                self.statuses.append(status)
                if status and body:
                    self._push(0.05, body)  # every status of ours is one that passes

    def _chance(self, what):
        return self._dice.random() < self._shares.get(what, 0)

    def _submitted(self, link, sequence, submit):
        self.submits.append(submit)
        message_id = f"{next(self._ids):x}"
        failed = self._chance("failed")
        (self.failed if failed else self.delivered)[submit.destination, submit.octets] += 1
        early, state = self._chance("early"), "UNDELIV" if failed else "DELIVRD"
        answer = pdu(SUBMIT | RESPONSE, sequence, message_id.encode() + b"\0")
        wanted = submit.registered & 1
        lost = wanted and self._chance("lost")
        self.lost += bool(lost)
        if not early:
            self._send(link, answer)
        for _ in range(0 if lost or not wanted else 2 if self._chance("twice") else 1):
            body = deliver_body(submit.destination, submit.source, RECEIPT.format(int(message_id, 16), state), 4)
            if early and link in self._links:
                self._send_deliver(link, body)
            else:
                if self._chance("intermediate"):
                    self.receipt(submit.destination, message_id, "ENROUTE")
                self._push(self._dice.uniform(0, self._delay), body)
        if early:
            self._send(link, answer)
