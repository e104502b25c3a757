# SPDX-License-Identifier: Apache-2.0
"""The gateway as an ESME of an SMSC that is made of somebody else's SMPP (Net::SMPP)."""
import pathlib
import subprocess
import unittest

from harness import BIN, Case, Process, wait_for

HERE = pathlib.Path(__file__).parent


class Smsc(Process):
    """net_smpp_smsc.pl; `lines` is what has happened there."""

    def __init__(self, system_id="msggw", password="secret"):
        super().__init__(["/usr/bin/perl", HERE / "net_smpp_smsc.pl", system_id, password], stdin=subprocess.PIPE)
        self.port = int(self.lines[0].split()[1])

    def tell(self, *words):
        self._process.stdin.write("\t".join(str(word) for word in words) + "\n")
        self._process.stdin.flush()

    def happened(self, beginning):
        return [line.split() for line in self.lines if line.startswith(beginning)]

    def deliver(self, number, text, to="12345"):
        """The command_status with which the gateway answers."""
        return self.deliver_octets(number, text.encode("latin-1"), to=to)

    def deliver_octets(self, number, octets, coding=3, esm_class=0, to="12345", **tlvs):
        before = len(self.happened("delivered "))
        self.tell("deliver", number, to, octets.hex(), coding, esm_class, *(f"{name}={value}" for name, value in tlvs.items()))
        delivered = wait_for(lambda: self.happened("delivered ")[before:], "the deliver_sm")[0]
        answer = wait_for(lambda: self.happened(f"deliver_resp {delivered[1]} "), "its answer")[0]
        return int(answer[2])

    def submits(self):
        """(source, destination, data coding, registered delivery, id, octets)"""
        return [(words[1], words[2], int(words[3]), int(words[4]), words[5], bytes.fromhex("".join(words[6:])))
                for words in self.happened("submit ")]

    def how(self):
        """Of each submit_sm: esm_class, reference, total and number by TLVs, message_payload."""
        return [(int(words[2]), tuple(map(int, words[3:6])), bytes.fromhex("".join(words[6:]))) for words in self.happened("how ")]


class SmsSmsc(Case):
    def smsc(self, **arguments):
        smsc = Smsc(**arguments)
        self.addCleanup(self._end, smsc)
        return smsc

    def sms_gateway(self, smsc, **settings):
        sms = {"enabled": True, "addresses": [f"127.0.0.1:{smsc.port}"], "password": "secret",
               "reconnect_first": "50ms", "reconnect_most": "200ms", "answer": "Service ID: {serviceId}",
               "keyword_status": "STATUS", "answer_every": "0s", **settings}
        return self.gateway(sections={"sms": sms, "coap": {"enabled": False}, "log": {"level": "debug"}})

    def test_registration_answer_receipt(self):
        self.pf()
        smsc = self.smsc()
        gateway = self.sms_gateway(smsc)
        wait_for(lambda: smsc.happened("bound transceiver"), "the bind")
        self.assertEqual(smsc.deliver("4915112345678", "hello"), 0)
        source, destination, coding, registered, message_id, text = wait_for(smsc.submits, "the answer")[0]
        self.assertEqual((source, destination, coding, registered), ("12345", "4915112345678", 0, 1))
        row = self.rows()["+4915112345678"]
        # 0x00 is '@' in GSM 7-bit (TS 23.038 6.2.1).
        self.assertEqual(text.decode("latin-1").replace("\0", "@"), "Service ID: " + row["serviceId"])
        self.assertEqual(row["ueType"], "LEGACY_3GPP")
        smsc.tell("receipt", message_id, "DELIVRD")
        wait_for(lambda: self.metric(gateway, "msggw_sms_receipts_total", '{result="delivered"}') == 1, "the receipt")
        gateway.stop()
        wait_for(lambda: smsc.happened("unbind"), "leave taken in good order")

    def test_transmitter_and_receiver(self):
        self.pf()
        smsc = self.smsc()
        gateway = self.sms_gateway(smsc, bind="transmitter+receiver")
        wait_for(lambda: smsc.happened("bound transmitter") and smsc.happened("bound receiver"), "two binds")
        self.assertEqual(smsc.deliver("4915112345678", "hello"), 0)
        wait_for(smsc.submits, "the answer")
        gateway.stop()

    def test_throttled_and_full_queue(self):
        self.pf()
        smsc = self.smsc()
        gateway = self.sms_gateway(smsc, rate=1000)
        wait_for(lambda: smsc.happened("bound"), "the bind")
        smsc.tell("refuse", 0x58, 2)
        self.assertEqual(smsc.deliver("4915112345678", "hello"), 0)
        wait_for(smsc.submits, "the answer, sent again")
        self.assertEqual(len(smsc.happened("refused submit")), 2)
        smsc.tell("refuse", 0x14, 1)
        self.assertEqual(smsc.deliver("4915112345678", "STATUS"), 0)
        wait_for(lambda: len(smsc.submits()) == 2, "the status, sent again")
        self.assertEqual(self.metric(gateway, "msggw_sms_submits_total", '{result="throttled"}'), 3)
        wait_for(lambda: any("smsc_throttles" in line for line in gateway.lines), "the event")
        gateway.stop()

    def test_enquire_link_both_ways_and_reconnect(self):
        self.pf()
        smsc = self.smsc()
        gateway = self.sms_gateway(smsc, enquire_after="1s")
        wait_for(lambda: smsc.happened("bound"), "the bind")
        smsc.tell("enquire")
        wait_for(lambda: smsc.happened("enquire_link_resp"), "the gateway's answer")
        wait_for(lambda: len(smsc.happened("enquire_link")) > len(smsc.happened("enquire_link_resp")), "its question")
        smsc.tell("cut")
        wait_for(lambda: len(smsc.happened("bound")) == 2, "the second bind")
        smsc.tell("unbind")
        wait_for(lambda: len(smsc.happened("bound")) == 3, "the third bind")
        self.assertEqual(smsc.deliver("4915112345678", "hello"), 0)
        gateway.stop()

    def test_wrong_password_is_named_and_the_next_smsc_taken(self):
        self.pf()
        wrong, right = self.smsc(password="other"), self.smsc()
        (self.folder / "smscs.toml").write_text(
            f'[[smsc]]\nname = "north"\naddresses = ["127.0.0.1:{wrong.port}"]\n'
            f'[[smsc]]\nname = "south"\naddresses = ["127.0.0.1:{right.port}"]\n')
        gateway = self.sms_gateway(wrong, smscs_file=str(self.folder / "smscs.toml"))
        wait_for(lambda: right.happened("bound"), "the bind")
        wait_for(lambda: any("smsc_lost" in line and "ESME_RINVPASWD" in line for line in gateway.lines), "the reason")
        self.assertFalse(any("secret" in line for line in gateway.lines))
        self.assertEqual(right.deliver("4915112345678", "hello"), 0)
        wait_for(right.submits, "the answer")
        looked = subprocess.run([BIN / "msggw", "status", "-c", self.folder / "gateway.toml"], capture_output=True, text=True)
        self.assertEqual(looked.returncode, 1, "one of them is down")
        status = looked.stdout
        self.assertRegex(status, r"north .*ESME_RINVPASWD")
        self.assertRegex(status, r"south .*bound")
        gateway.stop()


if __name__ == "__main__":
    unittest.main()
