# SPDX-License-Identifier: Apache-2.0
"""What phones write, by way of an SMSC that is not ours, node-smpp, to an Application Server: alphabets, forms of long texts, data
with a port, a gateway that is killed between parts, refusals.  Skipped where the packages of npm are not there (tests/npm)."""
from harness import wait_for
from messaging import MessagingCase
from node_devices import Script
from npm import main
from server_double import OWN

NUMBER = "+491701234567"
GSM7, OCTETS, UCS2 = 0, 4, 8


class NodeSmsc(MessagingCase):
    def begin(self, **messages):
        self.smsc = Script(self, "smpp_smsc.js")
        port = self.smsc.process.url("smpp")[1]
        self.written = 0
        self.tables = {"sms": {"enabled": True, "addresses": [f"127.0.0.1:{port}"], "keyword_status": "STATUS",
                               "answer_unsent": "{cause}", "answer_every": "0s", "reconnect_first": "20ms", "reconnect_most": "100ms",
                               "port_applications": ["16000 org.example.meter"]},
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


if __name__ == "__main__":
    main()
