# SPDX-License-Identifier: Apache-2.0
"""Devices are removed while their MSGin5G Server is away: what they have sent and the reports about what was for them go up when
it is back, over a crash too, and then their rows go. By force they go at once, and the operator is told what ends."""
import subprocess
import unittest

from harness import BIN, PATIENCE, wait_for
from messaging import FAILED, N3G, CoapDevice, MessagingCase, downward
from server_double import Double


class MessagesRemoval(MessagingCase):
    def msggw(self, *arguments):
        done = subprocess.run([BIN / "msggw", *arguments, "--dir", self.folder / "gateway"],
                              capture_output=True, text=True, timeout=PATIENCE, input="")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def occupied(self, private_id):
        """A device that has sent a message, and for which one waits, while the server is away."""
        device = CoapDevice(self, private_id)
        self.wait_until_registered(device)
        self.double.process.kill()
        self.assertEqual(device.send("up-" + private_id, "21.5")[1], 0x44)
        self.assertEqual(self.curl(N3G + "deliver-message", downward(device.service_id, "down-" + private_id))[0], 204)
        return device

    def server_returns(self):
        self.double = Double(self, "--retry", "50ms", port=self.double.port)

    def test_what_a_removed_device_owes_goes_up(self):
        gateway = self.start_all()
        device = self.occupied("d1")
        self.assertEqual(self.msggw("devices", "remove", "d1"), "d1 removing; 1 message ends, and 1 message goes up first\n")
        self.assertIn("go up first", self.msggw("why", "d1"))
        gateway.kill()
        self.run_gateway()
        wait_for(lambda: "go up first" in self.msggw("why", "d1"), "the removal to go on")
        self.assertEqual(self.rows()["d1"]["state"], "removing")
        self.server_returns()
        self.assertEqual(self.arrived("up-d1")["payload"], "21.5")
        report = self.reported("down-d1")
        self.assertEqual((report["delivSt"], report["failureCause"]), (FAILED, "UNKNOWN_RECIPIENT"))
        wait_for(lambda: "d1" not in self.rows(), "the end of the row")
        wait_for(lambda: device.service_id not in self.registered(), "the end of the registration")
        again = CoapDevice(self, "d1")
        self.assertEqual(len(self.reports_of("down-d1")), 1)
        self.assertTrue(again.service_id)
        self.running.stop()

    def test_by_force_all_ends_at_once(self):
        self.start_all()
        self.occupied("d1")
        self.assertEqual(self.msggw("devices", "remove", "d1", "--force"),
                         "d1 removed; the Provisioning Function keeps what it has assigned; 2 messages end\n")
        self.assertEqual(self.msggw("messages", "list"), "no messages\n")
        self.server_returns()
        again = CoapDevice(self, "d1")
        self.wait_until_registered(again)
        again.send("last", "x")
        self.arrived("last")
        self.assertEqual([entry for entry in self.double.inbox() if "d1" in str(entry.get("message", {}).get("msgId"))], [])
        self.assertEqual(self.reports_of("down-d1"), [])
        self.running.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
