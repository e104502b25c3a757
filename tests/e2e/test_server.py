# SPDX-License-Identifier: Apache-2.0
"""A gateway and the MSGin5G Server double: devices are registered there, through restarts of either side, and messages and
reports go both ways."""
import json
import os
import signal
import subprocess
import unittest

from harness import BIN, PATIENCE, Case, Coap, free_port, wait_for
from server_double import OWN, Double, address

SERVER = "m5s-1@msgin5g.example"  # as the Provisioning Function names it


class Device:
    """One over CoAP, and its registration with the gateway."""

    def __init__(self, case, private_id):
        self.coap = Coap(case.coap_port)
        case.addCleanup(self.coap.close)
        body = self.coap.register(private_id)
        self.service_id = body["serviceId"]
        self.handle = self.ask(2, [(11, b"rd"), (15, b"ep=" + private_id.encode())])[4][8][-1]

    def ask(self, code, options, payload=b""):
        """The answer to a request, which is sent until there is one."""
        token = os.urandom(4)
        request = self.coap.message(code, options, payload, token=token)

        def answered():
            self.coap.send(request)
            answer = self.coap.receive(0.5)
            while answer and answer[3] != token:
                answer = self.coap.receive(0.5)
            return answer
        return wait_for(answered, "the answer to a device")

    def at(self, name=None):
        return [(11, b"rd"), (11, self.handle)] + ([(11, name)] if name else [])

    def send(self, msg_id, payload):
        body = {"destAddr": address("AS", OWN), "msgId": msg_id, "delivStReqInd": True, "payload": payload}
        return self.ask(2, self.at(b"msg") + [(12, b"\x32")], json.dumps(body).encode())

    def poll(self):
        """What is next, once it is there; it is proven."""
        def there():
            answer = self.ask(1, self.at(b"inbox"))
            return answer if 4 in answer[4] else None
        answer = wait_for(there, "something in the inbox", pause=0.05)
        self.ask(1, self.at(b"inbox") + [(15, b"after=" + answer[4][4][0].hex().encode())])
        return json.loads(answer[5])

    def leave(self):
        return self.ask(4, self.at())


class Server(Case):
    def start_all(self, **msgin5g):
        self.pf()
        self.double = Double(self, "--retry", "50ms")
        self.face_port = free_port()
        return self.run_gateway(**msgin5g)

    def run_gateway(self, **msgin5g):
        self.running = self.gateway(sections={
            "msgin5g": {"enabled": True, "port": self.face_port, **msgin5g},
            "msgin5g.server": {"service_id": SERVER, "uris": [self.double.url]},
            "coap": {"open_messages": True}})
        return self.running

    def registered(self):
        """The Service IDs that the server has."""
        return {one["ueSvcId"] for one in self.double.control("registrations")["devices"] if one["registered"]}

    def states(self):
        return {row["serviceId"]: row["state"] for row in self.rows().values() if row.get("serviceId")}

    def wait_until_registered(self, *devices):
        ids = {device.service_id for device in devices}
        wait_for(lambda: ids <= self.registered(), "the registrations at the server")
        wait_for(lambda: all(self.states().get(one) == "registered" for one in ids), "state registered")

    def arrived(self, msg_id):
        def find():
            return [entry["message"] for entry in self.double.inbox() if entry.get("message", {}).get("msgId") == msg_id]
        return wait_for(find, f"{msg_id} at the server")[0]

    def test_messages_and_reports_both_ways(self):
        gateway = self.start_all()
        self.assertIn(f"http://127.0.0.1:{self.face_port}", gateway.output())
        device = Device(self, "meter-1")
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

    def test_restarts_change_nothing(self):
        gateway = self.start_all()
        devices = [Device(self, f"meter-{n}") for n in range(5)]
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

    def test_a_server_that_is_away(self):
        self.start_all()
        old = Device(self, "old")
        self.wait_until_registered(old)
        self.double.control("restart", {"downMs": 2000, "loseStore": True})
        new = Device(self, "new")
        self.assertEqual(old.send("m1", "kept")[1], 0x44)
        self.assertEqual(new.send("m2", "kept too")[1], 0x44)
        self.arrived("m1")
        self.arrived("m2")
        self.wait_until_registered(old, new)

    def why(self, private_id):
        return subprocess.run([BIN / "msggw", "why", private_id, "--dir", self.folder / "gateway"],
                              capture_output=True, text=True, timeout=PATIENCE, check=True).stdout

    def test_why_says_what_is_so_with_a_server_and_without(self):
        self.start_all()
        device = Device(self, "meter-1")
        self.wait_until_registered(device)
        self.assertIn("\nIt is registered at its MSGin5G Server.\n", self.why("meter-1"))
        for _ in range(2):
            self.double.control("send", {"to": device.service_id, "text": "x"})
        wait_for(lambda: "2 for it wait" in self.why("meter-1"), "the messages for the device")
        self.assertRegex(self.why("meter-1"), r"2 for it wait \(normal priority\), in order behind message \d+, until the "
                                              r"device gives a sign of life; last heard of at \S+\n")
        url = self.double.url
        self.double.process.stop()
        other = Device(self, "meter-2")
        self.assertEqual(other.send("up", "x")[1], 0x44)
        wait_for(lambda: f"that does not answer ({url}: " in self.why("meter-2"), "the outage in words")
        said = self.why("meter-2")
        self.assertIn("It is not registered at its MSGin5G Server: that does not answer", said)
        self.assertIn("It is tried when it does.", said)
        self.assertRegex(said, rf"1 from it waits .*: message \d+, .*that does not answer now \({url}: ")
        self.assertIn("It is registered at its MSGin5G Server, which does not answer now (", self.why("meter-1"))

    def test_a_check_asks_the_servers(self):
        gateway = self.start_all()
        def check():
            return subprocess.run([BIN / "msggw", "check", "--server", "-c", self.folder / "gateway.toml"],
                                  capture_output=True, text=True, timeout=PATIENCE)
        done = check()
        self.assertIn(f"  {self.double.url}  MSGin5G Server server answers: HTTP ", done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        gateway.stop()
        self.double.process.stop()
        done = check()
        self.assertIn(" does not answer: ", done.stdout)
        self.assertEqual(done.returncode, 1)

    def test_files_are_read_again(self):
        gateway = self.start_all()
        device = Device(self, "meter-1")
        self.wait_until_registered(device)
        os.kill(gateway.pid, signal.SIGHUP)
        wait_for(lambda: "server_reloaded" in gateway.output(), "the event")
        self.assertEqual(device.send("m1", "x")[1], 0x44)
        self.arrived("m1")

    def test_without_registration_devices_stay_provisioned(self):
        gateway = self.start_all()
        device = Device(self, "meter-1")
        self.wait_until_registered(device)
        gateway.stop()
        self.run_gateway(registration="none")
        wait_for(lambda: self.states()[device.service_id] == "provisioned", "the end of state registered")
        other = Device(self, "meter-2")
        self.assertEqual(other.send("m1", "x")[1], 0x44)
        self.assertNotIn(other.service_id, self.registered())

    def test_a_device_of_another_server(self):
        self.pf(sections={"pf.policy": {"server_service_ids": ["elsewhere@msgin5g.example"]}})
        self.double = Double(self)
        self.face_port = free_port()
        self.run_gateway()
        device = Device(self, "meter-1")
        answer = device.send("m1", "x")
        self.assertEqual(answer[1], 0x83)
        self.assertIn(b"UNKNOWN_SERVER", answer[5])


if __name__ == "__main__":
    unittest.main()
