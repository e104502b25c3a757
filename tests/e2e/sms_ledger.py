# SPDX-License-Identifier: Apache-2.0
"""The ledger of messages for phones and of texts of phones: what the server side (`msggw-sim m5s load --phones`) and the network
(receipts_smsc.py) said and heard, put side by side.  A message is named by its device's Service ID and what its content says."""
import collections
import re

from ledger import FAILED, SUCCESS, Direction

NAME = re.compile(rb"(\d+-\d+)x*")
OCTETS = 64  # of content
NO_PROOF = "NO_PROOF"


class Down(Direction):
    """The server sends, the network is the recipient: it alone knows what phones have got."""

    def __init__(self):
        super().__init__("down")
        self.without_receipt = set()

    def sender(self, line):
        if line["event"] == "told":
            self.told[line["device"], line["id"]][line["status"], line.get("cause", "")] += 1
        else:
            super().sender(line)

    def network(self, smsc, ids):
        """Takes in what the SMSC has heard; `ids` are the Service IDs of numbers."""
        def named(number, octets):  # None: an answer to a keyword
            found = NAME.fullmatch(octets)
            return found and (ids[number], found[1].decode())
        for number, octets, is_delivered in smsc.heard:
            if key := named(number, octets):
                self.recipient({"event": "got", "device": key[0], "id": key[1], "whole": len(octets) == OCTETS})
                self.said[key].add(SUCCESS if is_delivered else FAILED)
        self.without_receipt = {named(*of) for of in smsc.without_receipt} - {None}

    def told_as(self, status, *causes):
        """Messages that were reported so, for one of these reasons if there are any."""
        return {key for key, told in self.told.items() if any(s == status and (not causes or c in causes) for s, c in told)}

    def untrue(self):
        good = {key for key in self.told_as(SUCCESS) if SUCCESS not in self.said[key]}
        bad = self.told_as(FAILED) - self.told_as(FAILED, NO_PROOF)
        return good | {key for key in bad if FAILED not in self.said[key]}

    def pessimistic(self):
        return self.told_as(FAILED, NO_PROOF)

    def faults(self):
        proof_there = self.pessimistic() - self.without_receipt
        return super().faults() | ({"NO_PROOF, and no receipt was lost": proof_there} if proof_there else {})

    def rows(self):
        return [*super().rows()[:-3], ("  untrue", len(self.untrue())),
                ("  FAILED, since the network said so", len(self.told_as(FAILED) - self.pessimistic())),
                ("  FAILED, since a receipt was lost", len(self.pessimistic()))]


class Up(Direction):
    """Phones write, and the server is the recipient. Who writes has no msgIds: the gateway makes them, one for each text."""

    def __init__(self):
        super().__init__("up")
        self.ids = collections.defaultdict(set)  # (device, text): msgIds

    def writes(self, device, text):
        self.sent[device, text] = {"report": False}

    def recipient(self, line):
        if line["event"] == "got":
            super().recipient({**line, "id": line["content"], "whole": True})
            self.ids[line["device"], line["content"]].add(line["id"])

    def network(self, smsc):
        devices = {text: device for device, text in self.sent}
        self.accepted = {(devices[text], text) for text in list(smsc.acknowledged)}

    def out_of_order(self):
        return set()  # which text of a phone is given first is the network's to say

    def twice(self):
        return {key for key, ids in self.ids.items() if len(ids) > 1}

    def faults(self):
        return super().faults() | ({"under two msgIds": self.twice()} if self.twice() else {})

    def rows(self):
        return [*super().rows()[:5], ("  came as a message of its own", len(self.twice()))]


def text(directions):
    """The ledgers, for people."""
    return "\n".join(f"{way.name:6}{name:46}{number:>10,}" for way in directions for name, number in way.rows())
