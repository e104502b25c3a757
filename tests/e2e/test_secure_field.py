# SPDX-License-Identifier: Apache-2.0
"""What goes wrong for users of comparable software, as they report it, with the clients that they have."""
import subprocess
import unittest

from harness import PATIENCE, free_port, wait_for
from secure import CLIENTS, KEY, ROOT, Device, SecureCase


class Field(SecureCase):
    def certificates_again(self, *arguments):
        """The certificate and the key of meter-a.example are made anew, by the same CA."""
        for ending in ("crt", "key"):
            (self.certificates / f"meter-a.example.{ending}").unlink()
        subprocess.run([ROOT / "etc" / "make-certs", self.certificates, "--gateway", "meter-a.example", *arguments],
                       check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE)

    def test_an_identity_that_is_not_the_endpoint_name(self):
        # OpenMobileAlliance/OMA_LwM2M_for_Developers #451, eclipse-wakaama/wakaama #474
        self.start_secure()
        self.give("meter-a", "text:" + KEY["meter-c"], "--name", "raboof")
        handle = self.psk("raboof", KEY["meter-c"]).register("meter-a")
        self.assertEqual(self.psk("meter-a").register("meter-a"), handle)
        self.assertEqual(self.psk("raboof", KEY["meter-c"]).ask("post", "rd?ep=raboof")[0], "4.03")

    def test_a_refusal_behind_a_good_handshake_says_why(self):
        # eclipse-leshan/leshan #813 (4.03 without a payload), #1455 (the handshake is done, so this looks like a bug)
        self.start_secure()
        self.devices("credential", "add", "meter-a", "--kind", "certificate", "--name", "meter-a.example")
        code, said = self.certificate("meter-a.example").ask("post", "rd?ep=meter-A")
        self.assertEqual(code, "4.03")
        self.assertIn("the identity that was proved is not this device's", said)

    def test_a_wrong_key_is_told_to_the_operator(self):
        # openssl/openssl #10906: neither side says what is wrong
        self.start_secure(tcp=True)
        self.assertIsNone(self.psk("meter-a", "another key, 16 octets", scheme="coaps+tcp").ask("get", "rd/x", patience=2)[0])
        wait_for(lambda: self.metric(self.running, "msggw_coap_handshakes_failed_total", '{reason="wrong_psk_key"}') == 1, "the count")
        self.psk("meter-a").register("meter-a")

    def test_a_renewed_certificate_is_the_same_device(self):
        # aws/aws-iot-device-sdk-embedded-C #635: another certificate was another device
        self.start_secure()
        self.devices("credential", "add", "meter-a", "--kind", "certificate", "--name", "meter-a.example")
        handle = self.certificate("meter-a.example").register("meter-a")
        self.certificates_again()
        renewed = self.certificate("meter-a.example")
        self.assertEqual(renewed.ask("get", handle)[0], "2.05")
        self.assertEqual(renewed.register("meter-a"), handle)

    def test_two_certificates_are_good_at_once(self):
        # Azure/azure-iot-sdk-java #1220: the second one came nowhere
        self.start_secure()
        for name in ("meter-a.example", "meter-b.example"):
            self.devices("credential", "add", "meter-a", "--kind", "certificate", "--name", name)
        first, second = self.certificate("meter-a.example"), self.certificate("meter-b.example")
        handle = first.register("meter-a")
        self.assertEqual(second.ask("get", handle)[0], "2.05")
        self.devices("credential", "remove", "meter-a", 3, "--last")
        self.assertEqual((first.ask("get", handle)[0], second.ask("get", handle)[0]), ("4.03", "2.05"))

    def test_an_expired_certificate_opens_no_session(self):
        self.start_secure(tcp=True)
        self.devices("credential", "add", "meter-a", "--kind", "certificate", "--name", "meter-a.example")
        self.certificates_again("--expired")
        expired = self.certificate("meter-a.example", scheme="coaps+tcp")
        self.assertIsNone(expired.ask("post", "rd?ep=meter-a", patience=2)[0])
        self.assertEqual(self.metric(self.running, "msggw_coap_handshakes_failed_total", '{reason="expired"}'), 1)

    def test_a_device_whose_port_changes_goes_on_with_its_handle(self):
        # eclipse-californium/californium #719, rbit/pydtls #25
        self.start_secure()
        arguments = self.psk("meter-a").arguments
        handle = None
        for client in CLIENTS:
            for _ in range(2):
                device = Device(self, ["-p", str(free_port()), *arguments], client=client)
                handle = handle or device.register("meter-a")
                self.assertEqual(device.ask("post", handle)[0], "2.04")
        self.send_down("meter-a", "READ")
        self.assertEqual(wait_for(lambda: (got := device.inbox(handle))[1] and got, "the message")[1], "READ")

    def test_identities_that_nobody_can_have(self):
        self.start_secure(tcp=True)
        for identity in ("x" * 127, "meter-a ", "METER-A", "Zähler", "meter-a\n"):
            with self.subTest(identity):
                self.assertIsNone(self.psk(identity, KEY["meter-a"], scheme="coaps+tcp").ask("get", "rd/x", patience=2)[0])
        self.psk("meter-a").register("meter-a")


if __name__ == "__main__":
    unittest.main()
