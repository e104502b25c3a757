# SPDX-License-Identifier: Apache-2.0
"""A client of MQTT 3.1.1 or 5 as devices have one, from the standard library alone."""
import socket
import struct
import time


class Lost(Exception):
    """The broker is away."""


def _text(text):
    octets = octets_of(text)
    return struct.pack(">H", len(octets)) + octets


def _length(size):
    """A variable byte integer."""
    octets = b""
    while True:
        octets += bytes([size & 0x7F | (0x80 if size > 0x7F else 0)])
        size >>= 7
        if not size:
            return octets


def octets_of(text):
    """What a payload was, whatever its octets; the other way round with the same word."""
    return text if isinstance(text, bytes) else text.encode(errors="surrogateescape")


def user_property(name, value):
    """MQTT 5, 3.3.2.3.7, for publish()."""
    return b"\x26" + _text(name) + _text(value)


class Mqtt:
    """One connection, over TLS with a context. Anything that the broker does not do within `patience` seconds is Lost. Payloads that are heard are text;
    what is no UTF-8 in it octets_of() gives back."""

    def __init__(self, port, client_id, patience=10.0, version=4, tls=None, **connect):
        self.messages = []  # (topic, retained, payload)
        self._buffer, self._id, self._v5, self._patience = b"", 0, version == 5, patience
        try:
            self._socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
            if tls:
                self._socket = tls.wrap_socket(self._socket, server_hostname="localhost")
        except OSError as error:
            raise Lost(str(error)) from error
        try:
            self._connect(client_id, version, **connect)
        except Lost:
            self.close()
            raise

    def _connect(self, client_id, version, user=None, password=None, will=None, lasting=False, keep_alive=60, most_octets=0):
        """`will` is a topic and a payload, retained. `lasting`: the session goes on, and outlives the connection by an hour.
        MQTT 5: the broker may send packets of `most_octets`, if that is not 0."""
        flags = (0 if lasting else 2) | (0xC0 if user is not None else 0) | (0x2C if will else 0)
        expiry = b"\x11" + struct.pack(">I", 3600) if lasting else b""
        most = b"\x27" + struct.pack(">I", most_octets) if most_octets else b""
        body = _text("MQTT") + bytes([version, flags]) + struct.pack(">H", keep_alive) + self._list(expiry + most) + _text(client_id)
        if will:
            body += self._list() + _text(will[0]) + _text(will[1])
        if user is not None:
            body += _text(user) + _text(password)
        self._send(0x10, body)
        answer = self._until(2)
        if answer[1] != 0:
            raise Lost(f"CONNACK {answer[1]}")
        self.session_present = answer[0] == 1

    def _list(self, properties=b""):
        return _length(len(properties)) + properties if self._v5 else b""

    def _send(self, first, body):
        try:
            self._socket.sendall(bytes([first]) + _length(len(body)) + body)
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
            size = at = 0
            while rest[at] > 0x7F:
                size, at = size | (rest[at] & 0x7F) << 7 * at, at + 1
            size |= rest[at] << 7 * at
            rest = rest[at + 1 + size:]
        self.messages.append((topic, bool(first & 1), rest.decode(errors="surrogateescape")))

    def publish(self, topic, payload="", retain=False, properties=b""):
        """QoS 1, until it is acknowledged; the reason code (MQTT 5)."""
        self._id = self._id % 60_000 + 1
        self._send(0x32 | retain, _text(topic) + struct.pack(">H", self._id) + self._list(properties) + octets_of(payload))
        answer = self._until(4)
        return answer[2] if len(answer) > 2 else 0

    def subscribe(self, topic):
        """The reason code or the QoS granted."""
        self._id = self._id % 60_000 + 1
        self._send(0x82, struct.pack(">H", self._id) + self._list() + _text(topic) + b"\1")
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
            finally:
                self._socket.settimeout(self._patience)
            if first >> 4 == 3:
                self._take(first, body)

    def take(self, wanted, patience=10.0):
        """The same, and it is heard no more."""
        message = self.hear(wanted, patience)
        if message:
            self.messages.remove(message)
        return message

    def disconnect(self, with_will=False):
        """Says good-bye; MQTT 5: also so that the Will is published."""
        self._send(0xE0, b"\x04" if with_will else b"")
        self.close()

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
