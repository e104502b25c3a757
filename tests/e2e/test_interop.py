# SPDX-License-Identifier: Apache-2.0
"""Which clients do what with the gateway, over which transport and by which proof, as one table: libcoap's with OpenSSL and with
GnuTLS, a client on mbed TLS, node-coap. Each cell is tried; one that fails is shown, with the others, and fails the test."""
import json
import os
import re
import sys
import unittest

import npm
from harness import wait_for
from mbedtls_device import BLOCK1, FORMAT, PROGRAM, MbedTls
from secure import CLIENTS, KEY, Device, SecureCase

OPERATIONS = ("register", "refresh", "up", "blocks", "down", "observe", "end")
LARGE = "x" * 3_000
BLOCK = 512
SECURE = ("coaps", "coaps+tcp")


class Libcoap:
    """A request is a run of its client, and a session."""

    def __init__(self, case, name, scheme, proof, client):
        self.case, self.name = case, name
        self.device = {"psk": lambda: case.psk(name, KEY["meter-a"], client=client, scheme=scheme),
                       "certificate": lambda: case.certificate(f"{name}.example", client=client, scheme=scheme),
                       "": lambda: Device(case, [], client=client, scheme=scheme)}[proof]()
        # Nothing is sent unasked over a connection, and a session of GnuTLS ends with its program all the same.
        self.can_observe = "tcp" not in scheme

    def register(self):
        self.handle = self.device.register(self.name)

    def expect(self, code, *request):
        got, said = self.device.ask(*request)
        assert got == code, said

    def refresh(self):
        self.expect("2.04", "post", self.handle)

    def up(self):
        self.expect("2.04", "post", self.handle + "/up", "-e", f"up of {self.name}")

    def blocks(self):
        large = self.case.folder / "large"
        large.write_text(LARGE)
        self.expect("2.04", "post", self.handle + "/up", "-f", large, "-b", str(BLOCK))

    def inbox(self, after=""):
        return self.device.inbox(self.handle, after and f"?after={after}")[1:]

    def observe(self):
        self.watching = self.case.observe(self.device, self.handle)

    def notified(self):
        self.watching.kill()
        return self.watching.communicate()[0]

    def end(self):
        self.expect("2.02", "delete", self.handle)


class OnMbedTls:
    can_observe = True

    def __init__(self, case, name, scheme, proof):
        at = case.certificates
        words = (["psk", name, KEY["meter-a"].encode().hex()] if proof == "psk" else
                 ["certificate", at / f"{name}.example.crt", at / f"{name}.example.key", at / "ca.crt", "localhost"])
        self.case, self.name, self.device = case, name, MbedTls(case, scheme, words)
        self.can_observe = "tcp" not in scheme

    def expect(self, code, *request, **more):
        got = self.device.ask(*request, **more)
        assert got[0] == code, got
        return got

    def register(self):
        _, options, _ = self.expect("2.01", "post", "rd", query=f"ep={self.name}")
        self.handle = b"/".join(options[8]).decode()

    def refresh(self):
        self.expect("2.04", "post", self.handle)

    def up(self):
        self.expect("2.04", "post", self.handle + "/up", payload=f"up of {self.name}".encode(), options=[(FORMAT, b"")])

    def blocks(self):
        octets = LARGE.encode()
        if self.device.is_stream:
            return self.expect("2.04", "post", self.handle + "/up", payload=octets)
        count = -(-len(octets) // BLOCK)
        for number in range(count):
            block = (number << 4 | (number + 1 < count) << 3 | 5).to_bytes(2, "big")
            self.expect("2.31" if number + 1 < count else "2.04", "post", self.handle + "/up",
                        payload=octets[number * BLOCK:(number + 1) * BLOCK], options=[(BLOCK1, block.lstrip(b"\0"))])

    def inbox(self, after=""):
        _, options, body = self.expect("2.05", "get", self.handle + "/inbox", query=after and f"after={after}")
        text = json.loads(body)["payload"] if body else None
        return text, options[4][0].hex() if 4 in options else None

    def observe(self):
        self.expect("2.05", "get", self.handle + "/inbox", observe=True)

    def notified(self):
        return wait_for(self.device.notifications, "a notification")[0]

    def end(self):
        self.expect("2.02", "delete", self.handle)


class OnNodeCoap:
    """As in node_devices.py, over UDP in the clear."""
    can_observe = True

    def __init__(self, case, name, *_):
        from node_devices import NodeCoapObserving
        self.make = lambda: NodeCoapObserving(case, name, False)

    def register(self):
        self.device = self.make()

    def refresh(self):
        assert self.device.ask("POST", self.device.below.rstrip("/"))["code"] == "2.04"

    def up(self):
        self.device.up("up of node")

    def blocks(self):
        answer = self.device.ask("POST", self.device.below + "up", payload=LARGE, type="text/plain", block=BLOCK.bit_length() - 5)
        assert answer["code"] == "2.04", answer

    inbox = None  # it observes from the start

    def observe(self):
        pass

    def notified(self):
        return wait_for(self.device.notifications, "a notification")[0]

    def end(self):
        assert self.device.ask("DELETE", self.device.below.rstrip("/"))["code"] == "2.02"


def kinds():
    """(client, scheme, proof, how it is made)"""
    for client in CLIENTS:
        flavour = client.rsplit("-", 1)[1]
        made = lambda case, name, scheme, proof, client=client: Libcoap(case, name, scheme, proof, client)  # noqa: E731
        yield f"libcoap, {flavour}", "coap", "", made
        yield f"libcoap, {flavour}", "coap+tcp", "", made
        for scheme in SECURE if flavour == "openssl" else SECURE[:1]:
            for proof in ("psk", "certificate"):
                yield f"libcoap, {flavour}", scheme, proof, made
    if PROGRAM.exists():
        for scheme in SECURE:
            for proof in ("psk", "certificate"):
                yield "mbed TLS", scheme, proof, OnMbedTls
    if npm.why_not() is None:
        yield "node-coap", "coap", "", OnNodeCoap


class Interop(SecureCase):
    def try_all(self, name, make):
        """Operation -> "ok", "-" where there is none, or what went wrong."""
        found = dict.fromkeys(OPERATIONS, "not tried")
        try:
            peer = make()
        except AssertionError as problem:
            return {**found, "register": str(problem)}
        for operation in OPERATIONS:
            try:
                found[operation] = getattr(self, f"try_{operation}", self.just(operation))(name, peer) or "ok"
            except Exception as problem:  # noqa: BLE001: it belongs into the table
                found[operation] = f"{type(problem).__name__}: {problem}"
                if operation == "register":
                    break
        return found

    @staticmethod
    def just(operation):
        def run(_, peer):
            getattr(peer, operation)()
        return run

    def try_down(self, name, peer):
        if peer.inbox is None:
            return "-"
        number = self.send_down(name, "READ")
        text, etag = wait_for(lambda: (got := peer.inbox())[0] and got, "the message in the inbox")
        self.assertEqual(text, "READ")
        self.assertIsNone(peer.inbox(etag)[0])
        wait_for(lambda: self.double.control(f"messages/{number}").get("report"), "the report")

    def try_observe(self, name, peer):
        if not peer.can_observe:
            return "-"
        peer.observe()
        number = self.send_down(name, "NOW")
        if peer.inbox is None or not isinstance(peer, Libcoap):
            self.assertIn("NOW", peer.notified())
        wait_for(lambda: self.double.control(f"messages/{number}").get("report"), "the report")
        if isinstance(peer, Libcoap):
            self.assertIn("NOW", peer.notified())
        return None

    def test_the_matrix(self):
        rows = list(kinds())
        names = [f"meter-{i}" for i in range(len(rows))]
        self.start_secure(tcp=True, names=names)
        table = []
        for name, (client, scheme, proof, make) in zip(names, rows):
            if proof == "psk":
                self.devices("add", name)
                self.give(name, "text:" + KEY["meter-a"])
            elif proof == "certificate":
                self.devices("add", name)
                self.devices("credential", "add", name, "--kind", "certificate", "--name", f"{name}.example")
            found = self.try_all(name, lambda: make(self, name, scheme, proof))
            table.append((client, scheme, proof or "none", found))
        head = ("client", "transport", "proof", *OPERATIONS)
        lines = [head] + [(*row[:3], *(re.sub(r"^(?!ok$|-$|not tried$).*", "FAILS", found, flags=re.S)
                                       for found in row[3].values())) for row in table]
        widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
        for line in lines:
            print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
        sys.stdout.flush()
        wrong = [(*row[:3], operation, what) for row in table for operation, what in row[3].items() if what not in ("ok", "-")]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    os.environ["NODE_PATH"] = str(npm.FOLDER / "node_modules")
    unittest.main()
