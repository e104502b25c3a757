# SPDX-License-Identifier: Apache-2.0
"""kill -9 of each side at every step of the path of a first registration, by the crash points of a test build."""
import json
import subprocess
import unittest

from harness import PATIENCE, Case, Coap, wait_for
from phones import PhonesCase

# The pass of the point that ends the process: the first commit holds the record, the second the Service ID.
GATEWAY_STEPS = ["gateway-decided:1", "gateway-committed:1", "gateway-asked:1", "gateway-answered-by-pf:1",
                 "gateway-decided:2", "gateway-committed:2", "gateway-answers:1"]
PF_STEPS = ["pf-assigned:1", "pf-committed:1", "pf-answered:1"]


class CrashSteps(Case):
    def ask_pf(self, private_id):
        """What the Provisioning Function says of a Private ID, asked by curl: (status, Service ID)."""
        done = subprocess.run(["curl", "-s", "-w", "\n%{http_code}", "-H", "content-type: application/json", "-d",
                               json.dumps({"ueType": "NON_3GPP", "privateId": private_id}),
                               f"http://127.0.0.1:{self.pf_port}/msgin5g-provisioning/v1/provisionings"],
                              capture_output=True, text=True, check=True, timeout=PATIENCE)
        body, status = done.stdout.rsplit("\n", 1)
        return int(status), json.loads(body)["serviceId"]

    def device(self):
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        return coap

    def test_gateway_dies_at_each_step(self):
        self.pf()
        for number, step in enumerate(GATEWAY_STEPS):
            with self.subTest(step=step):
                private_id = f"device-{number}"
                doomed = self.gateway(env={"MSGGW_CRASH_AT": step})
                coap = self.device()
                coap.send(coap.message(2, [(11, b"rd"), (15, b"ep=" + private_id.encode())]))
                wait_for(doomed.ended, f"the crash at {step}")
                self.assertEqual(doomed.wait(), -9)
                told = coap.receive(0.2)
                if told:
                    self.fail(f"the device was told {told} before the crash at {step}")
                gateway = self.gateway()
                if step != "gateway-decided:1":
                    # recorded: gets its Service ID without showing up again
                    wait_for(lambda: self.metric(gateway, "msggw_devices_pending") == 0, "provisioning after restart")
                    self.assertTrue(self.rows()[private_id]["serviceId"])
                service_id = self.device().register(private_id)["serviceId"]
                self.assertEqual(self.ask_pf(private_id), (200, service_id))
                gateway.stop()
        self.gateway()
        for number in range(len(GATEWAY_STEPS)):
            self.assertEqual(self.device().register(f"device-{number}")["serviceId"],
                             self.ask_pf(f"device-{number}")[1])

    def test_pf_dies_at_each_step(self):
        gateway = self.gateway()
        for number, step in enumerate(PF_STEPS):
            with self.subTest(step=step):
                private_id = f"device-{number}"
                doomed = self.pf(env={"MSGGW_CRASH_AT": step})
                coap = self.device()
                coap.send(coap.message(2, [(11, b"rd"), (15, b"ep=" + private_id.encode())]))
                wait_for(doomed.ended, f"the crash at {step}")
                self.assertEqual(doomed.wait(), -9)
                pf = self.pf()
                service_id = coap.register(private_id)["serviceId"]
                self.assertEqual(self.ask_pf(private_id), (200, service_id))
                pf.kill()
        gateway.kill()
        self.pf()
        self.gateway()
        ids = [self.device().register(f"device-{number}")["serviceId"] for number in range(len(PF_STEPS))]
        self.assertEqual(len(set(ids)), len(PF_STEPS))
        self.assertEqual(ids, [self.ask_pf(f"device-{number}")[1] for number in range(len(PF_STEPS))])


class SmsCrashSteps(PhonesCase):
    def test_gateway_dies_at_each_step_of_an_sms(self):
        """What the SMSC was told to be safe is in the store, the message that was not comes again, and the phone is told its
        Service ID whichever step was the last."""
        self.pf()
        self.start_smsc()
        sms = {"answer": "{serviceId}", "source": "12345"}
        acknowledged = []
        for number, step in enumerate(GATEWAY_STEPS):
            with self.subTest(step=step):
                phone = f"+4915100000{number:03}"
                doomed = self.sms_gateway(env={"MSGGW_CRASH_AT": step}, **sms)
                message = self.smsc.call("messages", {"from": phone, "to": "12345", "text": "hello"})["id"]
                wait_for(doomed.ended, f"the crash at {step}")
                self.assertEqual(doomed.wait(), -9)
                wait_for(lambda: not self.smsc.call("links")["links"], "the end of the connection")
                rows = self.rows()
                if self.smsc.call(f"messages/{message}")["state"] == "accepted":
                    acknowledged.append(step)
                    self.assertIn(phone, rows)
                gateway = self.sms_gateway(**sms)
                wait_for(lambda: self.smsc.call(f"messages/{message}")["state"] == "accepted", "the message, accepted")
                wait_for(lambda: self.rows()[phone].get("serviceId"), "the Service ID")
                wait_for(lambda: self.smsc.texts(phone), "the Service ID at the phone")
                self.assertEqual(set(self.smsc.texts(phone)), {self.rows()[phone]["serviceId"]})
                self.assertEqual(len(self.rows()), number + 1)
                gateway.stop()
        self.assertNotIn("gateway-decided:1", acknowledged)
        self.assertNotIn("gateway-committed:1", acknowledged)
        self.assertIn("gateway-decided:2", acknowledged)  # it does not wait for the Service ID
        self.check([f"+4915100000{number:03}" for number in range(len(GATEWAY_STEPS))])


if __name__ == "__main__":
    unittest.main(verbosity=2)
