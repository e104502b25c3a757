# SPDX-License-Identifier: Apache-2.0
"""`tests/bench/secure --storms`: known devices beside handshakes that mean nothing, and devices that all come back at once. The
product has one core and everything else another, but for the restart, where all share both."""
import json
import multiprocessing
import os
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e"))
from dtls_attacks import false_hellos, half_open
from harness import BenchError

KNOWN = 1_000      # with live sessions
REQUESTS = 1_000   # of theirs a second
NEWCOMERS = 100    # handshakes that are honest, beside each storm
HELLOS = 50_000    # false ones a second
HALF_OPEN_FOR = 15  # seconds at least; the gateway gives a handshake up after ten
MIB = 1 << 20
# What the README states, with 300 octets for each device and as many for each credential.
CEILING, SESSION, EACH = 64 * MIB, 46_000, 600


def first_half_open(port, count, seconds, told):
    """`count` of them, and as many more, from other addresses, until the time is over."""
    os.nice(5)
    begun, waves, end = 0, 0, time.monotonic() + seconds
    while begun < count or time.monotonic() < end:
        begun += half_open(port, count, f"127.{32 + waves % 32}.0.1")
        waves += 1
    told.put((begun, begun / (time.monotonic() - end + seconds)))


def first_false(port, count, seconds, told):
    os.nice(5)
    told.put((count, false_hellos(port, count, count / seconds)))


def lost_at(port):
    """Datagrams for which a socket had no room."""
    with open("/proc/net/udp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return sum(int(row[-1]) for row in rows if row[1].endswith(f":{port:04X}"))


class Storms:
    def __init__(self, bench):
        self.b = bench
        self.o = bench.o
        cores = sorted(os.sched_getaffinity(0))
        self.cores = cores[0], cores[-1]

    def known(self, seconds):
        """They have live sessions when this returns, and go on for so long."""
        b = self.b
        running = b.live(*b.devices(KNOWN, "--rate", REQUESTS, "--rounds", 1 + seconds * REQUESTS // KNOWN, "--window", 4_096,
                                    "--warm-up", "--pending-retry"), nice=-15 if os.geteuid() == 0 else 0)
        b.wait_for("known devices' sessions", lambda: b.metric("msggw_coap_sessions ") >= KNOWN
                   and b.metric("msggw_coap_handshakes ") == 0)
        return running

    def report(self, running):
        said, problems = running.communicate()
        if not said:
            raise BenchError(f"the fleet ended with status {running.returncode}: {problems.decode()}")
        return json.loads(said)

    def storm(self, name, target, count, seconds):
        """Known devices ask while it lasts, and not longer."""
        b = self.b
        b.say(name)
        known = self.known(seconds - 1)
        cpu, lost, started = b.bench.gateway.cpu(), lost_at(b.secure), time.monotonic()
        told = multiprocessing.Queue()
        storm = target and multiprocessing.Process(target=target, args=(b.secure, count, seconds, told))
        if storm:
            storm.start()
        most = memory = 0
        newcomers = b.live(*b.devices(NEWCOMERS, "--first", KNOWN + 1, "--rate", 20, "--pending-retry"))
        while known.poll() is None:
            time.sleep(0.2)
            most = max(most, b.metric("msggw_coap_handshakes "))
            memory = max(memory, b.bench.gateway.memory()[1])
        busy = (b.bench.gateway.cpu() - cpu) / (time.monotonic() - started)
        if storm:
            offered, rate = told.get()
            storm.join()
            lost = lost_at(b.secure) - lost
            b.rows.append((f"{name}: there were, a second, without room in the socket", f"{offered:,}, {rate:,.0f}, {lost:,}"))
            b.bar(f"{name}: there were", offered, ">=", count)
            b.bar(f"{name}: of them without room in the socket", lost / max(offered, 1), "<=", 0.1)
        honest, figures = self.report(newcomers), self.report(known)
        sessions = max(self.o.sessions, 10_000) + 2_000
        ceiling = CEILING + EACH * self.o.sessions + SESSION * sessions
        b.rows.append((f"{name}: known p50, p99, the most", ", ".join(f"{figures['latencyMs'][p]:.1f}" for p in ("p50", "p99", "max"))
                       + " ms"))
        b.rows.append((f"{name}: newcomers' p50, p99", ", ".join(f"{honest['latencyMs'][p]:.1f}" for p in ("p50", "p99")) + " ms"))
        b.rows.append((f"{name}: handshakes under way, CPU, memory at most",
                       f"{most:,.0f}, {100 * busy:.0f} %, {memory / MIB:.0f} of {ceiling / MIB:.0f} MiB"))
        b.bar(f"{name}: known devices' p99", figures["latencyMs"]["p99"], "<", 100, " ms")
        b.bar(f"{name}: requests without an answer", figures["goal"] - figures["registered"], "==", 0)
        b.bar(f"{name}: newcomers not served", honest["goal"] - honest["registered"], "==", 0)
        b.bar(f"{name}: memory", memory / MIB, "<=", round(ceiling / MIB), " MiB")

    def come_back(self):
        """Devices that are known and have sessions when the gateway is killed. The time is from `ready` until each has a session
        and, as they ask in turns, an answer."""
        b, count = self.b, self.o.returning
        b.say(f"{count:,} devices come back")
        running = b.live(*b.devices(count, "--rounds", 1_000_000, "--rate", count / 2, "--window", 8_192, "--pending-retry",
                                    "--timeout", 120))
        b.wait_for("sessions", lambda: b.metric("msggw_coap_sessions ") >= count and b.metric("msggw_coap_handshakes ") == 0)
        b.bench.gateway.kill()
        b.start_gateway()
        ready = time.monotonic()
        b.wait_for("all devices", lambda: b.metric("msggw_coap_sessions ") >= count and b.metric("msggw_coap_handshakes ") == 0
                   and b.metric(r'msggw_coap_responses_total\{code="2') >= count, 120)
        spent = time.monotonic() - ready
        running.terminate()
        report = self.report(running)
        b.bar("  requests of theirs that failed", report["errors"] + report["refused"], "==", 0)
        b.bar("  handshakes of theirs", report["handshakes"], ">=", 2 * count)
        b.row(f"{count:,} devices served again after a kill of the gateway", spent, "s")
        b.bar("devices served again within", spent, "<=", 60, " s")

    def run(self):
        b, o = self.b, self.o
        os.sched_setaffinity(0, {self.cores[1]})
        b.start(own=self.cores[0])
        b.know(o.sessions)
        self.report(b.live(*b.devices(min(o.sessions, KNOWN + NEWCOMERS))))
        self.storm("no storm", None, 0, 6)
        self.storm(f"{o.half_open:,} half-open", first_half_open, o.half_open, HALF_OPEN_FOR)
        self.storm(f"{o.hellos:,} false hellos", first_false, o.hellos, max(5, o.hellos // HELLOS))
        os.sched_setaffinity(0, set(self.cores))
        b.restart()
        self.come_back()
