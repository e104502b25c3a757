# SPDX-License-Identifier: Apache-2.0
"""The policy of the Provisioning Function as an operator uses it: rules from a file, quotas, reload, --explain."""
import json
import os
import re
import signal
import subprocess
import unittest
import urllib.error
import urllib.request

from harness import BIN, PATIENCE, Case, free_port, wait_for

RULES = """
[[rule]]
name = "no prototypes"
private_ids = ["proto-*"]
action = "deny"
reason = "prototypes are not served"

[[rule]]
name = "gold"
info = {vendor = "Acme*"}
quota = 2
service_id_template = "gold-{id}@x.example"
servers = [{service_id = "m5s-a", weight = 3}, {service_id = "m5s-b"}]
segment_size = 512
lifetime = "30d"
"""


def msggw(*arguments):
    done = subprocess.run([BIN / "msggw", *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


class Policy(Case):
    def setUp(self):
        super().setUp()
        self.rules = self.folder / "policy.toml"
        self.rules.write_text(RULES)

    def start_pf(self):
        return self.pf(policy_file=str(self.rules))

    def call(self, method, path="", body=None):
        url = f"http://127.0.0.1:{self.pf_port}/msgin5g-provisioning/v1/provisionings{path}"
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(url, data, {"content-type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def ask(self, private_id, **info):
        return self.call("POST", body={"ueType": "NON_3GPP", "privateId": private_id, **({"info": info} if info else {})})

    def reload(self, pf, event):
        before = sum(event in line for line in pf.lines)
        os.kill(pf.pid, signal.SIGHUP)
        wait_for(lambda: sum(event in line for line in pf.lines) > before, event)

    def explain(self, *arguments):
        code, out, err = msggw("pf", "-c", self.folder / "pf.toml", "--explain", *arguments, "--json")
        self.assertEqual((code, err), (0, ""))
        return json.loads(out)

    def test_rules_decide(self):
        pf = self.start_pf()
        status, problem = self.ask("proto-1")
        self.assertEqual((status, problem["cause"], problem["detail"]),
                         (403, "POLICY_DENIED", "prototypes are not served"))
        status, gold = self.ask("a", vendor="Acme Inc")
        self.assertEqual(status, 201)
        self.assertRegex(gold["serviceId"], r"^gold-[a-z0-9]{20}@x\.example$")
        self.assertEqual(sorted(gold["serverServiceIds"]), ["m5s-a", "m5s-b"])
        self.assertEqual(gold["serviceInfo"], {"segmentSize": 512})
        self.assertEqual(gold["lifetime"], 30 * 86400)
        status, plain = self.ask("b", vendor="Other")
        self.assertEqual(status, 201)
        self.assertTrue(plain["serviceId"].startswith("n3g-"))
        self.assertNotIn("lifetime", plain)
        pf.stop()

    def test_a_quota_survives_restarts_and_a_release_gives_the_place_back(self):
        pf = self.start_pf()
        first = self.ask("a", vendor="Acme")[1]["serviceId"]
        self.assertEqual(self.ask("b", vendor="Acme")[0], 201)
        status, problem = self.ask("c", vendor="Acme")
        self.assertEqual((status, problem["cause"]), (403, "QUOTA_EXCEEDED"))
        pf.kill()
        pf = self.start_pf()
        self.assertEqual(self.ask("c", vendor="Acme")[0], 403)
        status, known = self.ask("a", vendor="Acme")
        self.assertEqual((status, known["serviceId"]), (200, first))
        self.assertEqual(self.call("DELETE", "/a")[0], 204)
        self.assertEqual(self.ask("c", vendor="Acme")[0], 201)
        self.assertEqual(self.ask("a", vendor="Acme")[0], 403)
        pf.stop()

    def test_a_reload_changes_what_is_new_and_a_wrong_file_changes_nothing(self):
        pf = self.start_pf()
        first = self.ask("a", vendor="Acme")[1]["serviceId"]
        self.rules.write_text(RULES.replace("gold-{id}", "platinum-{id}").replace("512", "1024"))
        self.reload(pf, "pf_reloaded")
        status, known = self.ask("a", vendor="Acme")
        self.assertEqual((status, known["serviceId"]), (200, first))
        self.assertEqual(known["serviceInfo"], {"segmentSize": 1024})
        self.assertTrue(self.ask("b", vendor="Acme")[1]["serviceId"].startswith("platinum-"))
        self.assertEqual(self.ask("c", vendor="Acme")[0], 403)  # both count

        self.rules.write_text("[[rule]]\nname = \"gold\"\nqouta = 3\n")
        self.reload(pf, "reload_refused")
        line = next(line for line in pf.lines if "reload_refused" in line)
        self.assertIn(f"{self.rules}:3: [rule gold] qouta: unknown key, did you mean", line)
        self.assertEqual(self.ask("proto-1")[0], 403)
        self.assertEqual(self.ask("c", vendor="Acme")[0], 403)

        self.rules.write_text(RULES.replace("quota = 2", "quota = 3"))
        self.reload(pf, "pf_reloaded")
        self.assertEqual(self.ask("c", vendor="Acme")[0], 201)
        self.assertEqual(self.ask("d", vendor="Acme")[0], 403)
        pf.stop()

    def test_a_reload_names_what_takes_a_restart(self):
        gateways = self.folder / "gateways.toml"
        known = '[[gateway]]\nname = "meters"\ntoken = "sixteen-letters-or-more"\n'
        gateways.write_text(known)
        pf = self.pf(gateways_file=str(gateways), sections={"pf.coap": {"coap_port": free_port(), "coaps_port": free_port()}})
        config = self.folder / "pf.toml"
        config.write_text(config.read_text().replace("[pf]", '[pf]\nservice_id = "pf@msgin5g.example"', 1))
        self.reload(pf, "pf_reloaded")
        wait_for(lambda: re.search(r"[^_]restart_needed options=pf\.service_id\b", pf.output()), "the name of the option")
        self.assertNotIn("listener_opened", pf.output())
        gateways.write_text(known + '[[gateway]]\nname = "lamps"\npsk_identity = "lamps"\npsk_key = "sixteen-octets-of"\n')
        self.reload(pf, "listener_opened")  # with the first PSK there is CoAPS
        self.assertRegex(pf.output(), r"listener_opened url=coaps://127\.0\.0\.1:\d+ ")
        gateways.write_text(known)  # without a signal it is read as well, if not at once
        wait_for(lambda: re.search(r"listener_closed url=coaps://", pf.output()), "the end of CoAPS with the last PSK")
        pf.stop()

    def test_explain_beside_a_running_function_and_before_the_first_start(self):
        config = self.folder / "pf.toml"
        config.write_text(f'[pf]\nfolder = "{self.folder / "pf"}"\npolicy_file = "{self.rules}"\n')
        told = self.explain("a", "--info", "vendor=Acme")
        self.assertEqual((told["rule"], told["outcome"], told["inUse"]), ("gold", "new", 0))

        pf = self.start_pf()
        service_id = self.ask("a", vendor="Acme")[1]["serviceId"]
        self.ask("b", vendor="Acme")
        known = self.explain("a")
        self.assertEqual((known["rule"], known["outcome"], known["serviceId"], known["givenByRule"]),
                         ("default", "known", service_id, "gold"))
        full = self.explain("c", "--info", "vendor=Acme")
        self.assertEqual((full["rule"], full["outcome"], full["quota"], full["inUse"]), ("gold", "over quota", 2, 2))
        self.assertEqual([(step["rule"], step["decides"]) for step in full["rules"]],
                         [("no prototypes", False), ("gold", True)])
        self.assertIn("none of proto-*", full["rules"][0]["why"])
        answer = self.explain("a", "--info", "vendor=Acme")  # what it says is what is answered
        asked = self.ask("a", vendor="Acme")[1]
        for key in ("serviceId", "serverServiceIds", "serviceInfo", "lifetime"):
            self.assertEqual(answer[key], asked[key])
        denied = self.explain("proto-7", "--type", "as")
        self.assertEqual((denied["outcome"], denied["because"]),
                         ("denied", "403 POLICY_DENIED: prototypes are not served"))
        code, out, _ = msggw("pf", "-c", config, "--explain", "proto-7")
        self.assertEqual(code, 0)
        self.assertIn("403 POLICY_DENIED", out)
        self.assertEqual(msggw("pf", "-c", config, "--explain", "x" * 300)[0], 2)
        pf.stop()

    def test_check_prints_the_rules_and_every_mistake(self):
        config = self.folder / "pf.toml"
        config.write_text(f'[pf]\npolicy_file = "{self.rules}"\n')
        code, out, err = msggw("check", "--pf", "-c", config)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("no prototypes: Private ID proto-* -> refused, prototypes are not served", out)
        self.assertIn("gold: information \"vendor\" = \"Acme*\" -> gold-{id}@x.example, at most 2, 2 of 2 servers", out)
        self.assertIn("default: everything -> ", out)
        self.rules.write_text("[[rule]]\nquota = -1\nkinds = [\"mac\"]\n")
        code, _, err = msggw("check", "--pf", "-c", config)
        self.assertEqual(code, 2)
        self.assertIn(f"{self.rules}:1: [rule #1] name: is missing", err)
        self.assertIn(f"{self.rules}:2: [rule #1] quota: -1 is out of range", err)
        self.assertIn(f"{self.rules}:3: [rule #1] kinds: 'mac' is unknown", err)
        self.assertEqual(msggw("pf", "-c", config)[0], 2)


if __name__ == "__main__":
    unittest.main()
