# SPDX-License-Identifier: Apache-2.0
"""The load of tests/bench/reload: devices over CoAP, CoAPS, MQTT and SMS that exchange messages both ways and newcomers that
register, all the time, and the ledgers of what was said and heard."""

import collections
import itertools
import pathlib
import statistics
import subprocess
import threading
import time

import sms_ledger
from harness import BenchError, fleet
from ledger import Ledger, Tail

GROUPS = ("coap", "coaps", "mqtt")
NUMBERS = [f"+49151{n:08}" for n in range(20)]
PHONES_RATE = 20  # messages a second each way
CHUNK = 1.0  # seconds
BY_THE_BROKER = {("mqtt", "sent again"), ("mqtt", "late")}  # an answer that it was not there for
NOTHING_NEW = 30.0  # seconds after which nothing more will come
PLAN = {"reportEvery": 2, "highEvery": 5, "window": 1_024}


class Ending(threading.Thread):
    """Does something again and again until it is told to end; what went wrong is kept."""

    def __init__(self, what):
        super().__init__(daemon=True)
        self._what, self._end, self.error = what, threading.Event(), None
        self.start()

    def run(self):
        try:
            while not self._end.is_set():
                self._what()
        except Exception as error:  # whatever it is, end() tells it
            self.error = BenchError(f"a side of the load: {error!r}")

    def end(self):
        self._end.set()
        self.join(120)
        if self.is_alive() or self.error:
            raise self.error or BenchError("a side of the load does not come to its end")


class Load:
    def __init__(self, options, scene):
        self.o, self.scene = options, scene
        self.files = {name: pathlib.Path(scene.path(f"{name}.jsonl")) for name in (*GROUPS, "server", "phones")}
        self.ledger = Ledger(self.files["server"], [self.files[name] for name in GROUPS])
        self.phones_tail, self.down, self.up = Tail(self.files["phones"]), sms_ledger.Down(), sms_ledger.Up()
        self.written, self.newcomers = itertools.count(), itertools.count(1, options.newcomers)
        self.times = collections.defaultdict(list)  # (phase, who): the p99 of each chunk, in ms
        self.sides, self.name = [], None

    # ---- who takes part

    def begin(self):
        scene = self.scene
        keys, ids = scene.path("keys.csv"), scene.path("ids.csv")
        count = ("--devices", self.o.devices, "--id-template", "coaps-{n}")
        subprocess.run([f"{scene.bin}/msggw-sim", "fleet", *map(str, count), "--psk", "--keys-from", "reload", "--write-credentials", keys],
                       check=True, capture_output=True)
        with open(keys) as rows, open(ids, "w") as names:
            names.writelines(row.split(",")[0] + "\n" for row in rows)
        scene.say("devices", "import", ids)
        scene.say("devices", "credential", "import", keys)
        self.devices = {
            "coap": self.fleet("coap", "--coap", f"127.0.0.1:{scene.coap}"),
            "coaps": self.fleet("coaps", "--coap", f"127.0.0.1:{scene.secure}", "--dtls", "--psk", "--keys-from", "reload"),
            "mqtt": self.fleet("mqtt", "--mqtt", f"127.0.0.1:{scene.broker_devices}", "--proof", "report", "--connections", 30,
                               "--observe-every", 1_000)}
        self.register_phones()
        known = len(GROUPS) * self.o.devices
        scene.wait_for(lambda: scene.server.count()["devices"] >= known and scene.phones.count()["devices"] == len(NUMBERS),
                       "the registrations at the servers", pause=0.1)
        self.known = scene.listed()
        self.open = self.gauges()
        for proof, number in zip(self.open.values(), (2 * self.o.devices, self.o.devices)):
            if proof < number:
                raise BenchError(f"observations and sessions at the beginning: {self.open}")

    def fleet(self, name, *how):
        return self.scene.start(name, [f"{self.scene.bin}/msggw-sim", "devices", *how, "--devices", self.o.devices, "--id-template",
                                       name + "-{n}", "--ledger", self.files[name]], kind=type(self.scene.server))

    def register_phones(self):
        scene = self.scene
        for n, number in enumerate(NUMBERS):
            scene.smsc.write(number, "STATUS" + " " * n)  # a keyword, which is no message
        scene.wait_for(lambda: all(scene.listed().get(number, {}).get("serviceId") for number in NUMBERS), "the phones", pause=0.1)
        scene.wait_for(lambda: scene.smsc.unacknowledged() == 0, "the acknowledgements")
        self.ids = {number.lstrip("+"): scene.listed()[number]["serviceId"] for number in NUMBERS}
        scene.smsc.acknowledged.clear()

    def gauges(self):
        return {name: self.scene.metric(name) for name in ("msggw_coap_observations", "msggw_coap_sessions")}

    def talking(self):
        return {**self.devices, "server": self.scene.server, "server of phones": self.scene.phones}

    def forget(self):
        """What clients count begins now."""
        for process in self.talking().values():
            process.tell(do="forget")

    # ---- what they do

    def phase(self, name, seconds=0.0):
        self.name = name
        if not self.sides:
            rates = {"server": len(GROUPS) * self.o.rate, "server of phones": PHONES_RATE}
            self.sides = [Ending(lambda who=who, process=process: self.send(who, process, rates.get(who, self.o.rate)))
                          for who, process in self.talking().items()]
            self.sides += [Ending(self.write), Ending(self.newcome)]
        time.sleep(seconds)

    def note(self, phase, who, p99):
        self.times[phase, who].append(p99)

    def send(self, who, process, rate):
        phase, plan = self.name, {**PLAN, "count": round(rate * CHUNK), "rate": rate}
        if who == "server":
            plan["devices"] = len(GROUPS) * self.o.devices  # the first that it knows; newcomers take no messages
        process.tell(do="send", plan=plan)
        self.note(phase, "messages of " + who, process.hear()["sent"]["latencyMs"]["p99"])

    def write(self):
        n = next(self.written)
        number = NUMBERS[n % len(NUMBERS)]
        text = f"{n}-{time.monotonic_ns()}"
        self.up.writes(self.ids[number.lstrip("+")], text)
        self.scene.smsc.write(number, text)
        time.sleep(1 / PHONES_RATE)

    def newcome(self):
        phase, first = self.name, next(self.newcomers)
        figures = fleet(self.o.build, ["--coap", f"127.0.0.1:{self.scene.coap}", "--devices", self.o.newcomers, "--first", first,
                                       "--id-template", "new-{n}", "--rate", self.o.newcomers, "--window", 64, "--pending-retry"], [])
        self.note(phase, "registrations", figures.p99)

    def rest(self):
        """Nobody says anything more, and all that was said has come to its end."""
        sides, self.sides = self.sides, []
        for side in sides:
            side.end()
        last, until = None, 0.0
        while not self.is_complete():
            if self.lines() != last:
                last, until = self.lines(), time.monotonic() + NOTHING_NEW
            if time.monotonic() > until:
                return
            time.sleep(0.1)

    def lines(self):
        return self.ledger.lines, len(self.down.accepted), len(self.up.got), self.scene.smsc.waiting()

    def is_complete(self):
        self.ledger.read()
        for line in self.phones_tail.new():
            self.down.sender(line)
            self.up.recipient(line)
        return (not self.ledger.open() and len(self.up.got) >= len(self.up.sent) and self.scene.smsc.waiting() == 0 and
                not self.down.unreported() and not self.down.open()["acknowledgements"])

    def end(self):
        self.rest()
        self.down.network(self.scene.smsc, self.ids)
        self.up.network(self.scene.smsc)

    # ---- what came of it

    def faults(self):
        found = [f"{what}, {group}: {len(which)}, {which[:5]}" for what, groups in self.ledger.faults().items()
                 for group, which in groups.items()]
        found += [f"phones, {way.name}: {what}: {len(which)}, {sorted(which)[:5]}" for way in (self.down, self.up)
                  for what, which in way.faults().items()]
        for name, process in self.talking().items():
            found += [f"{name} had `{what}` {times} times" for what, times in process.count()["others"].items()
                      if (name, what) not in BY_THE_BROKER]
        if (now := self.gauges()) != self.open:
            found.append(f"{self.open} at the beginning, {now} at the end")
        rows = self.scene.listed()
        found += [f"{name} was {row}, and is {rows.get(name)}" for name, row in self.known.items()
                  if rows.get(name, {}).get("serviceId") != row["serviceId"]][:5]
        found += [f"{name} is {row['state']}" for name, row in rows.items() if row["state"] != "registered"][:5]
        newcomers = next(self.newcomers) - 1
        if len(rows) != len(self.known) + newcomers:
            found.append(f"{len(rows)} devices in place of {len(self.known)} and {newcomers} newcomers")
        return found

    def print_times(self):
        print(self.ledger.text())
        print(sms_ledger.text([self.down, self.up]))
        phases = list(dict.fromkeys(phase for phase, _ in self.times))
        print("p99 of each second in ms, median and most" + "".join(f"{phase:>32}" for phase in phases))
        for who in dict.fromkeys(who for _, who in self.times):
            cells = [self.times.get((phase, who), [float("nan")]) for phase in phases]
            print(f"{who:41}" + "".join(f"{statistics.median(cell):>20.1f} {max(cell):>11.1f}" for cell in cells))
