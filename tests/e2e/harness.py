# SPDX-License-Identifier: Apache-2.0
"""Starts the real programs for end-to-end tests: everything on loopback, state in a folder of the test, waits for
conditions and never for time.  MSGGW_BIN names the folder of the binaries (ctest sets it)."""
import contextlib
import fcntl
import json
import os
import random
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

BIN = pathlib.Path(os.environ.get("MSGGW_BIN", "build/asan/bin"))
# Sanitizers and a busy machine make everything slow; a condition that never comes true still ends the test.
PATIENCE = float(os.environ.get("MSGGW_PATIENCE", "60"))
FULL = os.environ.get("MSGGW_BUILD_TYPE") == "Release"  # sanitizers take many times as long for each start


def wait_for(condition, what, patience=PATIENCE, pause=0.01):
    """The first true value of condition(); fails loudly when it never comes."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience:.0f} s in vain for {what}")
        time.sleep(pause)


def answers(url):
    """Whether an HTTP server answers there, with whatever status: its loop turns."""
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError as refused:
        refused.close()
    except OSError:
        return False
    return True


TAKEN = []  # locks of the ports that free_port gave, until this process ends


def free_port():
    """A port that nobody has, over TCP or UDP, below those that the system gives to clients: what a program started later needs
    must not be anybody's source port by then. Nor is it given to another test, for as long as this one runs."""
    while True:
        port = random.randrange(15_000, 32_000)
        taken = open(tempfile.gettempdir() + f"/msggw-e2e-port-{port}", "w")
        with (socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp):
            try:
                fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
                TAKEN.append(taken)
                return port
            except OSError:
                taken.close()


class Process:
    """A program that prints the line `ready`. Its output is kept for the failure message."""

    def __init__(self, arguments, env=None, ready=True, cwd=None, stdin=None):
        self.lines = []
        self._process = subprocess.Popen([str(a) for a in arguments], stdin=stdin, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, text=True, errors="replace", env={**os.environ, **(env or {})}, cwd=cwd)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if ready:
            wait_for(lambda: "ready" in self.lines or self.ended(), f"ready of {arguments}")
            if "ready" not in self.lines:
                raise AssertionError(f"{arguments} ended with {self.code()}:\n{self.output()}")

    def _read(self):
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))

    def output(self):
        return "\n".join(self.lines)

    def say(self, line):
        """To its standard input, which must be a pipe."""
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def ended(self):
        return self._process.poll() is not None

    def code(self):
        return self._process.poll()

    @property
    def pid(self):
        return self._process.pid

    def url(self, scheme, path=""):
        """HOST, PORT of the first printed address with that scheme, and with that path."""
        for line in self.lines:
            found = re.match(rf"{scheme}://\[?([^\]/]+?)\]?:(\d+){path}", line)
            if found:
                return found.group(1), int(found.group(2))
        raise AssertionError(f"no {scheme} address in:\n{self.output()}")

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        self.wait()

    def stop(self):
        """Ends it in good order; a sanitizer's report or a wrong exit code fails the test."""
        if not self.ended():
            self._process.send_signal(signal.SIGTERM)
        code = self.wait()
        if code != 0:
            raise AssertionError(f"exit code {code}:\n{self.output()}")

    def pause(self):
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def wait(self):
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self._process.stdout.close()
        if self._process.stdin:
            self._process.stdin.close()
        return code


def toml(tables):
    """The text of a configuration from {"section": {"key": value}}."""
    def literal(value):
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, list):
            return "[" + ", ".join(literal(v) for v in value) + "]"
        return json.dumps(value) if isinstance(value, str) else str(value)
    return "".join(f"[{section}]\n" + "".join(f"{key} = {literal(value)}\n" for key, value in keys.items())
                   for section, keys in tables.items())


class Case(unittest.TestCase):
    """A test with a folder of its own that ends every process it started."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="msggw-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.pf_port = free_port()
        self.broker_port = free_port()

    def start(self, arguments, **options):
        process = Process(arguments, **options)
        self.addCleanup(self._end, process)
        return process

    @staticmethod
    def _end(process):
        process.resume() if not process.ended() else None
        process.kill()

    def pf(self, env=None, sections=None, **settings):
        """The Provisioning Function on self.pf_port, its store kept between calls. CoAP only if `sections` says so."""
        tables = {"pf": {"folder": str(self.folder / "pf"), "port": self.pf_port, "admin_port": 0, **settings},
                  "pf.coap": {"enabled": "pf.coap" in (sections or {})}}
        for section, keys in (sections or {}).items():
            tables.setdefault(section, {}).update(keys)
        config = self.folder / "pf.toml"
        config.write_text(toml(tables))
        return self.start([BIN / "msggw", "pf", "-c", config], env=env)

    def gateway(self, env=None, mqtt=False, sections=None, ready=True, name="gateway"):
        """A gateway on a CoAP port that stays the same between calls, its store kept between calls, by `name`."""
        if not hasattr(self, "coap_port"):
            self.coap_port = free_port()
        tables = {
            "gateway": {"folder": str(self.folder / name)},
            "coap": {"address": "127.0.0.1", "port": self.coap_port},
            "mqtt": {"enabled": mqtt, "port": self.broker_port},
            "provisioning": {"uris": [f"http://127.0.0.1:{self.pf_port}"]},
            "admin": {"port": 0},
            # The fleets of the tests have one address.
            "limits": {"first_contacts_per_address": 0, "first_contacts_per_broker": 0, "first_contacts_per_smsc": 0},
        }
        for section, keys in (sections or {}).items():
            tables.setdefault(section, {}).update(keys)
        config = self.folder / f"{name}.toml"
        config.write_text(toml(tables))
        return self.start([BIN / "msggw", "run", "-c", config], env=env, ready=ready)

    def ends_without_output(self, arguments, folder):
        """Starts it where standard output takes nothing, and ends it when the gateway of `folder` answers: it says so, by
        its code too."""
        with open("/dev/full", "wb") as full:
            process = subprocess.Popen([str(a) for a in arguments], stdout=full, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        wait_for((folder / "operator.json").exists, f"the start of {arguments}")
        # The thread sanitizer may put off a signal that comes before the loop first waits, and then nothing wakes it.
        wait_for(lambda: answers(json.loads((folder / "operator.json").read_text())["url"] + "/healthz"), "an answer")
        process.terminate()
        self.assertIn("standard output cannot be written", process.communicate(timeout=PATIENCE)[1])
        self.assertEqual(process.returncode, 1)

    def broker(self, more=""):
        """A Mosquitto on self.broker_port; `more` are lines of its configuration."""
        config = self.folder / "mosquitto.conf"
        user = "user root\n" if os.geteuid() == 0 and "\nuser " not in more else ""
        config.write_text(f"listener {self.broker_port} 127.0.0.1\n{'' if 'allow_anonymous' in more else 'allow_anonymous true'}\n{user}{more}")
        mosquitto = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
        process = self.start([mosquitto, "-c", config], ready=False)
        wait_for(lambda: self._listens(self.broker_port), "the broker")
        return process

    @staticmethod
    def _listens(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def metric(self, gateway, name, labels=""):
        """The value of a metric, 0 if it is not there (yet)."""
        url = next(line.split()[0] for line in gateway.lines if re.match(r"http://\S+/metrics\b", line))
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            text = answer.read().decode()
        found = re.search(rf"^{re.escape(name + labels)} (\S+)$", text, re.MULTILINE)
        return float(found.group(1)) if found else 0.0

    def rows(self, name="gateway"):
        """{private id: row} of the gateway's store, by `msggw devices list --json`."""
        listed = subprocess.run([BIN / "msggw", "devices", "list", "--json", "--dir", self.folder / name],
                                capture_output=True, text=True, check=True, timeout=PATIENCE)
        return {row["privateId"]: row for row in map(json.loads, listed.stdout.splitlines())}


class Coap:
    """A CoAP client of a few lines, made to send also what no library would."""

    CON, NON, ACK, RST = range(4)

    def __init__(self, port, host="127.0.0.1", source=""):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((source, 0))
        self.socket.connect((host, port))
        self._mid = int.from_bytes(os.urandom(2), "big")

    def close(self):
        self.socket.close()

    @staticmethod
    def option(delta, value):
        def nibble(n):
            if n < 13:
                return n, b""
            if n < 269:
                return 13, bytes([n - 13])
            return 14, (n - 269).to_bytes(2, "big")
        d, extended_d = nibble(delta)
        length, extended_l = nibble(len(value))
        return bytes([d << 4 | length]) + extended_d + extended_l + value

    def message(self, code, options=(), payload=b"", kind=CON, token=b"", mid=None):
        """`options` is a list of (number, bytes) in ascending order."""
        if mid is None:
            self._mid = (self._mid + 1) & 0xFFFF
            mid = self._mid
        out = bytes([0x40 | kind << 4 | len(token), code]) + mid.to_bytes(2, "big") + token
        last = 0
        for number, value in options:
            out += self.option(number - last, value)
            last = number
        return out + (b"\xff" + payload if payload else b"")

    def send(self, datagram):
        with contextlib.suppress(ConnectionRefusedError):
            self.socket.send(datagram)

    def receive(self, patience=PATIENCE):
        """(kind, code, mid, token, {option: [values]}, payload), or None in time. A ping is answered."""
        while select.select([self.socket], [], [], patience)[0]:
            try:
                data = self.socket.recv(65536)
            except ConnectionRefusedError:
                return None
            message = self.parse(data)
            if message[:2] != (self.CON, 0):
                return message
            self.send(bytes([0x70, 0]) + message[2].to_bytes(2, "big"))
        return None

    @staticmethod
    def parse(data):
        kind, token_length = data[0] >> 4 & 3, data[0] & 15
        code, mid = data[1], int.from_bytes(data[2:4], "big")
        token, rest = data[4:4 + token_length], data[4 + token_length:]
        options, number = {}, 0
        while rest and rest[0] != 0xFF:
            parts, at = [], 1
            for nibble in (rest[0] >> 4, rest[0] & 15):
                if nibble == 13:
                    nibble, at = rest[at] + 13, at + 1
                elif nibble == 14:
                    nibble, at = int.from_bytes(rest[at:at + 2], "big") + 269, at + 2
                parts.append(nibble)
            number += parts[0]
            options.setdefault(number, []).append(rest[at:at + parts[1]])
            rest = rest[at + parts[1]:]
        return kind, code, mid, token, options, rest[1:]

    def register(self, private_id, patience=PATIENCE, resend=0.5):
        """A whole exchange with retransmission: the body of 2.01, or None if no such answer came in time."""
        token = os.urandom(4)
        datagram = self.message(2, [(11, b"rd"), (15, b"ep=" + private_id.encode())], token=token)
        end = time.monotonic() + patience
        while time.monotonic() < end:
            self.send(datagram)
            answer = self.receive(min(resend, max(0.0, end - time.monotonic())))
            while answer:
                kind, code, mid, got, _, payload = answer
                if kind == self.CON:
                    self.send(bytes([0x60, 0]) + mid.to_bytes(2, "big"))
                if got == token and code == 0x41:
                    return json.loads(payload)
                if got == token and code:
                    # told "pending" or "try again": a new request, not a repetition of the old one
                    time.sleep(0.05)
                    token = os.urandom(4)
                    datagram = self.message(2, [(11, b"rd"), (15, b"ep=" + private_id.encode())], token=token)
                    break
                answer = self.receive(0)
        return None
