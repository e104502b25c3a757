# SPDX-License-Identifier: Apache-2.0
"""What phones write and get by way of an SMSC that is made of Net::SMPP: three alphabets and data, four forms of long texts,
receipts that become reports, and replies to the right one of three who write to one phone."""
import base64
import unittest

from harness import wait_for
from messaging import FAILED, L3G, SUCCESS, MessagingCase, downward
from server_double import OWN, address
from test_sms_smsc import Smsc

NUMBER = "+491701234567"
PHONE = NUMBER.lstrip("+")
GSM7, LATIN1, OCTETS, UCS2 = 0, 3, 4, 8
UDHI = 0x40
DATA = bytes(range(256))
SPECIAL, SPECIAL_GSM7 = "à {€}", b"\x7f \x1b\x28\x1be\x1b\x29"  # TS 23.038 6.2.1
LONG = {GSM7: "0123456789" * 40, UCS2: "жук " * 50}
AS_OCTETS = {GSM7: str.encode, UCS2: lambda text: text.encode("utf-16-be")}
HEADERS = {"udh8": 6, "udh16": 7, "sar": 0}
PARTS = {"udh8": (3, 3), "udh16": (3, 4), "sar": (3, 4), "payload": (1, 1)}  # of those, 153 and 67 or 152 and 66 in each


class NetSmpp(MessagingCase):
    def begin(self, **sms):
        self.smsc = Smsc()
        self.addCleanup(self._end, self.smsc)
        self.tables = {
            "sms": {"enabled": True, "addresses": [f"127.0.0.1:{self.smsc.port}"], "password": "secret", "keyword_status": "STATUS",
                    "port_applications": ["16000 data"], "reconnect_first": "20ms", "reconnect_most": "100ms", **sms},
            "messages": {"default_recipient": "AS " + OWN}, "coap": {"enabled": False}, "msgin5g": {"base64_apps": ["data"]}}
        self.start_all(sections=self.tables)
        wait_for(lambda: self.smsc.happened("bound transceiver"), "the bind")
        self.assertEqual(self.smsc.deliver(PHONE, "STATUS"), 0)
        wait_for(lambda: self.rows().get(NUMBER, {}).get("serviceId"), "the Service ID")
        wait_for(self.smsc.submits, "the answer to STATUS")
        self.service_id = self.rows()[NUMBER]["serviceId"]
        self.expected = []

    def written(self, text, *singles):
        """A phone writes; each of `singles` is octets, coding, esm_class and TLVs of a deliver_sm."""
        for octets, coding, esm_class, *tlvs in singles:
            self.assertEqual(self.smsc.deliver_octets(PHONE, octets, coding, esm_class, **(tlvs[0] if tlvs else {})), 0)
        self.expected.append(text)
        wait_for(lambda: [entry["message"]["payload"] for entry in self.double.inbox()] == self.expected, text)

    def test_texts_and_data_of_phones(self):
        self.begin()
        self.written("déjà vu", ("déjà vu".encode("latin-1"), LATIN1, 0))
        self.written("привет 😀", ("привет 😀".encode("utf-16-be"), UCS2, 0))
        self.written(SPECIAL, (SPECIAL_GSM7, GSM7, 0))
        self.written(base64.b64encode(DATA[200:]).decode(), (bytes.fromhex("0605043e800001") + DATA[200:], OCTETS, UDHI))

    def test_long_texts_of_phones_in_four_forms(self):
        self.begin()
        parts = ["0123456789" * 10, "абв", "9876543210" * 12]
        octets = [(parts[0].encode(), GSM7), (parts[1].encode("utf-16-be"), UCS2), (parts[2].encode(), GSM7)]
        order = (2, 0, 1)
        self.written("".join(parts), *((bytes([5, 0, 3, 9, 3, n + 1]) + octets[n][0], octets[n][1], UDHI) for n in order))
        self.written("".join(parts), *((bytes([6, 8, 4, 1, 9, 3, n + 1]) + octets[n][0], octets[n][1], UDHI) for n in order))
        self.written("".join(parts), *((*octets[n], 0, {"sar_msg_ref_num": "0109", "sar_total_segments": "03",
                                                        "sar_segment_seqnum": f"{n + 1:02x}"}) for n in order))
        for coding, text in LONG.items():
            self.written(text, (b"", coding, 0, {"message_payload": AS_OCTETS[coding](text).hex()}))

    # ---- downward

    def deliver(self, msg_id, payload, sender=OWN, report=True, parts=1, **more):
        """How the SMSC was given it: (submit, how) of each part."""
        before = len(self.smsc.submits())
        body = downward(self.service_id, msg_id, payload, report, oriAddr=address("AS", sender), **more)
        self.assertEqual(self.curl(L3G + "deliver-message", body)[0], 204)
        wait_for(lambda: len(self.smsc.submits()) >= before + parts, "all parts")
        self.assertEqual(len(self.smsc.submits()), before + parts)
        return list(zip(self.smsc.submits(), self.smsc.how()))[before:]

    def receipt(self, submit, state):
        self.smsc.tell("receipt", submit[4], state, submit[1])

    def test_texts_and_data_for_phones_and_their_receipts(self):
        self.begin()
        greeting = "привет 😀"
        to_port = bytes.fromhex("0605043e803e80")  # of the application "data"
        for n, (coding, payload, octets, esm_class, state) in enumerate((
                (GSM7, SPECIAL, SPECIAL_GSM7, 0, "DELIVRD"), (UCS2, greeting, greeting.encode("utf-16-be"), 0, "UNDELIV"),
                (OCTETS, base64.b64encode(DATA[156:]).decode(), to_port + DATA[156:], UDHI, "DELIVRD"))):
            ((submit, how),) = self.deliver(f"m{n}", payload, **({"appId": "data"} if coding == OCTETS else {}))
            self.assertEqual((submit[1], submit[2], submit[3], submit[5], how[0]), (PHONE, coding, 1, octets, esm_class))
            self.assertEqual(self.reports_of(f"m{n}"), [])
            for told in ("ENROUTE", state):
                self.receipt(submit, told)
            self.assertEqual(self.reported(f"m{n}")["delivSt"], SUCCESS if state == "DELIVRD" else FAILED)
        ((submit, _),) = self.deliver("quiet", "quiet", report=False)
        self.assertEqual(submit[3], 0)

    def test_latin_1_for_phones(self):
        self.begin(default_coding="latin1")
        ((submit, _),) = self.deliver("m", "déjà vu", report=False)
        self.assertEqual((submit[2], submit[5]), (LATIN1, "déjà vu".encode("latin-1")))

    def test_long_texts_for_phones_in_four_forms(self):
        self.begin()
        self.running.stop()
        for form, counts in PARTS.items():
            with self.subTest(form=form):
                self.tables["sms"]["long_messages"] = form
                self.run_gateway(sections=self.tables)
                for (coding, text), count in zip(LONG.items(), counts):
                    parts = self.deliver(f"{form}-{coding}", text, parts=count)
                    self.assertEqual({submit[2] for submit, _ in parts}, {coding})
                    self.assertEqual(self.joined(form, parts), AS_OCTETS[coding](text))
                    for submit, _ in reversed(parts):
                        self.assertEqual(self.reports_of(f"{form}-{coding}"), [])
                        self.receipt(submit, "DELIVRD")
                    self.assertEqual(self.reported(f"{form}-{coding}")["delivSt"], SUCCESS)
                self.running.stop()

    def joined(self, form, parts):
        """The octets of all parts, whose places are right in that form."""
        if form == "payload":
            ((submit, (esm_class, _, payload)),) = parts
            self.assertEqual((submit[5], esm_class), (b"", 0))
            return payload
        places = []
        for submit, (esm_class, sar, _) in parts:
            header = submit[5][:HEADERS[form]]
            self.assertEqual(esm_class, 0 if form == "sar" else UDHI)
            if form == "sar":
                places.append(sar)
            else:
                self.assertEqual(header[:3], bytes([5, 0, 3] if form == "udh8" else [6, 8, 4]))
                places.append((int.from_bytes(header[3:-2], "big"), *header[-2:]))
        self.assertEqual(places, [(places[0][0], len(parts), n + 1) for n in range(len(parts))])
        return b"".join(submit[5][HEADERS[form]:] for submit, _ in parts)

    def test_replies_to_the_right_one_of_three(self):
        self.begin(sources=["111", "222", "333"])
        peers = [f"as-{n}@msgin5g.example" for n in (1, 2, 3)]
        for peer in set(peers) - {OWN}:  # which is known there anyway
            self.assertEqual(self.double.ask("POST", "/msgs-asregistration/v1/registrations", {"asSvcId": peer})[0], 201)
        sources = [self.deliver(f"m-{peer}", f"from {peer}", peer, False)[0][0][0] for peer in peers]
        self.assertEqual(sources, ["111", "222", "333"])
        for n in (1, 0, 2):
            self.assertEqual(self.smsc.deliver(PHONE, f"reply {n}", to=sources[n]), 0)

        def sent_to(n):
            messages = [one["message"] for one in self.double.control("messages")["messages"] if "message" in one]
            return [one["destAddr"]["addr"] for one in messages if one.get("payload") == f"reply {n}"]
        for n, peer in enumerate(peers):
            self.assertEqual(wait_for(lambda n=n: sent_to(n), f"reply {n}"), [peer])


if __name__ == "__main__":
    unittest.main()
