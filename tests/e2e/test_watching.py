# SPDX-License-Identifier: Apache-2.0
"""What an operator watches: metrics, alerts and a dashboard in a real Prometheus, events that machines read, and the status."""
import datetime
import json
import re
import subprocess
import unittest
import urllib.error
import urllib.request

import yaml

from harness import BIN, PATIENCE, Case, Coap, free_port, wait_for
from watching import DASHBOARD, RULE_TESTS, RULES, ROOT, Prometheus, expressions, families, names_in, panels, promtool, rules

HOSTILE = b"x\"y\\z \n\xff\xe2\x80\xae"


def age_of(trouble):
    return abs(datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(trouble["since"].replace("Z", "+00:00")))


class Files(unittest.TestCase):
    def test_each_rule_is_silent_and_then_fires(self):
        promtool("check", "rules", RULES)
        promtool("test", "rules", RULE_TESTS)
        tested = {}
        for test in yaml.safe_load(RULE_TESTS.read_text())["tests"]:
            for step in test["alert_rule_test"]:
                tested.setdefault(step["alertname"], set()).add("exp_alerts" in step)
        self.assertEqual(tested, {rule["alert"]: {True, False} for rule in rules()})

    def test_each_rule_says_what_to_do_and_each_panel_is_one_of_grafana(self):
        for rule in rules():
            with self.subTest(rule["alert"]):
                self.assertIn(rule["labels"]["severity"], ("page", "ticket"))
                self.assertEqual(set(rule["annotations"]), {"summary", "action"})
        dashboard = json.loads(DASHBOARD.read_text())
        ids = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        variables = {each["name"] for each in dashboard["templating"]["list"]} | {"__rate_interval"}
        for panel in panels():
            with self.subTest(panel["title"]):
                self.assertIn(panel["type"], ("stat", "timeseries"))
                self.assertEqual(panel["datasource"], {"type": "prometheus", "uid": "${datasource}"})
                self.assertLessEqual(panel["gridPos"]["x"] + panel["gridPos"]["w"], 24)
                for target in panel["targets"]:
                    self.assertLessEqual(set(re.findall(r"\$(\w+)", target["expr"])), variables)


class Watching(Case):
    def everything(self):
        """A gateway with all that it can have, and a Provisioning Function; what both show is at hand."""
        certificates = self.folder / "certs"
        subprocess.run([ROOT / "etc" / "make-certs", certificates, "--gateway", "gw-1"], check=True, stdout=subprocess.DEVNULL,
                       timeout=PATIENCE)
        shared = self.folder / "shared"
        shared.mkdir(0o2750)
        self.operator_port, self.face_port, pf_admin, tls_port = free_port(), free_port(), free_port(), free_port()
        self.secure_port = free_port()
        self.function = self.pf(admin_port=pf_admin, sections={"pf.test": {"enabled": True, "port": free_port()}, "pf.tls": {
            "certificate": str(certificates / "pf.crt"), "key": str(certificates / "pf.key"), "client_ca": str(certificates / "ca.crt")}},
            tls_port=tls_port)
        self.broker()
        away = f"127.0.0.1:{free_port()}"
        self.running = self.gateway(mqtt=True, sections={
            "log": {"format": "json", "level": "debug", "private_ids": "plain"},
            "admin": {"port": self.operator_port},
            "mqtt": {"plugin_folder": str(shared)},
            "coap.secure": {"udp": True, "tcp": True, "port": self.secure_port, "certificate": str(certificates / "pf.crt"),
                            "key": str(certificates / "pf.key")},
            "sms": {"enabled": True, "addresses": [away], "system_id": "x", "password": "y"},
            "coap": {"open_messages": True}, "msgin5g": {"enabled": True, "port": self.face_port},
            "msgin5g.server": {"service_id": "m5s-1@msgin5g.example", "uris": [f"http://{away}"],
                               "token_uri": f"http://{away}/token", "client_id": "gw", "client_secret": "0123456789abcdef"}})
        self.urls = {"msggw": f"127.0.0.1:{self.operator_port}", "msggw-pf": f"127.0.0.1:{pf_admin}"}

    def metrics(self, job):
        with urllib.request.urlopen(f"http://{self.urls[job]}/metrics", timeout=PATIENCE) as answer:
            return answer.read().decode()

    def refused(self, url, **headers):
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=PATIENCE)
        refused.exception.close()
        return refused.exception.code

    def wrong_token(self):
        self.assertEqual(self.refused(f"http://{self.urls['msggw']}/api/v1/status", authorization="Bearer wrong"), 401)

    def refused_message(self):
        """Of a device that names nobody."""
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        self.assertTrue(coap.register("meter-1"))
        coap.send(coap.message(2, [(11, b"rd"), (15, b"ep=meter-1")]))
        _, code, _, _, options, _ = coap.receive()
        self.assertEqual(code, 0x41)
        coap.send(coap.message(2, [*((11, part) for part in options[8]), (11, b"up")], b"21.5"))
        self.assertEqual(coap.receive()[1] >> 5, 4)

    def lines(self):
        """The events so far, each a line of JSON."""
        return [json.loads(line, parse_constant=self.fail) for line in self.running.lines if line.startswith("{")]

    def status(self, *arguments, code):
        done = subprocess.run([BIN / "msggw", "status", "--dir", self.folder / "gateway", *arguments], capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def degraded(self, code):
        """{(part, name)} of what is; each says why, and since when."""
        found = json.loads(self.status("--json", code=code))["degraded"]
        for each in found:
            self.assertTrue(each["why"], each)
            self.assertLess(age_of(each), datetime.timedelta(minutes=10))
        return {each["part"]: each for each in found}

    def test_status_says_of_each_degraded_part_why_and_since_when(self):
        self.everything()
        wait_for(lambda: self.degraded(1).keys() == {"smsc", "brokerPlugin", "server"}, "the broker")
        told = self.status(code=1)
        self.assertRegex(told, r"\n  smsc +down +since \S+Z, smsc, transceiver: \S")
        self.function.kill()
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        coap.send(coap.message(2, [(11, b"rd"), (15, b"ep=meter-9")], token=b"t"))
        away = wait_for(lambda: self.degraded(1).get("provisioningFunction"), "the Provisioning Function to be missed")
        self.assertEqual((away["state"], away["name"]), ("down", f"http://127.0.0.1:{self.pf_port}"))
        self.running.pause()
        self.assertIn("no gateway answers", self.status("--timeout", "300ms", code=1))
        self.running.resume()
        self.assertEqual(self.degraded(1)["provisioningFunction"]["since"], away["since"])
        self.pf()
        wait_for(lambda: "provisioningFunction" not in self.degraded(1), "it to be found again")

    def test_events_are_read_by_machines(self):
        self.everything()
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        coap.send(coap.message(2, [(11, b"rd"), (15, b"ep=" + HOSTILE)]))
        self.assertTrue(coap.receive())
        subprocess.run(["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{self.secure_port}", "-psk_identity", HOSTILE,
                        "-psk", "00" * 16, "-cipher", "PSK"], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
        self.wrong_token()
        for command in (["devices", "add", "meter-2"], ["reload"]):
            subprocess.run([BIN / "msggw", *command, "--dir", self.folder / "gateway"], check=True, capture_output=True, timeout=PATIENCE)
        by_name = wait_for(lambda: (found := {each["event"]: each for each in self.lines()}).keys() >= {
            "store_loaded", "operator_refused", "device_added", "reload_asked", "config_reloaded", "smsc_lost",
            "coap_handshake_failed"} and found, "the events")
        for each in self.lines():
            self.assertRegex(each["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertIn(each["level"], ("debug", "info", "warn", "error"))
            for key, value in each.items():
                self.assertIsInstance(value, (str, int, float, bool), key)
        loaded = by_name["store_loaded"]
        self.assertEqual((loaded["devices"], type(loaded["took"])), (0, float))
        self.assertEqual({key: by_name["device_added"][key] for key in ("private_id", "operator", "known", "aliases")},
                         {"private_id": "meter-2", "operator": "127.0.0.1", "known": False, "aliases": 0})
        self.assertEqual(by_name["reload_asked"]["operator"], "127.0.0.1")
        self.assertEqual((by_name["operator_refused"]["reason"], by_name["operator_refused"]["operator"]), ("wrong_token", "127.0.0.1"))
        self.assertEqual(by_name["coap_handshake_failed"]["detail"],
                         r"unknown PSK identity x\x22y\x5cz \x0a\xff\xe2\x80\xae")
        self.assertNotIn("Bearer", self.running.output())
        self.running.stop()

    def test_every_expression_runs_and_every_name_is_there(self):
        self.everything()
        self.refused_message()
        self.wrong_token()
        self.assertEqual(self.refused(f"http://127.0.0.1:{self.face_port}/nothing"), 404)
        prometheus = Prometheus(self, self.urls)
        shown = {}
        for job in self.urls:
            text = self.metrics(job)
            promtool("check", "metrics", stdin=text)
            shown |= families(text)
        asked = list(expressions())
        self.assertGreater(len(asked), 80)
        named = set().union(*(names_in(expression) for _, expression in asked))
        self.assertEqual(named - set(shown), set())
        wait_for(lambda: len(prometheus.query('process_start_time_seconds{job=~"msggw.*"}')) == 2, "both to be scraped")
        wait_for(lambda: len(prometheus.query('rate(process_cpu_seconds_total{job=~"msggw.*"}[30s])')) == 2, "two scrapes of both")
        nothing = []
        for where, expression in asked:
            with self.subTest(where):
                found = prometheus.query(expression)
                if not found and where in {panel["title"] for panel in panels()}:
                    nothing.append(expression)
        self.assertEqual(nothing, [])
        firing = wait_for(lambda: {each["labels"]["alertname"] for each in prometheus.get("alerts")["alerts"]}, "alerts")
        self.assertTrue({"MsggwSmscAway"} <= firing, firing)
        self.assertFalse(firing & {"MsggwDown", "MsggwBrokerAway", "MsggwProvisioningFunctionAway"})
        build = prometheus.query('msggw_build_info{job="msggw"}')[0]["metric"]
        self.assertRegex(build["version"], r"^\d+\.\d+\.\d+$")
        self.assertRegex(build["commit"], r"^([0-9a-f]{12}|unknown)$")


class FunctionStatus(Case):
    def test_a_provisioning_function_says_how_it_is(self):
        gateways = self.folder / "gateways.toml"
        known = '[[gateway]]\nname = "meters"\ntoken = "sixteen-letters-or-more"\n'
        gateways.write_text(known)
        pf = self.pf(gateways_file=str(gateways), max_assignments=9, admin_port=free_port())
        config = self.folder / "pf.toml"

        def status(code, *words):
            done = subprocess.run([BIN / "msggw", "status", "--pf", "-c", config, *words], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            return done.stdout + done.stderr

        def degraded():
            return json.loads(status(0, "--json"))["degraded"]
        now = json.loads(status(0, "--json"))
        self.assertEqual({name: now[name] for name in ("store", "degraded", "assignments", "maxAssignments", "unanswered", "gateways", "rules")},
                         {"store": "up", "degraded": [], "assignments": 0, "maxAssignments": 9, "unanswered": 0, "gateways": 1, "rules": 0})
        self.assertEqual(now["listeners"][0], {"url": f"http://127.0.0.1:{self.pf_port}", "purpose": "Provisioning Function"})
        gateways.write_text(known + "name = 7\n")
        wait_for(degraded, "a file of gateways that is wrong is told of")
        [wrong] = degraded()
        self.assertEqual((wrong["part"], wrong["name"], wrong["state"]), ("gateways", str(gateways), "limited"))
        self.assertIn(f"{gateways}:4:", wrong["why"])
        self.assertLess(age_of(wrong), datetime.timedelta(minutes=10))
        self.assertIn("\ndegraded\n  gateways", status(0))
        gateways.write_text(known)
        wait_for(lambda: not degraded(), "it is right again")
        pf.stop()
        self.assertIn("no Provisioning Function runs on the folder", status(1))


if __name__ == "__main__":
    unittest.main(verbosity=2)
