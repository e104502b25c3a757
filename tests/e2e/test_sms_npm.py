# SPDX-License-Identifier: Apache-2.0
"""What phones write and get by way of an SMSC that is not ours, node-smpp: alphabets, forms of long texts, data with a port, a
gateway that is killed between parts, refusals; receipts that become reports, borders of parts, and replies to the right one of
three.  Skipped where the packages of npm are not there (tests/npm)."""
import base64

from harness import wait_for
from messaging import FAILED, L3G, SUCCESS, MessagingCase, downward
from node_devices import Script
from npm import main
from server_double import OWN, address

NUMBER = "+491701234567"
GSM7, OCTETS, UCS2 = 0, 4, 8


class NodeSmsc(MessagingCase):
    def begin(self, sms=None, **messages):
        self.smsc = Script(self, "smpp_smsc.js")
        port = self.smsc.process.url("smpp")[1]
        self.written = 0
        self.tables = {"sms": {"enabled": True, "addresses": [f"127.0.0.1:{port}"], "keyword_status": "STATUS",
                               "answer_unsent": "{cause}", "answer_every": "0s", "reconnect_first": "20ms", "reconnect_most": "100ms",
                               "port_applications": ["16000 org.example.meter"], **(sms or {})},
                       "messages": {"default_recipient": "AS " + OWN, **messages}, "coap": {"enabled": False}}
        self.start_all(sections=self.tables)
        self.assertEqual(self.write(text="STATUS"), 0)
        wait_for(lambda: self.rows().get(NUMBER, {}).get("serviceId"), "the Service ID")

    def hand_over(self, **phone):
        self.written += 1
        self.smsc.say(id=self.written, **{"from": NUMBER, "to": "12345", **phone})
        return self.written

    def statuses(self, number):
        return [said["status"] for said in self.smsc.said() if said.get("id") == number]

    def write(self, **phone):
        number = self.hand_over(**phone)
        return wait_for(lambda: self.statuses(number), "a deliver_sm_resp")[-1]

    def payloads(self):
        return [entry["message"].get("payload") for entry in self.double.inbox() if "message" in entry]

    def parts(self, text, size, form):
        cut = [text[at:at + size] for at in range(0, len(text), size)]
        total = len(cut)
        for number, part in enumerate(cut, start=1):
            place = {"udh8": {"udh": f"05000307{total:02x}{number:02x}"},
                     "udh16": {"udh": f"0608040107{total:02x}{number:02x}"},
                     "sar": {"sar": [263, total, number]}}[form]
            yield {"text": part, **place}

    def test_three_alphabets(self):
        self.begin()
        for coding, text in ((GSM7, "Grüße {€}"), (UCS2, "привет 😀"), (3, "déjà vu")):
            self.assertEqual(self.write(text=text, coding=coding), 0)
            wait_for(lambda text=text: self.payloads()[-1:] == [text], text)

    def test_long_texts_in_four_forms(self):
        self.begin()
        expected = []
        for form in ("udh8", "udh16", "sar"):
            for coding, size, text in ((GSM7, 150, "0123456789" * 35 + form), (UCS2, 60, "жук " * 40 + form)):
                for part in reversed(list(self.parts(text, size, form))):
                    self.assertEqual(self.write(coding=coding, **part), 0)
                expected.append(text)
                wait_for(lambda: self.payloads() == expected, f"the long text of {form}")
        self.assertEqual(self.write(text="p" * 500, payload=True), 0)
        wait_for(lambda: self.payloads() == expected + ["p" * 500], "the text of message_payload")

    def test_data_with_a_port(self):
        self.begin()
        self.assertEqual(self.write(octets=b"21.5".hex(), coding=OCTETS, port=16000), 0)
        self.assertEqual(self.write(octets=b"21.6".hex(), coding=OCTETS, udh="0605043e800001"), 0)
        wait_for(lambda: self.payloads() == ["21.5", "21.6"], "the data")
        self.assertEqual({entry["message"].get("appId") for entry in self.double.inbox()}, {"org.example.meter"})

    def test_a_gateway_that_is_killed_between_parts(self):
        self.begin()
        text = "0123456789" * 60
        for part in self.parts(text, 150, "udh8"):
            self.assertEqual(self.write(**part), 0)
            self.running.kill()
            self.run_gateway(sections=self.tables)
        wait_for(lambda: self.payloads() == [text], "the long text")

    def test_what_is_not_answered_is_given_again_and_is_one_message(self):
        self.begin()
        numbers = [self.hand_over(text=f"text {n}") for n in range(100)]
        wait_for(lambda: self.statuses(numbers[10]), "the first answers")
        self.running.kill()
        self.run_gateway(sections=self.tables)
        for number in numbers:
            wait_for(lambda number=number: self.statuses(number)[-1:] == [0], "all answers")
        wait_for(lambda: len(set(self.payloads())) == 100, "all texts")
        self.assertEqual(len(self.payloads()), 100)

    def test_a_text_for_nobody(self):
        self.begin(default_recipient="none")
        self.assertEqual(self.write(text="anybody?"), 0x66)
        wait_for(lambda: {"to": NUMBER.lstrip("+"), "from": "12345", "text": "NO_RECIPIENT"} in self.smsc.said(), "the SMS")

    # ---- downward

    def deliver(self, msg_id, payload, sender=OWN, report=True, **more):
        service_id = self.rows()[NUMBER]["serviceId"]
        self.assertEqual(self.curl(L3G + "deliver-message", downward(service_id, msg_id, payload, report,
                                                                     oriAddr=address("AS", sender), **more))[0], 204)

    def submits(self):
        """(text, from, how) of what has come, in parts."""
        said = [one for one in self.smsc.said() if "text" in one or "submit" in one]
        return [(text["text"], text["from"], how) for text, how in zip(said[::2], said[1::2])][1:]  # without the answer to STATUS

    def test_texts_for_a_phone_and_their_receipts(self):
        self.begin({"response_ids": "hex", "receipt_ids": "decimal"})
        for n, (coding, text, state) in enumerate(((GSM7, "Grüße {€}", "DELIVERED"), (UCS2, "привет 😀", "UNDELIVERABLE"),
                                                   (GSM7, "0123456789" * 40, "DELIVERED"), (UCS2, "жук" * 40, "DELIVERED"))):
            before = len(self.submits())
            self.deliver(f"m{n}", text)
            wait_for(lambda text=text, before=before: "".join(s[0] for s in self.submits()[before:]) == text, text)
            for _, _, how in reversed(self.submits()[before:]):
                self.assertEqual((how["coding"], how["registered"]), (coding, 1))
                self.assertEqual(self.reports_of(f"m{n}"), [])
                self.smsc.say(receipt=how["submit"], state="ENROUTE")
                self.smsc.say(receipt=how["submit"], state=state)
            self.assertEqual(self.reported(f"m{n}")["delivSt"], SUCCESS if state == "DELIVERED" else FAILED)

    def test_data_for_a_phone(self):
        self.begin()
        self.tables["msgin5g"] = {"base64_apps": ["data"]}
        self.running.stop()
        self.run_gateway(sections=self.tables)
        self.deliver("m", base64.b64encode(bytes(range(140, 256))).decode(), appId="data")
        ((text, _, how),) = wait_for(self.submits, "the data at the phone")
        self.assertEqual((text, how["coding"], how["payload"]), (bytes(range(140, 256)).hex(), OCTETS, False))
        self.smsc.say(receipt=how["submit"], state="DELIVERED")
        self.assertEqual(self.reported("m")["delivSt"], SUCCESS)

    def test_long_texts_for_a_phone_in_four_forms(self):
        self.begin({"response_ids": "hex", "receipt_ids": "decimal"})
        self.running.stop()
        for form in ("udh8", "udh16", "sar", "payload"):
            self.tables["sms"]["long_messages"] = form
            self.run_gateway(sections=self.tables)
            for coding, text in ((GSM7, "0123456789" * 40), (UCS2, "жук " * 50)):
                before = len(self.submits())
                self.deliver(f"{form}-{coding}", text)
                wait_for(lambda text=text, before=before: "".join(s[0] for s in self.submits()[before:]) == text, text)
                parts = self.submits()[before:]
                self.assertEqual([self.place_of(form, how) for _, _, how in parts],
                                 [(len(parts), n + 1) if form != "payload" else None for n in range(len(parts))])
                for _, _, how in reversed(parts):
                    self.assertEqual(self.reports_of(f"{form}-{coding}"), [])
                    self.smsc.say(receipt=how["submit"], state="DELIVERED")
                self.assertEqual(self.reported(f"{form}-{coding}")["delivSt"], SUCCESS)
            self.running.stop()

    def place_of(self, form, how):
        """(total, number) of a part, said in that form alone; None: it is no part."""
        self.assertEqual((how["payload"], bool(how["udh"]), len(how["sar"]) > 0 and how["sar"][0] is not None),
                         (form == "payload", form.startswith("udh"), form == "sar"))
        if form == "payload":
            return None
        if form == "sar":
            return tuple(how["sar"][1:])
        (element,) = how["udh"]
        self.assertTrue(element.startswith("0003" if form == "udh8" else "0804"), element)
        return int(element[-4:-2], 16), int(element[-2:], 16)

    def test_texts_at_the_borders_of_parts_down_and_back_up(self):
        self.begin()
        expected = []
        for n, (text, count) in enumerate((
                ("g" * 160, 1), ("g" * 161, 2), ("g" * 306, 2), ("g" * 307, 3), ("e" * 152 + "€" + "e" * 7, 2),
                ("e" * 158 + "€", 1), ("ж" * 70, 1), ("ж" * 71, 2), ("ж" * 134, 2), ("ж" * 135, 3),
                ("ж" * 66 + "😀" + "ж" * 9, 2), ("ж" * 68 + "😀", 1))):
            before = len(self.submits())
            self.deliver(f"border-{n}", text, report=False)
            wait_for(lambda text=text, before=before: "".join(s[0] for s in self.submits()[before:]) == text, text)
            parts = self.submits()[before:]
            self.assertEqual(len(parts), count)
            for part, _, how in reversed(parts):
                header = {"udh": "05" + how["udh"][0]} if how["udh"] else {}
                self.assertEqual(self.write(text=part, coding=how["coding"], **header), 0)
            expected.append(text)
            wait_for(lambda: self.payloads() == expected, "the text that was written back")

    def peers(self, count):
        """So many that the server double knows."""
        all_of_them = [f"as-{n}@msgin5g.example" for n in range(1, count + 1)]
        for peer in all_of_them:
            if peer != OWN:  # which is known there anyway
                self.assertEqual(self.double.ask("POST", "/msgs-asregistration/v1/registrations", {"asSvcId": peer})[0], 201)
        return all_of_them

    def sent_as(self, payload):
        messages = [one["message"] for one in self.double.control("messages")["messages"] if "message" in one]
        return [(one["destAddr"]["addr"], one.get("appId")) for one in messages if one.get("payload") == payload]

    def test_replies_to_ports(self):
        self.begin({"sources": ["12345:16001", "12345:16002"]})
        peers = self.peers(2)
        for n, peer in enumerate(peers):
            self.deliver(f"m{n}", f"from {peer}", peer, report=False, appId="org.example.meter")
            wait_for(lambda n=n: len(self.submits()) == n + 1, "the text at the phone")
        self.assertEqual([(source, how["udh"]) for _, source, how in self.submits()],
                         [("12345", ["05043e803e81"]), ("12345", ["05043e803e82"])])
        for n, port in ((1, "3e82"), (0, "3e81")):
            self.assertEqual(self.write(octets=f"reply {n}".encode().hex(), coding=OCTETS, udh=f"060504{port}3e80"), 0)
            self.assertEqual(wait_for(lambda n=n: self.sent_as(f"reply {n}"), f"reply {n}"), [(peers[n], "org.example.meter")])

    def test_replies_to_the_right_one_of_three(self):
        self.begin({"sources": ["+49111", "222", "333"]})
        peers = self.peers(3)
        for n, peer in enumerate(peers):
            self.deliver(f"m{n}", f"from {peer}", peer, report=False)
            wait_for(lambda n=n: len(self.submits()) == n + 1, "the text at the phone")
        sources = [source for _, source, _ in self.submits()]
        self.assertEqual(sources, ["49111", "222", "333"])
        self.running.kill()
        self.run_gateway(sections=self.tables)
        for to in (1, 0, 2):
            self.assertEqual(self.write(to=("+" if to == 0 else "") + sources[to], text=f"reply {to}"), 0)
        for n, peer in enumerate(peers):
            self.assertEqual(wait_for(lambda n=n: self.sent_as(f"reply {n}"), f"reply {n}"), [(peer, None)])


if __name__ == "__main__":
    main()
