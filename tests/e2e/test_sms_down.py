# SPDX-License-Identifier: Apache-2.0
"""Messages of MSGin5G for phones: texts in three alphabets and in parts through the test SMSC, receipts as reports at the server
double, too long ones refused at once, replies to the right peer; and an SMSC that is away."""
import unittest

from harness import wait_for
from messaging import L3G, SUCCESS, FAILED, MessagingCase, downward
from phones import Smsc
from server_double import address

PHONE = "+491701234567"
TEXTS = {"ascii": "Meter 4: valve closed", "german": "Zähler 4: Ölstand geprüft, 5 €", "greek": "ΔΦΓ [x]", "cyrillic": "Счётчик 4",
         "emoji": "done \U0001f600", "empty": ""}


class SmsDown(MessagingCase):
    def start_sms(self, *smsc, **sms):
        self.smsc = Smsc(self, "--retry", "20ms", *smsc)
        sections = {"coap": {"enabled": False},
                    "sms": {"enabled": True, "addresses": [f"127.0.0.1:{self.smsc.port}"], "rate": 10_000, "burst": 100,
                            "reconnect_first": "20ms", "reconnect_most": "100ms", "source": "12345", **sms}}
        self.start_all(sections=sections)

    def enter(self, number=PHONE):
        """The Service ID of a phone that has written, once it is registered."""
        self.smsc.call("messages", {"from": number, "to": "12345", "text": "hello"})
        row = wait_for(lambda: self.rows().get(number, {}).get("serviceId") and self.rows()[number], "the Service ID")
        wait_for(lambda: row["serviceId"] in self.registered(), "the registration at the server")
        return row["serviceId"]

    def deliver(self, *arguments, **more):
        return self.curl(L3G + "deliver-message", downward(*arguments, **more))

    def heard(self, number=PHONE):
        return self.smsc.texts(number)

    def test_texts_and_receipts(self):
        self.start_sms()
        service_id = self.enter()
        for name, text in TEXTS.items():
            for copies in (1, 9, 40) if text else (1,):
                payload, msg_id = text * copies, f"{name}-{copies}"
                with self.subTest(text=name, copies=copies):
                    status, answer = self.deliver(service_id, msg_id, payload)
                    if status == 413:
                        self.assertEqual(answer["cause"], "PAYLOAD_TOO_LARGE")
                        self.assertGreater(len(payload), 670)
                        continue
                    self.assertEqual(status, 204, answer)
                    wait_for(lambda payload=payload: payload in self.heard(), "the text at the phone")
                    report = self.reported(msg_id)
                    self.assertEqual((report["delivSt"], report["oriAddr"]), (SUCCESS, address("UE", service_id)))
        self.assertEqual(self.deliver(service_id, "too-long", "x" * 1531)[0], 413)
        self.assertEqual(self.deliver(service_id, "as-long-as-may-be", "x" * 1530)[0], 204)
        self.assertEqual(self.reported("as-long-as-may-be")["delivSt"], SUCCESS)
        self.running.stop()

    def test_states_of_receipts(self):
        self.start_sms()
        service_id = self.enter()
        for state, cause in {"EXPIRED": "EXPIRED", "UNDELIV": "RECIPIENT_UNREACHABLE", "REJECTD": "REJECTED_BY_DEVICE",
                             "DELETED": "REJECTED_BY_DEVICE", "UNKNOWN": "INTERNAL_ERROR"}.items():
            for form in ("text", "tlv"):
                self.smsc.call("options", {"receiptState": state, "receiptForm": form}, method="PUT")
                self.assertEqual(self.deliver(service_id, f"{state}-{form}")[0], 204)
                report = self.reported(f"{state}-{form}")
                self.assertEqual((report["delivSt"], report["failureCause"]), (FAILED, cause))
        self.running.stop()

    def test_no_report_no_receipt(self):
        self.start_sms()
        service_id = self.enter()
        self.assertEqual(self.deliver(service_id, "quiet", "quiet", report=False)[0], 204)
        self.assertEqual(self.deliver(service_id, "told", "told")[0], 204)
        self.reported("told")
        submits = self.smsc.journal("submit_sm", "in")
        self.assertEqual([entry["registeredDelivery"] for entry in submits], [0, 1])
        self.assertEqual(self.reports_of("quiet"), [])
        self.running.stop()

    def test_receipts_are_matched_after_a_kill(self):
        self.start_sms("--receipt-delay", "1500ms", "--id-form", "hex-decimal", response_ids="hex", receipt_ids="decimal")
        service_id = self.enter()
        self.assertEqual(self.deliver(service_id, "late", "x" * 400)[0], 204)
        wait_for(lambda: self.heard() == ["x" * 400], "the text at the phone")
        wait_for(lambda: self.metric(self.running, "msggw_sms_receipts_awaited") == 3, "the ids of three parts")
        self.assertEqual(self.deliver(service_id, "behind", "y", report=False)[0], 204)  # durable, and so what was before
        self.running.kill()
        self.run_gateway(sections={"coap": {"enabled": False}, "sms": self.sms_section})
        self.assertEqual(self.reported("late")["delivSt"], SUCCESS)
        self.assertEqual(self.heard().count("x" * 400), 1)
        self.running.stop()

    def run_gateway(self, mqtt=False, sections=None, **msgin5g):
        self.sms_section = (sections or {}).get("sms", {})
        return super().run_gateway(mqtt, sections, **msgin5g)

    def test_an_smsc_that_is_away(self):
        self.start_sms()
        service_id = self.enter()
        self.smsc.call("links/cut", {"how": "reset", "refuseFor": "2s"})
        wait_for(lambda: self.metric(self.running, 'msggw_sms_bound{bind="transceiver",smsc="smsc"}') == 0, "the end of the bind")
        for n in range(20):
            self.assertEqual(self.deliver(service_id, f"m{n}", f"text {n}")[0], 204)
        wait_for(lambda: len(self.heard()) == 20, "what has waited")
        self.assertEqual(self.heard(), [f"text {n}" for n in range(20)])
        for n in range(20):
            self.assertEqual(self.reported(f"m{n}")["delivSt"], SUCCESS)
        self.running.stop()

    def test_each_peer_has_a_number(self):
        self.start_sms(sources=["101", "102", "103"])
        service_id = self.enter()
        for peer in ("as-1@msgin5g.example", "ue-2@msgin5g.example", "as-3@msgin5g.example"):
            kind = "UE" if peer.startswith("ue") else "AS"
            self.assertEqual(self.deliver(service_id, f"of-{peer}", peer, oriAddr=address(kind, peer), report=False)[0], 204)
            wait_for(lambda peer=peer: peer in self.heard(), "the text at the phone")
        senders = [message["from"] for message in self.smsc.call(f"phones/{PHONE}")["messages"]]
        self.assertEqual(senders, ["101", "102", "103"])
        self.running.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
