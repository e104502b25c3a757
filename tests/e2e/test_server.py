# SPDX-License-Identifier: Apache-2.0
"""A gateway and the MSGin5G Server double: devices are registered there, through restarts of either side, and messages and
reports go both ways."""
import os
import signal
import subprocess
import unittest

from harness import BIN, PATIENCE, free_port, wait_for
from messaging import SERVER, CoapDevice, MessagingCase
from server_double import OWN, Double, address


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
