# SPDX-License-Identifier: Apache-2.0
"""What phones write arrives at an Application Server: three alphabets, four forms of long texts, data with ports, aliases and
recipients, first texts, refusals; and nothing that was acknowledged is lost or doubled when gateway and SMSC are killed."""
import json
import os
import random
import time
import unittest

from harness import PATIENCE, wait_for
from messaging import MessagingCase
from phones import Smsc
from server_double import OWN

NUMBER = "+491701234567"
SERVICE = "12345"
TEXTS = {"gsm7": "Grüße {€}", "ucs2": "привет", "latin1": "déjà vu"}
LONG = {"gsm7": "0123456789" * 40, "ucs2": "жук " * 60, "8bit": "x"}
KILLS = int(os.environ.get("MSGGW_KILLS", "12"))
MESSAGES = int(os.environ.get("MSGGW_MESSAGES", "300"))


class SmsMessages(MessagingCase):
    def begin(self, *smsc, messages=None, **sms):
        self.smsc = Smsc(self, "--retry", "50ms", *smsc)
        self.sms = {"enabled": True, "addresses": [f"127.0.0.1:{self.smsc.port}"], "keyword_status": "STATUS",
                    "reconnect_first": "20ms", "reconnect_most": "100ms", "rate": 1000, "burst": 100, **sms}
        self.messages = {"default_recipient": "AS " + OWN} if messages is None else messages
        self.got = []
        self.start_all(sections=self.sections())
        wait_for(lambda: self.smsc.counter("receivers") == 1, "the bind")

    def sections(self):
        return {"sms": self.sms, "messages": self.messages, "coap": {"enabled": False}, "log": {"level": "warn"}}

    def run_again(self):
        self.run_gateway(sections=self.sections())

    def write(self, text=None, **more):
        body = {"from": NUMBER, "to": SERVICE, **({} if text is None else {"text": text}), **more}
        return self.smsc.call("messages", body)["id"]

    def state(self, message):
        return self.smsc.call(f"messages/{message}")

    def accepted(self, message):
        wait_for(lambda: self.state(message)["state"] == "accepted", "the acknowledgement of a message")

    def register(self, number=NUMBER):
        """A phone that has its Service ID, by a keyword, which is no message."""
        self.accepted(self.write("STATUS", **{"from": number}))
        wait_for(lambda: self.rows().get(number, {}).get("serviceId"), "the Service ID")

    def bodies(self):
        """UEMessageDelivery as they came to the Application Server, whose inbox keeps the newest alone."""
        after = self.got[-1]["n"] if self.got else 0
        self.got += self.double.control(f"inbox?after={after}")["entries"]
        return [entry["message"] for entry in self.got if "message" in entry]

    def payloads(self):
        return [body.get("payload", "") for body in self.bodies()]

    def test_texts_in_three_alphabets_and_the_body_that_carries_them(self):
        self.begin()
        self.register()
        for encoding, text in TEXTS.items():
            self.accepted(self.write(text, encoding=encoding))
        wait_for(lambda: len(self.bodies()) == len(TEXTS), "the texts")
        service_id = self.rows()[NUMBER]["serviceId"]
        self.assertEqual(self.payloads(), list(TEXTS.values()))
        for body in self.bodies():
            self.assertEqual(body["oriAddr"], {"addrType": "UE", "addr": service_id})
            self.assertEqual(body["destAddr"], {"addrType": "AS", "addr": OWN})
            self.assertTrue(body["stoAndFwInd"])
            self.assertRegex(body["msgId"], "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
            self.assertNotIn(NUMBER.lstrip("+"), json.dumps(body))
        self.assertEqual(len({body["msgId"] for body in self.bodies()}), len(TEXTS))

    def test_long_texts_in_four_forms_shuffled_and_doubled(self):
        self.begin()
        self.register()
        expected = []
        for form in ("udh8", "udh16", "sar", "payload"):
            for encoding in ("gsm7", "ucs2"):
                text = LONG[encoding] + form
                parts = 1 if form == "payload" else 3 if encoding == "gsm7" else 4
                order = {} if parts == 1 else {"order": [2, 1, 2, *range(3, parts + 1)]}
                self.accepted(self.write(text, encoding=encoding, concatenation=form, **order))
                expected.append(text)
                wait_for(lambda: self.payloads() == expected, f"the long text of {form} in {encoding}")
        self.assertEqual(self.metric(self.running, "msggw_sms_partial_messages"), 0)

    def test_data_aliases_ports_and_recipients(self):
        self.begin(aliases=["ops AS as-ops@example"], number_recipients=["+44* AS as-44@example"],
                   service_recipients=["777 AS as-777@example", ":16000 AS as-port@example"],
                   port_applications=["16000 org.example.meter"])
        self.register()
        self.register("+447700900123")
        self.accepted(self.write("@OPS open the gate"))
        self.accepted(self.write("hello", **{"from": "+447700900123"}))
        self.accepted(self.write("hello", to="777"))
        self.accepted(self.write(octets="0605043e800001" + "32312e35", esmClass=64, dataCoding=4))
        sent = wait_for(lambda: len(self.sent()) == 4 and self.sent(), "four messages at the server")
        self.assertEqual([(one["destAddr"]["addr"], one.get("appId"), one["payload"]) for one in sent],
                         [("as-ops@example", None, "open the gate"), ("as-44@example", None, "hello"),
                          ("as-777@example", None, "hello"), ("as-port@example", "org.example.meter", "21.5")])

    def sent(self):
        """Bodies that the server was given, whoever they are for."""
        return [entry["request"] for entry in self.double.journal("?operation=deliver-ue-message")
                if "request" in entry]

    def test_a_first_text_waits_for_its_service_id(self):
        self.begin()
        self.accepted(self.write("first words"))
        wait_for(lambda: self.payloads() == ["first words"], "the first text")

    def test_a_text_for_nobody_is_refused_and_told(self):
        self.begin(messages={}, answer_unsent="{cause}")
        self.accepted(self.write("who is there?"))  # registers
        wait_for(lambda: self.rows().get(NUMBER, {}).get("serviceId"), "the Service ID")
        message = self.write("anybody?")
        wait_for(lambda: self.state(message)["state"] == "rejected", "the refusal")
        self.assertEqual(self.state(message)["statusName"], "ESME_RX_R_APPN")
        wait_for(lambda: self.smsc.texts(NUMBER) == ["NO_RECIPIENT"], "the SMS that says so")

    def test_kills_between_parts_and_texts_lose_and_double_nothing(self):
        self.begin("--journal-most", "0")
        numbers = [f"+49170{n:07}" for n in range(10)]
        for number in numbers:
            self.register(number)
        dice = random.Random(11)
        written = []
        for n in range(MESSAGES):
            number = numbers[n % len(numbers)]
            text = f"{n} " + "x" * dice.choice([10, 200, 400])
            form = dice.choice(["udh8", "udh16", "sar", "payload"])
            written.append((text, self.write(text, concatenation=form, **{"from": number})))
            if n % (MESSAGES // KILLS) == 0:
                time.sleep(dice.uniform(0, 0.05))
                self.running.kill()
                self.bodies()
                self.run_again()
        for _, message in written:
            self.accepted(message)
        wait_for(lambda: len(set(self.payloads())) == MESSAGES, "all texts", PATIENCE * 3)
        payloads = self.payloads()
        self.assertEqual(sorted(payloads), sorted(text for text, _ in written))


if __name__ == "__main__":
    unittest.main()
