# SPDX-License-Identifier: Apache-2.0
"""A gateway and the MSGin5G Server double: devices are registered there, through restarts of either side, and messages and
reports go both ways."""
import base64
import json
import os
import signal
import statistics
import subprocess
import time
import unittest
import urllib.error
import urllib.request

from harness import BIN, PATIENCE, free_port, wait_for
from messaging import SERVER, CoapDevice, MessagingCase
from server_double import OWN, Double, Proxy, address, message


class Signer:
    """Issues access tokens, signed by OpenSSL's own program with ES256."""

    def __init__(self, private, public):
        self.private = private
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", private)
        self._openssl("pkey", "-in", private, "-pubout", "-out", public)

    def _openssl(self, *arguments, data=None):
        return subprocess.run(["openssl", *map(str, arguments)], input=data, check=True, capture_output=True,
                              timeout=PATIENCE).stdout

    def token(self, claims):
        parts = [self._base64(json.dumps(part).encode()) for part in ({"alg": "ES256", "typ": "JWT"}, claims)]
        der = self._openssl("dgst", "-sha256", "-sign", self.private, data=".".join(parts).encode())
        numbers, at = [], 2  # SEQUENCE of two INTEGERs, none of them longer than 127 octets
        while at < len(der):
            numbers.append(int.from_bytes(der[at + 2:at + 2 + der[at + 1]], "big"))
            at += 2 + der[at + 1]
        return ".".join(parts + [self._base64(b"".join(number.to_bytes(32, "big") for number in numbers))])

    @staticmethod
    def _base64(octets):
        return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class Server(MessagingCase):
    def test_messages_and_reports_both_ways(self):
        gateway = self.start_all()
        self.assertIn(f"http://127.0.0.1:{self.face_port}", gateway.output())
        device = CoapDevice(self, "meter-1")
        self.wait_until_registered(device)
        shown = subprocess.run([BIN / "msggw", "devices", "show", "meter-1", "--dir", self.folder / "gateway"],
                               capture_output=True, text=True, timeout=PATIENCE, check=True)
        self.assertRegex(shown.stdout, r"(?m)^state\s+registered$")

        self.assertEqual(device.send("m1", "21.5")[1], 0x44)
        self.assertEqual(self.arrived("m1")["payload"], "21.5")
        self.double.deliver({"oriAddr": address("AS", OWN), "destAddr": address("UE", device.service_id), "msgId": "m1",
                             "delivSt": "REPT_DELY_SUCCESS"}, "deliver-report")
        report = device.poll()
        self.assertEqual((report["msgId"], report["delivSt"]), ("m1", "REPT_DELY_SUCCESS"))

        number = self.double.control("send", {"to": device.service_id, "text": "READ", "report": True})["messages"][0]
        self.assertEqual(device.poll()["payload"], "READ")
        wait_for(lambda: (self.double.control(f"messages/{number}").get("report") or {}).get("delivSt") == "REPT_DELY_SUCCESS",
                 "the report of it")
        status = subprocess.run([BIN / "msggw", "status", "--dir", self.folder / "gateway"],
                                capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
        self.assertIn(f"server          {SERVER}, 0 under way", status)
        self.assertRegex(status, r"(?m)^  registered +1$")

        self.assertEqual(device.leave()[1], 0x42)
        wait_for(lambda: device.service_id not in self.registered(), "the end of the registration")
        self.assertEqual(self.states()[device.service_id], "provisioned")
        gateway.stop()

    def test_the_gateway_takes_a_small_part_of_half_a_second(self):
        """TS 22.262 R-5.1.2-001 gives a message 500 ms from end to end. In the middle of thirty the gateway, this test and the
        double together take less than a fifth of that, each way; tests/bench/messages measures it under load."""
        self.start_all()
        device = CoapDevice(self, "meter-1")
        self.wait_until_registered(device)
        up, down = [], []
        for number in range(30):
            began = time.monotonic()
            device.send(f"up-{number}", "21.5")
            self.arrived(f"up-{number}")
            up.append(time.monotonic() - began)
        device.ask(1, [(6, b""), *device.at(b"inbox")])
        for number in range(30):
            began = time.monotonic()
            self.double.control("send", {"to": device.service_id, "text": "READ", "msgId": f"down-{number}"})
            mid, payload = wait_for(lambda: device.coap.receive(PATIENCE), "a notification")[2::3]
            down.append(time.monotonic() - began)
            self.assertEqual(json.loads(payload)["msgId"], f"down-{number}")
            device.coap.send(bytes([0x60, 0]) + mid.to_bytes(2, "big"))
        print(f"up {statistics.median(up) * 1000:.1f} ms, down {statistics.median(down) * 1000:.1f} ms")
        self.assertLess(statistics.median(up), 0.1)
        self.assertLess(statistics.median(down), 0.1)

    def test_restarts_change_nothing(self):
        gateway = self.start_all()
        devices = [CoapDevice(self, f"meter-{n}") for n in range(5)]
        self.wait_until_registered(*devices)
        for how in ("stop", "kill"):
            getattr(gateway, how)()
            self.assertEqual(set(self.states().values()), {"registered"})
            asked = len(self.double.journal("?operation=register-bulk"))
            gateway = self.run_gateway()
            wait_for(lambda asked=asked: len(self.double.journal("?operation=register-bulk")) > asked, "all registered once more")
            self.wait_until_registered(*devices)
        self.assertEqual(devices[0].send("m1", "x")[1], 0x44)
        self.arrived("m1")

    def test_a_device_that_is_resumed_is_registered_at_once(self):
        self.start_all()
        device = CoapDevice(self, "meter-1")
        self.wait_until_registered(device)
        for what, is_there in (("suspend", False), ("resume", True)):
            subprocess.run([BIN / "msggw", "devices", what, "meter-1", "--dir", self.folder / "gateway"],
                           capture_output=True, timeout=PATIENCE, check=True)
            wait_for(lambda wanted=is_there: (device.service_id in self.registered()) == wanted, what)
        self.wait_until_registered(device)
        self.double.control("send", {"to": device.service_id, "text": "READ"})
        self.assertEqual(device.poll()["payload"], "READ")

    def test_octets_that_are_no_text_are_refused_with_the_way_out(self):
        self.start_all()
        device = CoapDevice(self, "meter-1")
        self.wait_until_registered(device)
        self.double.control("send", {"to": device.service_id, "text": "READ"})  # it answers this
        self.assertEqual(device.poll()["payload"], "READ")
        answer = device.ask(2, device.at(b"up") + [(12, b"\x2a")], b"\xff\x00")
        self.assertEqual(answer[1], 0x8f)
        self.assertIn(b"UNSUPPORTED_CONTENT: ", answer[5])
        self.assertIn(b"msgin5g.content_encoding", answer[5])

    def test_a_server_that_is_away(self):
        self.start_all()
        old = CoapDevice(self, "old")
        self.wait_until_registered(old)
        self.double.control("restart", {"downMs": 2000, "loseStore": True})
        new = CoapDevice(self, "new")
        self.assertEqual(old.send("m1", "kept")[1], 0x44)
        self.assertEqual(new.send("m2", "kept too")[1], 0x44)
        self.arrived("m1")
        self.arrived("m2")
        self.wait_until_registered(old, new)

    def test_the_page_of_a_proxy_ends_nothing(self):
        self.pf()
        self.double = Double(self, "--retry", "50ms")
        self.face_port = free_port()
        proxy = Proxy(self, self.double)
        gateway = self.run_gateway(sections={"msgin5g.server": {"uris": [proxy.url], "version": "http1"}})
        device = CoapDevice(self, "meter-1")
        self.wait_until_registered(device)
        proxy.page = True
        for number in range(5):
            self.assertEqual(device.send(f"m{number}", "kept")[1], 0x44)
        wait_for(lambda: proxy.pages >= 20, "the page, again and again")
        self.assertRegex(gateway.output(), r"server_unavailable.*HTTP 404")
        self.assertEqual(self.metric(gateway, "msggw_messages_done_total", '{kind="message_up"}'), 0)
        self.assertFalse([entry for entry in self.double.inbox() if "message" in entry])
        proxy.page = False
        for number in range(5):
            self.arrived(f"m{number}")
        self.wait_until_registered(device)

    def test_access_tokens_both_ways(self):
        keys = self.folder / "keys.pem"
        signer = Signer(self.folder / "issuer.key", keys)
        self.pf()
        self.double = Double(self, "--retry", "50ms")
        self.face_port = free_port()
        proxy = Proxy(self, self.double)
        proxy.tokens = ["t1"]
        gateway = self.run_gateway(
            sections={"msgin5g.server": {"uris": [proxy.url], "version": "http1", "token_uri": proxy.url + "/token",
                                         "nf_instance_id": "gw-1"}},
            token_keys=str(keys), token_audiences=["gw-1"])
        device = CoapDevice(self, "meter-1")
        self.wait_until_registered(device)
        proxy.tokens = ["t2"]  # t1 is revoked
        self.assertEqual(device.send("m1", "x")[1], 0x44)
        self.arrived("m1")
        self.assertEqual(len(proxy.forms), 2)
        self.assertEqual(proxy.forms[1], {"grant_type": ["client_credentials"], "nfInstanceId": ["gw-1"],
                                          "scope": ["msgs-msgdelivery"]})

        def deliver(authorization):
            body = message("as-1", address("UE", device.service_id), "down-1", payload="READ")
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.face_port}/msgg-n3gdelivery/v1/deliver-message", method="POST",
                data=json.dumps(body).encode(), headers={"content-type": "application/json", **authorization})
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                    return answer.status, None
            except urllib.error.HTTPError as answer:
                return answer.code, answer.headers["www-authenticate"]

        claims = {"iss": "nrf", "aud": "gw-1", "scope": "msgg-n3gdelivery", "exp": int(time.time()) + 600}
        self.assertEqual(deliver({}), (401, "Bearer"))
        self.assertEqual(deliver({"authorization": "Bearer " + signer.token(claims)}), (204, None))
        self.assertEqual(device.poll()["payload"], "READ")
        for wrong, status in (({"exp": 1}, 401), ({"aud": "gw-2"}, 401), ({"scope": "x"}, 403)):
            answer = deliver({"authorization": "Bearer " + signer.token({**claims, **wrong})})
            self.assertEqual(answer[0], status)
            self.assertIn("Bearer error=", answer[1])
        self.assertEqual(self.metric(gateway, "msggw_server_tokens_refused_total", '{reason="expired"}'), 1)
        check = subprocess.run([BIN / "msggw", "check", "-c", self.folder / "gateway.toml"],
                               capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(check.returncode, 0, check.stdout + check.stderr)
        keys.write_text("no key")
        check = subprocess.run([BIN / "msggw", "check", "-c", self.folder / "gateway.toml"],
                               capture_output=True, text=True, timeout=PATIENCE)
        self.assertIn("token_keys", check.stderr)
        self.assertEqual(check.returncode, 2)

    def why(self, private_id):
        return subprocess.run([BIN / "msggw", "why", private_id, "--dir", self.folder / "gateway"],
                              capture_output=True, text=True, timeout=PATIENCE, check=True).stdout

    def test_why_says_what_is_so_with_a_server_and_without(self):
        self.start_all()
        device = CoapDevice(self, "meter-1")
        self.wait_until_registered(device)
        self.assertIn("\nIt is registered at its MSGin5G Server.\n", self.why("meter-1"))
        for _ in range(2):
            self.double.control("send", {"to": device.service_id, "text": "x"})
        wait_for(lambda: "2 for it wait" in self.why("meter-1"), "the messages for the device")
        self.assertRegex(self.why("meter-1"), r"2 for it wait \(normal priority\), in order behind message \d+, until the "
                                              r"device GETs or observes its inbox; last heard of at \S+\n")
        url = self.double.url
        self.double.process.stop()
        other = CoapDevice(self, "meter-2")
        self.assertEqual(other.send("up", "x")[1], 0x44)
        wait_for(lambda: f"that does not answer ({url}: " in self.why("meter-2"), "the outage in words")
        said = self.why("meter-2")
        self.assertIn("It is not registered at its MSGin5G Server: that does not answer", said)
        self.assertIn("It is tried when it does.", said)
        self.assertRegex(said, rf"1 from it waits .*: message \d+, .*that does not answer now \({url}: ")
        self.assertIn("It is registered at its MSGin5G Server, which does not answer now (", self.why("meter-1"))

    def test_a_check_asks_the_servers(self):
        gateway = self.start_all()
        def check(*settings):
            return subprocess.run([BIN / "msggw", "check", "--server", "-c", self.folder / "gateway.toml", *settings],
                                  capture_output=True, text=True, timeout=PATIENCE)
        done = check()
        self.assertIn(f"  {self.double.url}  MSGin5G Server server answers: HTTP ", done.stdout)
        self.assertIn(", as a MSGin5G Server does\n", done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = check("-s", f'msgin5g.server.uris=["{self.double.url}/msgs-msgdelivery/v1"]')
        self.assertIn(" answers: HTTP 404: no API of a MSGin5G Server is there; look at its uris\n", done.stdout)
        self.assertIn("warning: uris of the MSGin5G Server server holds the path of an API", done.stdout)
        self.assertEqual(done.returncode, 1)
        gateway.stop()
        self.double.process.stop()
        done = check()
        self.assertIn(" does not answer: ", done.stdout)
        self.assertEqual(done.returncode, 1)

    def test_files_are_read_again(self):
        gateway = self.start_all()
        device = CoapDevice(self, "meter-1")
        self.wait_until_registered(device)
        os.kill(gateway.pid, signal.SIGHUP)
        wait_for(lambda: "server_reloaded" in gateway.output(), "the event")
        self.assertEqual(device.send("m1", "x")[1], 0x44)
        self.arrived("m1")

    def test_without_registration_devices_stay_provisioned(self):
        gateway = self.start_all()
        device = CoapDevice(self, "meter-1")
        self.wait_until_registered(device)
        gateway.stop()
        self.run_gateway(registration="none")
        wait_for(lambda: self.states()[device.service_id] == "provisioned", "the end of state registered")
        other = CoapDevice(self, "meter-2")
        self.assertEqual(other.send("m1", "x")[1], 0x44)
        self.assertNotIn(other.service_id, self.registered())

    def test_a_device_of_another_server(self):
        self.pf(sections={"pf.policy": {"server_service_ids": ["elsewhere@msgin5g.example"]}})
        self.double = Double(self)
        self.face_port = free_port()
        self.run_gateway()
        device = CoapDevice(self, "meter-1")
        answer = device.send("m1", "x")
        self.assertEqual(answer[1], 0x83)
        self.assertIn(b"UNKNOWN_SERVER", answer[5])


if __name__ == "__main__":
    unittest.main()
