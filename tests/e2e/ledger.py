# SPDX-License-Identifier: Apache-2.0
"""The ledger of messages: what devices (`msggw-sim devices`) and the server side (`msggw-sim m5s load`) said and heard, put
side by side.  A message is named by its device's Service ID and its msgId, which is its number for that device and the moment
it was made: `17-123456789`."""
import collections
import json

SUCCESS, FAILED = "REPT_DELY_SUCCESS", "REPT_DELY_FAILED"


class Tail:
    """A file of JSON lines that somebody else is writing."""

    def __init__(self, path):
        self._path, self._read, self.name = path, 0, path.stem

    def new(self):
        """The whole lines that have come since the last call."""
        try:
            with open(self._path, "rb") as file:
                file.seek(self._read)
                lines = file.read().split(b"\n")
        except FileNotFoundError:
            return []
        lines.pop()
        self._read += sum(len(line) + 1 for line in lines)
        return [json.loads(line) for line in lines]


class Direction:
    """One way of the traffic: the messages of one side, and what became of them at both."""

    def __init__(self, name):
        self.name = name
        self.sent = {}  # (device, msgId): the line
        self.accepted, self.refused = set(), {}
        self.got = collections.Counter()  # (device, msgId): times
        self.arrivals = collections.defaultdict(list)  # device: msgIds, in the order in which they came first
        self.spoiled = set()  # whose content is not what was sent
        self.said = collections.defaultdict(set)  # (device, msgId): what the recipient reports
        self.told = collections.defaultdict(collections.Counter)  # (device, msgId): what the sender is told

    def sender(self, line):
        key = (line["device"], line.get("id"))
        match line["event"]:
            case "sent":
                self.sent[key] = line
            case "accepted":
                self.accepted.add(key)
            case "refused":
                self.refused[key] = line
            case "told":
                self.told[key][line["status"]] += 1

    def recipient(self, line):
        key = (line["device"], line.get("id"))
        if line["event"] == "reported":
            self.said[key].add(line["status"])
        if line["event"] != "got":
            return
        self.got[key] += 1
        if not line["whole"]:
            self.spoiled.add(key)
        if self.got[key] == 1:
            self.arrivals[key[0]].append(key[1])

    # What must be empty.

    def lost(self):
        return self.accepted - self.got.keys()

    def invented(self):
        return self.got.keys() - self.sent.keys()

    def refusals(self):
        """With the cause; the server side has the status alone."""
        return {(*key, str(line.get("why", line.get("status")))) for key, line in self.refused.items()}

    def out_of_order(self):
        wrong = set()
        for device, ids in self.arrivals.items():
            for urgent in (True, False):
                numbers = [int(i.split("-")[0]) for i in ids if self.sent.get((device, i), {}).get("high", False) == urgent]
                wrong |= {(device, urgent, at) for at, after in zip(numbers, numbers[1:]) if at > after}
        return wrong

    def wanted(self):
        """Messages whose sender asked for a report, and is owed one."""
        return {key for key, line in self.sent.items() if line["report"] and key in self.accepted}

    def unreported(self):
        return self.wanted() - self.told.keys()

    def unrequested(self):
        return self.told.keys() - {key for key, line in self.sent.items() if line["report"]}

    def contradicted(self):
        """Reported in two ways."""
        return {key: dict(told) for key, told in self.told.items() if len(told) > 1}

    def untrue(self):
        """SUCCESS, and the recipient has not got it or said that it failed."""
        return {key for key, told in self.told.items()
                if SUCCESS in told and (key not in self.got or FAILED in self.said[key])}

    def pessimistic(self):
        """FAILED, and the recipient has it and did not say so: the proof was lost, not the message."""
        return {key for key, told in self.told.items() if FAILED in told and key in self.got and FAILED not in self.said[key]}

    def open(self):
        """What is still to come, by what it is."""
        return {"acknowledgements": self.sent.keys() - self.accepted - self.refused.keys(), "messages": self.lost(),
                "reports": self.unreported()}

    def faults(self):
        """{what is wrong: the messages}, without what is right."""
        all_of = {"lost": self.lost(), "refused": self.refusals(), "invented": self.invented(), "spoiled": self.spoiled,
                  "out of order": self.out_of_order(), "reports missing": self.unreported(),
                  "reports unrequested": self.unrequested(), "reported in two ways": self.contradicted(),
                  "reports untrue": self.untrue()}
        return {what: which for what, which in all_of.items() if which}

    def rows(self):
        wanted = self.wanted()
        return [("messages sent", len(self.sent)),
                ("acknowledged to the sender", len(self.accepted)),
                ("arrived", len(self.got)),
                ("  of those acknowledged, lost", len(self.lost())),
                ("  came again under their msgId", sum(self.got.values()) - len(self.got)),
                ("  out of order within device and priority", len(self.out_of_order())),
                ("reports asked for", len(wanted)),
                ("  told", len(self.told)),
                ("  told again, octet for octet", sum(t.total() - len(t) for t in self.told.values())),
                ("  missing", len(self.unreported())),
                ("  unrequested", len(self.unrequested())),
                ("  in two ways", len(self.contradicted())),
                ("  SUCCESS without proof", len(self.untrue())),
                ("  FAILED, since the recipient said so", sum(FAILED in self.said[key] for key in self.told)),
                ("  FAILED, since the proof was lost", len(self.pessimistic()))]


class Ledger:
    def __init__(self, server, devices):
        self._server, self._devices = Tail(server), [Tail(path) for path in devices]
        self.groups = {}  # Service ID: the name of the file of its device
        self.up, self.down = Direction("up"), Direction("down")
        self.lines = 0

    def read(self):
        """Takes in what is new."""
        for tail, sent, heard in [(self._server, self.down, self.up)] + [(tail, self.up, self.down) for tail in self._devices]:
            for line in tail.new():
                self.lines += 1
                sent.sender(line)
                heard.recipient(line)
                if tail is not self._server:
                    self.groups[line["device"]] = tail.name

    def taken(self):
        return len(self.up.accepted) + len(self.down.accepted)

    def open(self):
        return {f"{way.name}: {what}": which for way in (self.up, self.down) for what, which in way.open().items() if which}

    def faults(self):
        """{which way and what: {group: the messages, of those refused with the cause}}"""
        all_of = {}
        for way in (self.up, self.down):
            for what, which in way.faults().items():
                by_group = all_of.setdefault(f"{way.name}: {what}", {})
                for message in sorted(map(tuple, which)):
                    by_group.setdefault(self.groups.get(message[0], "nobody"), []).append(message)
        return all_of

    def text(self):
        lines = [f"{'':46}{'up':>12}{'down':>12}"]
        lines += [f"{name:46}{up:>12,}{down:>12,}" for (name, up), (_, down) in zip(self.up.rows(), self.down.rows())]
        return "\n".join(lines)
