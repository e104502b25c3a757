# SPDX-License-Identifier: Apache-2.0
"""An SMSC of a few lines whose receipts come early, late, twice or never, and that can be killed: what it had accepted it still
knows then, as a real one would, and what phones have written it gives until it is acknowledged. Ids are hexadecimal in its answers
and decimal in its receipts, now and then with letters in the other case or with zeros before them."""
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
UDHI = 0x40
LATER = {0x08, 0x14, 0x58, 0x64}  # ESME_RSYSERR, RMSGQFUL, RTHROTTLED, RX_T_APPN
IN_RESPONSES, IN_RECEIPTS = ("{:x}", "{:X}", "{:08x}"), ("{}", "{:010}")  # how one id is written
PART = 120  # characters
RECEIPT = "id:{} sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 stat:{} err:000 text:"


def pdu(command, sequence, body=b"", status=0):
    return struct.pack(">IIII", 16 + len(body), command, status, sequence) + body


def deliver_body(source, destination, octets, esm_class=0, coding=3, tlvs=()):
    return (b"\0\1\1" + source.encode() + b"\0" + b"\0\1" + destination.encode() + b"\0" +
            bytes([esm_class, 0, 0]) + b"\0\0" + bytes([0, 0, coding, 0, len(octets)]) + octets +
            b"".join(struct.pack(">HH", tag, len(value)) + value for tag, value in tlvs))


def parts_of(text, form, reference):
    """(octets, esm_class, TLVs) of each part of a text in Latin-1."""
    octets = text.encode("latin-1")
    if form == "payload":
        return [(b"", 0, [(0x0424, octets)])]
    cut = [octets[at:at + PART] for at in range(0, len(octets), PART)]
    total = len(cut)
    if total == 1:
        return [(octets, 0, ())]
    return [{"udh8": (bytes([5, 0, 3, reference % 256, total, n]) + part, UDHI, ()),
             "udh16": (struct.pack(">BBBHBB", 6, 8, 4, reference, total, n) + part, UDHI, ()),
             "sar": (part, 0, [(0x020C, struct.pack(">H", reference)), (0x020E, bytes([total])), (0x020F, bytes([n]))])}[form]
            for n, part in enumerate(cut, start=1)]


class Delivery:
    """What goes out as one deliver_sm, until it is acknowledged; `text` is what it is a part of, if a phone wrote it."""

    def __init__(self, body, text=None):
        self.body, self.text = body, text
        self.due = 0.0


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
    before the other); `delay`: of the others at most, in seconds."""

    def __init__(self, seed=1, delay=0.05, **shares):
        self._dice, self._delay, self._shares = random.Random(seed), delay, shares
        self._lock = threading.RLock()
        self._links, self._listener, self._closed = {}, None, False
        self._due, self._order = [], itertools.count()  # (when, n, delivery)
        self._open = {}  # (link, sequence): delivery
        self._sequence, self._ids, self._references = itertools.count(1), itertools.count(0xa0), itertools.count(1)
        self._unacknowledged = {}  # text of a phone: deliver_sm
        self.acknowledged, self.refused = [], collections.Counter()  # texts of phones; statuses
        self.redelivered = 0
        self.heard = []  # (number, octets, whether the phone got it), in the order in which they came
        self.without_receipt = set()  # (number, octets) of which a receipt was lost
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

    def write(self, number, text, to="12345", form="udh8"):
        """A phone writes, in parts if the text is long."""
        with self._lock:
            parts = parts_of(text, form, next(self._references) % 0x10000)
            self._unacknowledged[text] = len(parts)
            for octets, esm_class, tlvs in parts:
                self._push(0, Delivery(deliver_body(number.lstrip("+"), to, octets, esm_class, tlvs=tlvs), text))

    def unacknowledged(self):
        """How many texts of phones are."""
        return len(self._unacknowledged)

    def waiting(self):
        with self._lock:
            return len(self._due) + len(self._open)

    # ---- the network

    def _push(self, after, delivery):
        delivery.due = time.monotonic() + after
        self._put(delivery)

    def _put(self, delivery):
        with self._lock:
            heapq.heappush(self._due, (delivery.due, next(self._order), delivery))

    def _deliver(self):
        while not self._closed:
            with self._lock:
                now = time.monotonic()
                while self._links and self._due and self._due[0][0] <= now and len(self._open) < 50:
                    self._send_deliver(next(iter(self._links)), heapq.heappop(self._due)[2])
            time.sleep(0.002)

    def _send_deliver(self, link, delivery):
        sequence = next(self._sequence)
        self._open[link, sequence] = delivery
        self._send(link, pdu(DELIVER, sequence, delivery.body))

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
                self._put(self._open.pop(key))  # before what came later
                self.redelivered += 1
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
                if delivery := self._open.pop((link, sequence), None):
                    self._answered(delivery, status)

    def _answered(self, delivery, status):
        if status in LATER:
            self._push(0.05, delivery)
        elif status:
            self.refused[status] += 1
        elif delivery.text is not None:
            self._unacknowledged[delivery.text] -= 1
            if self._unacknowledged[delivery.text] == 0:
                del self._unacknowledged[delivery.text]
                self.acknowledged.append(delivery.text)

    def _chance(self, what):
        return self._dice.random() < self._shares.get(what, 0)

    def _submitted(self, link, sequence, submit):
        number = next(self._ids)
        failed = self._chance("failed")
        self.heard.append((submit.destination, submit.octets, not failed))
        early, state = self._chance("early"), "UNDELIV" if failed else "DELIVRD"
        answer = pdu(SUBMIT | RESPONSE, sequence, self._dice.choice(IN_RESPONSES).format(number).encode() + b"\0")
        wanted = submit.registered & 1
        lost = wanted and self._chance("lost")
        if lost:
            self.without_receipt.add((submit.destination, submit.octets))
        if not early:
            self._send(link, answer)
        for _ in range(0 if lost or not wanted else 2 if self._chance("twice") else 1):
            if early and link in self._links:
                self._send_deliver(link, self._receipt(submit, number, state))
            else:
                if self._chance("intermediate"):
                    self._push(0, self._receipt(submit, number, "ENROUTE"))
                self._push(self._dice.uniform(0, self._delay), self._receipt(submit, number, state))
        if early:
            self._send(link, answer)

    def _receipt(self, submit, number, state):
        text = RECEIPT.format(self._dice.choice(IN_RECEIPTS).format(number), state)
        return Delivery(deliver_body(submit.destination, submit.source, text.encode(), 4))
