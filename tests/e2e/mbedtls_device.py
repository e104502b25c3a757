# SPDX-License-Identifier: Apache-2.0
"""A device on mbed TLS (tests/interop): the library carries, the CoAP is that of the harness, over UDP or (RFC 8323) TCP."""
import os
import subprocess
import time

from harness import BIN, PATIENCE, Coap

PROGRAM = BIN / "msggw-mbedtls"
METHODS = {"get": 1, "post": 2, "delete": 4}
OBSERVE, PATH, FORMAT, QUERY, BLOCK1 = 6, 11, 12, 15, 27
CAPABILITIES = "00e1"  # 7.01, with which each side begins


def frame_of(message):
    """RFC 8323 3.2."""
    token = message[0] & 15
    rest = len(message) - 4 - token
    nibble, more = (rest, b"") if rest < 13 else (13, bytes([rest - 13])) if rest < 269 else (14, (rest - 269).to_bytes(2, "big"))
    return bytes([nibble << 4 | token]) + more + message[1:2] + message[4:]


def messages_of(stream):
    """What is whole of it, with Message ID 0."""
    while stream:
        nibble, token = stream[0] >> 4, stream[0] & 15
        more = 0 if nibble < 13 else 1 << nibble - 13
        rest = nibble if not more else int.from_bytes(stream[1:1 + more], "big") + (13, 269, 65_805)[nibble - 13]
        head = 2 + more
        if len(stream) < head + token + rest:
            return
        yield bytes([0x50 | token, stream[head - 1], 0, 0]) + stream[head:head + token + rest]
        stream = stream[head + token + rest:]


class MbedTls:
    """One session. `proof`: the words of the command line behind host and port."""

    def __init__(self, case, scheme, proof):
        self.is_stream = scheme == "coaps+tcp"
        self.process = case.start([PROGRAM, "tls" if self.is_stream else "dtls", "127.0.0.1", case.secure_port, *proof],
                                  stdin=subprocess.PIPE)
        self.codec, self.observation = Coap.__new__(Coap), None
        self.codec._mid = int.from_bytes(os.urandom(2), "big")
        if self.is_stream:
            self.process.say(CAPABILITIES)

    def say(self, message):
        self.process.say((frame_of(message) if self.is_stream else message).hex())

    def heard(self):
        """All messages so far: (kind, code, mid, token, options, payload)."""
        lines = [bytes.fromhex(line) for line in list(self.process.lines) if line != "ready"]
        messages = messages_of(b"".join(lines)) if self.is_stream else lines
        return [Coap.parse(message) for message in messages]

    def answers(self, token):
        return [one for one in self.heard() if one[3] == token and one[1] >> 5 in (2, 4, 5)]

    def ask(self, method, path, query="", payload=b"", options=(), observe=False):
        """(code, options, payload) of the answer; what is confirmable is acknowledged, now or later."""
        parts = [(PATH, part.encode()) for part in path.split("/")]
        more = [(OBSERVE, b"")] if observe else []
        asked = sorted([*more, *parts, *([(QUERY, query.encode())] if query else []), *options], key=lambda option: option[0])
        token = os.urandom(8)
        message = self.codec.message(METHODS[method], asked, payload, token=token)
        if observe:
            self.observation = token
        end, again = time.monotonic() + PATIENCE, 0
        while not (got := self.answers(token)):
            assert time.monotonic() < end and not self.process.ended(), (method, path, self.process.output())
            if time.monotonic() >= again and not (self.is_stream and again):
                self.say(message)
                again = time.monotonic() + 2
            time.sleep(0.01)
        self.acknowledge(got)
        kind, code, _, _, answered, body = got[0]
        return f"{code >> 5}.{code & 31:02}", answered, body

    def acknowledge(self, messages):
        for kind, _, mid, *_ in messages:
            if kind == Coap.CON:
                self.say(bytes([0x60, 0]) + mid.to_bytes(2, "big"))

    def notifications(self):
        """Behind the first answer."""
        got = self.answers(self.observation)[1:]
        self.acknowledge(got)
        return [one[5].decode() for one in got]
