# SPDX-License-Identifier: Apache-2.0
"""The operator's side of messages: why a device has to wait, what has happened, and the messages themselves, by the real
command line at a real gateway."""
import json
import subprocess
import unittest

from harness import BIN, PATIENCE, Case, Coap, free_port, wait_for


class OperatorMessages(Case):
    def msggw(self, *arguments, code=0):
        done = subprocess.run([BIN / "msggw", *map(str, arguments), "--dir", self.folder / "gateway"],
                              capture_output=True, text=True, timeout=PATIENCE, input="")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def test_why_a_device_has_no_service_id_and_what_has_happened(self):
        self.pf_port = free_port()
        gateway = self.gateway()
        self.msggw("devices", "add", "00-1B-63-84-45-E6")
        wait_for(lambda: "pf_unavailable" in gateway.output(), "the outage")
        said = self.msggw("why", "00:1b:63:84:45:e6")
        self.assertIn("001b638445e6 is recorded\n", said)
        self.assertIn(f"no Provisioning Function answers (http://127.0.0.1:{self.pf_port}", said)
        facts = json.loads(self.msggw("why", "001b638445e6", "--json"))
        self.assertEqual(facts["provisioning"]["purpose"], "service_id")
        self.assertEqual(facts["waiting"], [])
        self.pf()
        row = wait_for(lambda: (r := self.rows()["001b638445e6"]).get("serviceId") and r, "the Service ID")
        self.assertIn("It is not registered with this gateway over any protocol", self.msggw("why", "001b638445e6"))
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        coap.register("001b638445e6")
        self.assertNotIn("over any protocol", self.msggw("why", "001b638445e6"))

        for name in ("00-1B-63-84-45-E6", row["serviceId"]):
            told = json.loads(self.msggw("trace", name, "--json"))
            happened = [event["what"] for event in told["events"]]
            self.assertEqual((happened[:2], happened[-2:]), (["added", "asked"], ["provisioned", "registered"]))
            self.assertEqual(told["events"][-1]["bearer"], "coap")
            self.assertFalse(told["full"])
        text = self.msggw("trace", "001b638445e6")
        self.assertIn("001b638445e6 is ", text)
        self.assertIn("registered      001b638445e6 over coap\n", text)
        gateway.kill()
        self.gateway()
        text = self.msggw("trace", "001b638445e6")  # what happened is lost at a restart, and said so
        self.assertIn("since the gateway's start at ", text)
        self.assertNotIn("provisioned     ", text)
        self.assertIn("no such device", self.msggw("why", "nobody", code=1))
        self.assertIn("nothing is known of nothing", self.msggw("trace", "nothing", code=1))

    def test_why_names_the_refusal_and_the_next_try(self):
        policy = self.folder / "policy.toml"
        policy.write_text('[[rule]]\nname = "no"\naction = "deny"\nreason = "not served here"\n')
        self.pf(policy_file=str(policy))
        self.gateway()
        self.msggw("devices", "add", "meter")
        wait_for(lambda: self.rows()["meter"]["state"] == "refused", "the refusal")
        said = self.msggw("why", "meter")
        self.assertRegex(said, r"the Provisioning Function refused it at \S+: .*It is asked for again when it shows up")

    def test_a_gateway_without_messages(self):
        self.pf()
        self.gateway()
        self.msggw("devices", "add", "meter")
        self.assertEqual(self.msggw("messages", "list"), "no messages\n")
        self.assertEqual(self.msggw("messages", "list", "--json", "--device", "meter", "--direction", "down"), "")
        self.assertIn("no such device", self.msggw("messages", "list", "--device", "nobody", code=1))
        self.assertIn("no such message", self.msggw("messages", "show", "1", "--content", code=1))
        self.assertIn("1: no such message", self.msggw("messages", "remove", "1", code=1))
        self.assertIn("no such message", self.msggw("messages", "remove", "--device", "meter", "--yes", code=1))
        self.assertIn("say NUMBERs", self.msggw("messages", "remove", code=2))

    def test_without_a_gateway(self):
        for command in (("why", "x"), ("trace", "x"), ("messages", "list"), ("messages", "remove", "1")):
            self.assertIn("no gateway runs on the folder", self.msggw(*command, code=1))


if __name__ == "__main__":
    unittest.main(verbosity=2)
