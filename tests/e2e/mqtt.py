# SPDX-License-Identifier: Apache-2.0
"""A client of MQTT 3.1.1 (or 5, without properties) as devices have one, from the standard library alone."""
import socket
import struct
import time


class Lost(Exception):
    """The broker is away."""


def _text(text):
    octets = text.encode()
    return struct.pack(">H", len(octets)) + octets


class Mqtt:
    """One connection. Anything that the broker does not do within `patience` seconds is Lost."""

    def __init__(self, port, client_id, patience=10.0, user=None, password=None, version=4):
        self.messages = []  # (topic, retained, payload)
        self._buffer, self._id, self._v5 = b"", 0, b"\0" if version == 5 else b""
        try:
            self._socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        except OSError as error:
            raise Lost(str(error)) from error
        try:
            self._connect(client_id, user, password, version)
        except Lost:
            self.close()
            raise

    def _connect(self, client_id, user, password, version):
        flags = 2 | (0xC0 if user is not None else 0)
        login = b"" if user is None else _text(user) + _text(password)
        self._send(0x10, _text("MQTT") + bytes([version, flags]) + struct.pack(">H", 60) + self._v5 + _text(client_id) + login)
        answer = self._until(2)
        if answer[1] != 0:
            raise Lost(f"CONNACK {answer[1]}")

    def _send(self, first, body):
        size, header = len(body), bytes([first])
        while True:
            header += bytes([size & 0x7F | (0x80 if size > 0x7F else 0)])
            size >>= 7
            if not size:
                break
        try:
            self._socket.sendall(header + body)
        except OSError as error:
            raise Lost(str(error)) from error

    def _next(self):
        """First octet and body of the next packet."""
        while True:
            size, shift, at = 0, 0, 1
            while at < len(self._buffer):
                size |= (self._buffer[at] & 0x7F) << shift
                shift, at = shift + 7, at + 1
                if self._buffer[at - 1] < 0x80:
                    if len(self._buffer) >= at + size:
                        packet = self._buffer[0], self._buffer[at:at + size]
                        self._buffer = self._buffer[at + size:]
                        return packet
                    break
            try:
                octets = self._socket.recv(1 << 20)
            except OSError as error:
                raise Lost(str(error)) from error
            if not octets:
                raise Lost("closed by the broker")
            self._buffer += octets

    def _until(self, kind):
        """The body of the next packet of that type; messages that come before are kept."""
        while True:
            first, body = self._next()
            if first >> 4 == 3:
                self._take(first, body)
            elif first >> 4 == kind:
                return body

    def _take(self, first, body):
        size = struct.unpack(">H", body[:2])[0]
        topic, rest = body[2:2 + size].decode(), body[2 + size:]
        if first & 6:
            self._send(0x40, rest[:2])
            rest = rest[2:]
        if self._v5:
            rest = rest[1 + rest[0]:]
        self.messages.append((topic, bool(first & 1), rest.decode()))

    def publish(self, topic, payload="", retain=False):
        """QoS 1, until it is acknowledged; the reason code (MQTT 5)."""
        self._id = self._id % 60_000 + 1
        self._send(0x32 | retain, _text(topic) + struct.pack(">H", self._id) + self._v5 + payload.encode())
        answer = self._until(4)
        return answer[2] if len(answer) > 2 else 0

    def subscribe(self, topic):
        """The reason code or the QoS granted."""
        self._id = self._id % 60_000 + 1
        self._send(0x82, struct.pack(">H", self._id) + self._v5 + _text(topic) + b"\1")
        return self._until(9)[-1]

    def hear(self, wanted, patience=10.0):
        """The first message for which wanted(topic, retained, payload) is true; None: none comes."""
        end, at = time.monotonic() + patience, 0
        while True:
            for message in self.messages[at:]:
                at += 1
                if wanted(*message):
                    return message
            if time.monotonic() > end:
                return None
            self._socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                first, body = self._next()
            except Lost:
                return None
            if first >> 4 == 3:
                self._take(first, body)

    def close(self):
        self._socket.close()


def retained(port, filter_, **login):
    """{topic: payload} of what is retained at the broker. A marker tells that all has come."""
    client = Mqtt(port, "retained-reader", **login)
    client.publish("marker/retained", "1", retain=True)
    client.subscribe(filter_)
    client.subscribe("marker/retained")
    client.hear(lambda topic, _, __: topic == "marker/retained", 60.0)
    client.close()
    return {topic: payload for topic, is_retained, payload in client.messages if is_retained and not topic.startswith("marker/")}
