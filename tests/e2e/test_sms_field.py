# SPDX-License-Identifier: Apache-2.0
"""What users of SMS gateways have reported as trouble with texts both ways (Jasmin, Kannel, node-smpp, gosmpp, oFono, vumi, ksmppd),
tried by way of an SMSC that is made of Net::SMPP. The number behind each is that of the report."""
import base64
import unittest

import test_sms_net_smpp as net
from messaging import FAILED, SUCCESS

GSM7, OCTETS, UCS2, UDHI, RECEIPT, PHONE = net.GSM7, net.OCTETS, net.UCS2, net.UDHI, 0x04, net.PHONE
FLASH, FLASH_UCS2, CLASS_1_DATA = 0x10, 0x18, 0xF5  # TS 23.038 section 4: a message class beside the alphabet
FORMATTED = bytes([0x0A, 3, 0, 4, 0x10])  # an element of a header that is no concern of ours
THROTTLED, QUEUE_FULL = 0x58, 0x14


def place(reference, total, number):
    return bytes([0, 3, reference, total, number])


def headed(*elements):
    header = b"".join(elements)
    return bytes([len(header)]) + header


class SmsField(unittest.TestCase):
    """The steps are those of NetSmpp, its tests are not run again."""

    def setUp(self):
        self.net = net.NetSmpp("test_latin_1_for_phones")
        self.net.setUp()
        self.addCleanup(self.net.doCleanups)
        self.written, self.deliver = self.net.written, self.net.deliver

    def test_texts_of_phones(self):
        self.net.begin()
        # jasmin 612: one part has more in its header than its place, behind that or before it
        for n, first in enumerate(((place(21, 2, 1), FORMATTED), (FORMATTED, place(22, 2, 1)))):
            self.written(f"one {n} two", (headed(*first) + f"one {n} ".encode(), GSM7, UDHI),
                         (headed(place(21 + n, 2, 2)) + b"two", GSM7, UDHI))
        # jasmin 513, 1257: the last part first; ofono 77: a pair of surrogates in two parts; an escape in two parts
        smile = "😀".encode("utf-16-be")
        self.written("a😀b", (headed(place(23, 2, 2)) + smile[2:] + b"\0b", UCS2, UDHI),
                     (headed(place(23, 2, 1)) + b"\0a" + smile[:2], UCS2, UDHI))
        self.written("5€!", (headed(place(24, 2, 2)) + b"e!", GSM7, UDHI), (headed(place(24, 2, 1)) + b"5\x1b", GSM7, UDHI))
        # ksmppd 37: parts in message_payload, header and all; a part twice
        first, second = ((b"", GSM7, UDHI, {"message_payload": (headed(place(25, 2, n)) + text).hex()})
                         for n, text in ((1, b"first, "), (2, b"second")))
        self.written("first, second", first, first, second)
        # one part of one
        self.written("alone", (headed(place(26, 1, 1)) + b"alone", GSM7, UDHI))
        # jsmpp 83, node-smpp 105, 133: a class beside the alphabet does not change it, and GSM 7-bit is not ASCII
        self.written("£Ç@_", (b"\x01\x09\x00\x11", FLASH, 0))
        self.written("ж", ("ж".encode("utf-16-be"), FLASH_UCS2, 0))
        self.written(base64.b64encode(b"\xfe\xff").decode(), (headed(bytes([5, 4, 0x3E, 0x80, 0, 1])) + b"\xfe\xff", CLASS_1_DATA, UDHI))

    def by_tlvs(self, submit, state):
        """A receipt without a text."""
        self.assertEqual(self.net.smsc.deliver_octets(PHONE, b"", 0, RECEIPT, receipted_message_id=(submit[4] + "\0").encode().hex(),
                                                      message_state=f"{state:02x}"), 0)

    def test_texts_for_phones(self):
        self.net.begin(response_ids="loose", receipt_ids="loose")
        smsc = self.net.smsc
        # vumi 636, ksmppd 126, jasmin 425, 796: an SMSC that says "later" to a part gets it later, the next text waits behind it, and
        # the receipts of what it took then count
        for n, status in enumerate((THROTTLED, QUEUE_FULL)):
            smsc.tell("refuse", status, 1)
            parts = self.deliver(f"long {n}", f"{n}" * 200, parts=2)
            ((after, _),) = self.deliver(f"after {n}", f"after {n}")
            self.assertEqual([submit[5].endswith(b"after %d" % n) for submit, _ in parts] + [after[5] == b"after %d" % n],
                             [False, False, True])
            for submit, _ in parts:
                self.assertEqual(self.net.reports_of(f"long {n}"), [])
                # jasmin 1129: the id in the receipt lacks the zeros at its beginning, and has other letters
                smsc.tell("receipt", submit[4].lstrip("0").lower(), "DELIVRD", submit[1])
            self.assertEqual(self.net.reported(f"long {n}")["delivSt"], SUCCESS)
        # node-smpp 199: a receipt by TLVs alone; one that comes twice, and one that says otherwise later
        ((submit, _),) = self.deliver("tlvs", "tlvs")
        self.by_tlvs(submit, 2)
        self.assertEqual(self.net.reported("tlvs")["delivSt"], SUCCESS)
        self.by_tlvs(submit, 2)
        self.by_tlvs(submit, 5)
        ((submit, _),) = self.deliver("not", "not")
        self.by_tlvs(submit, 5)
        self.assertEqual(self.net.reported("not")["delivSt"], FAILED)
        self.assertEqual(len(self.net.reports_of("tlvs")), 1)
        # jasmin 663: a receipt of the last part alone is no proof of the others
        parts = self.deliver("half", "h" * 200, parts=2)
        self.net.receipt(parts[1][0], "DELIVRD")
        ((submit, _),) = self.deliver("next", "next")
        self.net.receipt(submit, "DELIVRD")
        self.assertEqual(self.net.reported("next")["delivSt"], SUCCESS)
        self.assertEqual(self.net.reports_of("half"), [])


if __name__ == "__main__":
    unittest.main()
