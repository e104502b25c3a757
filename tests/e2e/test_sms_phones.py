# SPDX-License-Identifier: Apache-2.0
"""Phones behind the test SMSC, and an operator: numbers known before, one device with a MAC and a number, keywords,
long messages, fail-over between SMSCs."""
import json
import subprocess
import unittest

from harness import BIN, PATIENCE, Coap, wait_for
from phones import PhonesCase


class SmsPhones(PhonesCase):
    def phone(self, number, text="hello", to="12345"):
        """The command_status with which the gateway answers an SMS of `number`."""
        message = self.smsc.call("messages", {"from": number, "to": to, "text": text})["id"]
        return wait_for(lambda: (m := self.smsc.call(f"messages/{message}"))["state"] in ("accepted", "rejected") and m,
                        f"the answer to the SMS of {number}").get("statusName", "ESME_ROK")

    def texts(self, number, count):
        """What the phone has received, when it is `count` messages."""
        received = wait_for(lambda: len(m := self.smsc.call(f"phones/{number}")["messages"]) >= count and m,
                            f"{count} SMS to {number}")
        return [message["text"] for message in received]

    def devices(self, *arguments, code=0):
        done = subprocess.run([BIN / "msggw", "devices", *arguments, "--dir", self.folder / "gateway"],
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_numbers_known_before(self):
        self.pf()
        self.start_smsc()
        gateway = self.sms_gateway(first_contact="known", answer="{serviceId}")
        (self.folder / "phones.csv").write_text("private_id,type\n+49 151 12345678,legacy\n")
        self.devices("import", str(self.folder / "phones.csv"))
        row = wait_for(lambda: (r := self.rows()["+4915112345678"]).get("serviceId") and r, "the Service ID")
        self.assertEqual(self.phone("+4915112345678"), "ESME_ROK")
        self.assertEqual(self.texts("+4915112345678", 1), [row["serviceId"]])
        self.assertEqual(self.phone("+4915100000000"), "ESME_RX_R_APPN")
        self.assertEqual(len(self.rows()), 1)
        gateway.stop()

    def test_one_device_with_a_mac_and_a_number(self):
        self.pf()
        self.start_smsc()
        gateway = self.gateway(sections={"sms": {
            "enabled": True, "addresses": [f"127.0.0.1:{self.smsc.port}"], "answer": "{serviceId}"}})
        self.devices("add", "00-1B-63-84-45-E6", "--alias", "+4915112345678")
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        service_id = coap.register("00:1b:63:84:45:e6")["serviceId"]
        self.assertEqual(self.phone("+4915112345678"), "ESME_ROK")
        self.assertEqual(self.texts("+4915112345678", 1), [service_id])
        self.assertEqual(len(self.rows()), 1)
        gateway.kill()
        gateway = self.gateway(sections={"sms": {
            "enabled": True, "addresses": [f"127.0.0.1:{self.smsc.port}"], "keyword_status": "STATUS"}})
        self.assertEqual(self.phone("+4915112345678", "status"), "ESME_ROK")
        self.assertEqual(self.texts("+4915112345678", 2)[1], f"provisioned {service_id}")
        gateway.stop()

    def test_answers_wait_for_the_provisioning_function_and_outlive_a_kill(self):
        self.start_smsc()
        gateway = self.sms_gateway(answer="Service ID: {serviceId}", source="12345")
        self.assertEqual(self.phone("+4915112345678"), "ESME_ROK")  # recorded; there is no Provisioning Function
        gateway.kill()
        gateway = self.sms_gateway(answer="Service ID: {serviceId}", source="12345")
        wait_for(lambda: self.smsc.call("links")["links"], "the bind")
        self.pf()
        text = self.texts("+4915112345678", 1)[0]
        self.assertEqual(text, "Service ID: " + self.rows()["+4915112345678"]["serviceId"])
        gateway.stop()

    def test_messages_that_cross_binds_and_unbinds(self):
        self.pf()
        self.start_smsc("--crossing", "1", "--window", "1")
        sent = [self.smsc.call("messages", {"from": f"+49151000000{n:02}", "to": "12345", "text": "hello"})["id"]
                for n in range(10)]
        for _ in range(3):  # the gateway comes and goes while messages wait
            gateway = self.sms_gateway()
            wait_for(lambda: self.smsc.counter("messagesAccepted"), "the first messages")
            gateway.stop()
        gateway = self.sms_gateway()
        wait_for(lambda: all(self.smsc.call(f"messages/{id}")["state"] != "waiting" for id in sent), "all of them")
        wait_for(lambda: self.smsc.counter("messagesAccepted") == 10, "all of them, accepted")
        self.assertEqual(self.smsc.counter("messagesRefused"), 0)
        self.assertEqual(len(self.rows()), 10)
        gateway.stop()

    def test_keywords(self):
        self.pf()
        self.start_smsc()
        gateway = self.sms_gateway(keyword_status="STATUS", keyword_stop="STOP", answer_stop="bye, {privateId}",
                                   answer_every="0s")
        self.assertEqual(self.phone("+4915112345678"), "ESME_ROK")
        wait_for(lambda: self.rows()["+4915112345678"]["state"] == "provisioned", "the Service ID")
        self.assertEqual(self.phone("+4915112345678", "Status"), "ESME_ROK")
        self.assertEqual(self.phone("+4915112345678", "stop"), "ESME_ROK")
        texts = self.texts("+4915112345678", 2)
        self.assertEqual(texts[1], "bye, +4915112345678")
        self.assertRegex(texts[0], "^provisioned ")
        shown = json.loads(self.devices("show", "+4915112345678", "--json"))
        self.assertNotIn("sms", json.dumps(shown.get("registrations", [])))
        gateway.stop()

    def test_refused_by_policy(self):
        (self.folder / "rules.toml").write_text(
            '[[rule]]\nname = "phones"\naction = "deny"\nprivate_ids = ["+4915*"]\n')
        self.pf(policy_file=str(self.folder / "rules.toml"))
        self.start_smsc()
        gateway = self.sms_gateway(answer_refused="{cause}")
        self.assertEqual(self.phone("+4915112345678"), "ESME_ROK")
        self.assertEqual(self.texts("+4915112345678", 1), ["POLICY_DENIED"])
        self.assertEqual(self.phone("+4915112345678"), "ESME_RX_R_APPN")
        gateway.stop()

    def test_long_messages_both_ways_in_every_form(self):
        self.pf()
        self.start_smsc()
        long_answer = "Ваш Service ID: {serviceId}. " + "очень длинный ответ " * 8
        for number, form in enumerate(("udh8", "udh16", "sar", "payload")):
            with self.subTest(form=form):
                gateway = self.sms_gateway(answer=long_answer, long_messages=form)
                phone = f"+491511234567{number}"
                info = json.dumps({"deviceType": "meter", "vendor": "x" * 200})
                parts = self.smsc.call("messages", {"from": phone, "to": "12345", "text": info, "encoding": "gsm7",
                                                  "concatenation": form, "order": [2, 1, 2] if form != "payload" else [1]})
                wait_for(lambda: self.smsc.call(f"messages/{parts['id']}")["state"] == "accepted", "the long message")
                text = self.texts(phone, 1)[0]
                row = self.rows()[phone]
                self.assertEqual(text, long_answer.replace("{serviceId}", row["serviceId"]).rstrip())
                self.assertEqual(self.metric(gateway, "msggw_sms_receipts_total", '{result="unknown"}'), 0)
                gateway.stop()

    def test_fail_over_between_smscs(self):
        self.pf()
        first, second = self.start_smsc(), self.start_smsc()
        (self.folder / "smscs.toml").write_text("".join(
            f'[[smsc]]\nname = "{name}"\naddresses = ["127.0.0.1:{smsc.port}"]\n'
            for name, smsc in (("first", first), ("second", second))))
        gateway = self.sms_gateway(smscs_file=str(self.folder / "smscs.toml"), answer="{serviceId}")
        self.smsc = first
        wait_for(lambda: first.call("links")["links"], "the first bind")
        self.assertEqual(self.phone("+4915100000001"), "ESME_ROK")
        self.assertEqual(len(self.texts("+4915100000001", 1)), 1)
        first.process.kill()
        wait_for(lambda: any("smsc_lost smsc=first" in line for line in gateway.lines), "the loss")
        self.smsc = second
        wait_for(lambda: second.call("links")["links"], "the second bind")
        self.assertEqual(self.phone("+4915100000002"), "ESME_ROK")
        self.assertEqual(len(self.texts("+4915100000002", 1)), 1)
        gateway.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
