# SPDX-License-Identifier: Apache-2.0
"""Peers of a DTLS port that never come to an end: ClientHellos that mean nothing, and handshakes that stop in the middle. Each
comes from an address of its own in 127.0.0.0/8."""
import hashlib
import os
import socket
import struct
import time

HELLO, VERSION = 1, b"\xfe\xfd"
SUITES = bytes.fromhex("00a8c0a800ff")  # PSK with AES-GCM and with CCM-8
HEADER = 13 + 12  # octets of record and handshake message
IP_PKTINFO = 8     # Linux; the socket module does not name it
WAVE = 1.0         # seconds for the answers to some of many


def client_hello(peer, cookie=b""):
    """The same random octets each time for the same peer; with a cookie it is the second hello of a handshake."""
    secret = hashlib.sha256(b"random" + peer).digest()
    sequence = 1 if cookie else 0
    body = VERSION + secret + b"\0" + bytes([len(cookie)]) + cookie + struct.pack(">H", len(SUITES)) + SUITES + b"\x01\x00"
    size = len(body).to_bytes(3, "big")
    message = bytes([HELLO]) + size + struct.pack(">H", sequence) + b"\0\0\0" + size + body
    return b"\x16" + VERSION + b"\0\0" + sequence.to_bytes(6, "big") + struct.pack(">H", len(message)) + message


class Crowd:
    """Any number of addresses on one socket."""

    def __init__(self, port, first="127.32.0.1"):
        self.to = ("127.0.0.1", port)
        self.first = int.from_bytes(socket.inet_aton(first), "big")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("0.0.0.0", 0))

    def address(self, number):
        return (self.first + number).to_bytes(4, "big")

    def send(self, number, octets):
        information = struct.pack("=I4s4s", 0, self.address(number), b"\0\0\0\0")
        try:
            self.socket.sendmsg([octets], [(socket.IPPROTO_IP, IP_PKTINFO, information)], 0, self.to)
        except OSError:
            pass  # no room: it is lost, as on any network

    def receive(self, timeout):
        """(number, octets), or None."""
        self.socket.settimeout(timeout)
        try:
            octets, more, _, _ = self.socket.recvmsg(2048, 64)
        except OSError:
            return None
        own = next(data[8:12] for _, kind, data in more if kind == IP_PKTINFO)
        return int.from_bytes(own, "big") - self.first, octets

    def close(self):
        self.socket.close()


def half_open(port, count, first="127.32.0.1", at_once=200):
    """How many of `count` handshakes came as far as a session of the server's, which is left waiting."""
    crowd, begun, answered, shown = Crowd(port, first), 0, 0, set()
    while begun < count:
        wave = set(range(begun, min(begun + at_once, count)))
        for number in wave:
            crowd.send(number, client_hello(crowd.address(number)))
        begun += len(wave)
        end = time.monotonic() + WAVE
        while wave and time.monotonic() < end:
            number, octets = crowd.receive(0.05) or (None, None)
            if octets is None:
                continue
            if octets[13] == 3 and number not in shown:  # HelloVerifyRequest
                shown.add(number)
                cookie = octets[HEADER + 3:HEADER + 3 + octets[HEADER + 2]]
                crowd.send(number, client_hello(crowd.address(number), cookie))
            elif octets[0] == 22 and octets[13] != 3 and number in wave:
                wave.remove(number)
                answered += 1
    crowd.close()
    return answered


def false_hellos(port, count, rate):
    """ClientHellos without a cookie, with a wrong one, and such as break off, `rate` a second; gives how many a second it were."""
    crowd, sent, started = Crowd(port, "127.64.0.1"), 0, time.monotonic()
    plain = [client_hello(os.urandom(8)) for _ in range(64)]
    wrong = [client_hello(os.urandom(8), os.urandom(16)) for _ in range(64)]
    broken = [hello[:-4] for hello in plain]
    kinds = plain + wrong + broken
    while sent < count:
        due = min(count, int((time.monotonic() - started) * rate))
        for number in range(sent, due):
            crowd.send(number & 0xfffff, kinds[number % len(kinds)])
        sent = max(sent, due)
        time.sleep(0.001)
    crowd.close()
    return sent / (time.monotonic() - started)
