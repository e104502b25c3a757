# SPDX-License-Identifier: Apache-2.0
"""The configuration of running processes is read again: every key that can change without a restart changes while devices send
over CoAP, MQTT and SMS, and no session, message or registration is lost; every other key is named; a wrong file changes nothing."""
import json
import os
import re
import signal
import socket
import subprocess
import threading
import unittest
import urllib.error
import urllib.request

from harness import BIN, PATIENCE, Case, free_port, wait_for
from messaging import SERVER, CoapDevice, MessagingCase
from phones import Smsc
from server_double import OWN
from test_mqtt_messages import Device

NUMBER = "+491701234567"
# What a key becomes where the rules of other() are of no use.
OTHER = {
    "limits.first_contact": '"known"', "provisioning.renewal": '"ask_again"', "limits.min_lifetime": '"2m"',
    "coap.private_id_kinds": '["opaque", "mac48"]', "coap.secure.private_id_kinds": '["opaque"]',
    "mqtt.private_id_kinds": '["opaque", "mac48"]', "coap.push_networks": '["192.0.2.0/24"]',
    "coap.secure.certificate_names": '["{privateId}"]', "coap.admission": '"known"', "coap.secure.admission": '"known"',
    "mqtt.admission": '"known"', "mqtt.proof": '"none"', "sms.first_contact": '"known"', "sms.bare_numbers": '"national"',
    "sms.numbers": '["+4*"]', "sms.trusted_numbers": '["+49*"]', "sms.aliases": '["ops AS as-ops@example"]',
    "sms.number_recipients": f'["+4* AS {OWN}"]', "sms.service_recipients": f'["12345 AS {OWN}"]',
    "sms.port_applications": '["16000 org.example.meter"]', "sms.sources": '["12345"]', "sms.country_code": '"49"',
    "sms.after_crash": '"unknown"', "sms.long_messages": '"sar"', "sms.response_ids": '"loose"', "sms.receipt_ids": '"loose"',
    "sms.default_coding": '"latin1"', "messages.recipients": '["UE", "AS"]', "messages.at_limit": '"drop_oldest"',
    "messages.legacy_3gpp_recipient": f'"AS {OWN}"', "messages.non_3gpp_recipient": f'"AS {OWN}"',
    "messages.default_recipient": '"none"', "msgin5g.content_encoding": '"base64"', "msgin5g.segment_counts": '"payload"',
    "msgin5g.server.version": '"automatic"', "provisioning.http.version": '"http1"', "log.level": '"warn"',
    "log.private_ids": '"plain"', "provisioning.derived.scheme": '"http"', "sms.answer_status": '"{state}"',
    "provisioning.mcc": '"262"', "provisioning.mnc": '"01"', "admin.hosts": '["gw.example"]', "msgin5g.client_names": '["m5s"]',
    "msgin5g.text_apps": '["a"]', "msgin5g.base64_apps": '["b"]', "msgin5g.token_audiences": '["gw"]',
    "msgin5g.token_issuers": '["nrf"]', "msgin5g.max_segments": "4000", "msgin5g.limits.segments": "4000",
    "pf.policy.server_service_ids": '["m5s-2@msgin5g.example"]', "pf.policy.service_id_template": '"x{id}@msgin5g.example"',
    "pf.policy.service_info": "'{\"a\":1}'", "credentials.max_per_device": "9", "sms.source": '"12345"', "sms.max_parts": "9",
    "coap.max_retransmit": "5", "provisioning.coap.max_retransmit": "3", "messages.most_tries": "9",
    "limits.max_aliases_per_device": "5", "provisioning.bulk_most": "255", "provisioning.derived.path": '"/p"',
    "sms.national_prefix": '"1"', "sms.international_prefix": '"011"', "sms.keyword_status": '"STATUS"', "sms.keyword_stop": '"STOP"',
    "sms.alias_prefix": '"#"', "provisioning.bulk_in_flight": "5", "limits.newcomers_give_way_percent": "91",
}
# Those that need something beside them, or a file: tried where they belong, in the other tests.
ELSEWHERE = re.compile(r".*(_file|\.ca|\.crl|\.certificate|\.key|\.client_ca|token_keys|\.uris|psk_identity|psk_key|token_uri|client_id|"
                       r"client_secret|nf_instance_id|\.nf_type|target_nf_type|\.scope|\.user|\.password|\.token|\.host|\.addresses|"
                       r"\.range_ton|\.range_npi|\.service_id|allow_unknown_gateways|require_known_gateway|mqtt\.port|sms\.trusted|"
                       r"allow_cleartext|\.enabled|provisioning\.release|sms\.numbers|"
                       r"(admin|coap|coap\.secure|msgin5g|pf|pf\.coap)\.(udp|tcp|address|port|tls_port|admin_port|coaps?_port|path|"
                       r"target_uri))")


def other(key, value):
    """Another value that is allowed, as TOML."""
    if key in OTHER:
        return OTHER[key]
    if value in ("true", "false"):
        return "false" if value == "true" else "true"
    if found := re.fullmatch(r'"(\d+)(ms|s|m|h|d|KiB|MiB|GiB)"', value):
        return f'"{int(found[1]) + 1}{found[2]}"' if found[1] != "0" else f'"1{found[2]}"'
    if value == "255":
        return "254"
    if re.fullmatch(r"[\d_]+", value):
        return str(int(value.replace("_", "")) + 1)
    if value == '"auto"':
        return "1"
    if value.startswith('"'):
        return '"other"'
    raise AssertionError(f"no other value for {key} = {value}")


def asked(folder, method="POST", what="reload"):
    access = json.loads((folder / "operator.json").read_text())
    request = urllib.request.Request(access["url"] + "/api/v1/" + what, method=method,
                                     headers={"authorization": "Bearer " + access["token"]})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return json.loads(refused.read())


def text_of(options):
    sections = {}
    for key, value in options.items():
        section, name = key.rsplit(".", 1)
        sections.setdefault(section, []).append(f"{name} = {value}\n")
    return "".join(f"[{section}]\n" + "".join(lines) for section, lines in sections.items())


class Reload(MessagingCase):
    def msggw(self, *words, code=0):
        done = subprocess.run([BIN / "msggw", *words], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def shown(self, config):
        return json.loads(self.msggw("config", "show", "-c", config, "--json"))["options"]

    def options(self, config):
        """{key: (value, live)} of all options as they are in force with that file."""
        return {one["key"]: (one["value"], one["taken"] == "live") for one in self.shown(config) if not one["key"].startswith("[")}

    def status(self):
        return asked(self.folder / "gateway", "GET", "status")

    def degraded(self):
        return {one["part"]: one for one in self.status()["degraded"]}

    def reload(self, method="POST"):
        """As `msggw reload --json` is answered, without a process for each."""
        return asked(self.folder / "gateway", method)

    def start_gateway(self, smscs=1):
        self.broker()
        self.smscs = [Smsc(self, "--retry", "50ms") for _ in range(smscs)]
        self.list = self.folder / "smscs.toml"
        self.write_list(*self.smscs)
        self.sections = {
            "sms": {"enabled": True, "smscs_file": str(self.list), "reconnect_first": "20ms", "reconnect_most": "100ms",
                    "rate": 1000, "burst": 100},
            "messages": {"default_recipient": "AS " + OWN}}
        self.start_all(mqtt=True, sections=self.sections)
        self.config = self.folder / "gateway.toml"
        wait_for(lambda: self.smscs[0].counter("receivers") == 1, "the bind")

    def write_list(self, *smscs, more=""):
        self.list.write_text("".join(f'[[smsc]]\nname = "s{at}"\naddresses = ["127.0.0.1:{smsc.port}"]\n{more}'
                                     for at, smsc in enumerate(smscs, 1)))

    def write(self, changed, text=None):
        """The configuration with other values."""
        current = {}
        section = ""
        for line in (self.good if text is None else text).splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif " = " in line:
                key, value = line.split(" = ", 1)
                current[f"{section}.{key}"] = value
        self.config.write_text(text_of({**current, **changed}))

    def test_each_live_key_changes_under_load_and_each_other_is_named(self):
        self.start_gateway()
        self.good = self.config.read_text()
        options = self.options(self.config)
        coap, mqtt = CoapDevice(self, "meter-1"), Device(self, "meter-2")
        self.smscs[0].call("messages", {"from": NUMBER, "to": "12345", "text": "first"})
        wait_for(lambda: self.rows().get(NUMBER, {}).get("serviceId"), "the phone's Service ID")
        wait_for(lambda: self.states().get(coap.service_id) == "registered", "the registration")
        accepted, ended = [], threading.Event()

        def load():
            for n in range(100_000):
                if ended.is_set():
                    return
                answer = coap.send(f"c-{n}", "21.5")
                if answer[1] == 0x44:
                    accepted.append(f"c-{n}")
                # A broker that is away when a message is durable takes no answer; the device says it again.
                told = None
                while told is None and not ended.is_set():
                    mqtt.mqtt.publish(mqtt.topic("send"), json.dumps(
                        {"destAddr": {"addrType": "AS", "addr": OWN}, "msgId": f"m-{n}", "payload": "22"}))
                    told = mqtt.mqtt.take(lambda topic, _, text, n=n: topic == mqtt.topic("ack") and f'"m-{n}"' in text, 2)
                if told:
                    accepted.append(f"m-{n}")
                ended.wait(0.05)
        thread = threading.Thread(target=load)
        thread.start()
        try:
            live = {key: other(key, value) for key, (value, is_live) in options.items()
                    if is_live and not ELSEWHERE.fullmatch(key)}
            # What would refuse the devices of this test or their messages is changed in the other tests.
            for key in ("limits.first_contact", "coap.open_messages", "mqtt.open_messages", "messages.default_recipient", "coap.admission",
                        "mqtt.admission", "sms.first_contact", "msgin5g.content_encoding", "sms.admission", "msgin5g.legacy_3gpp",
                        "msgin5g.non_3gpp", "msgin5g.client_names", "msgin5g.token_audiences", "msgin5g.token_issuers"):
                live.pop(key, None)
            sections = sorted({key.rsplit(".", 1)[0] for key in live})
            for some in (sections[::2], sections[1::2]):
                changed = {key: value for key, value in live.items() if key.rsplit(".", 1)[0] in some}
                self.write(changed)
                answer = self.reload()
                self.assertNotIn("problems", answer)
                named = {one["key"] for one in answer["applied"]}
                self.assertEqual(set(changed) - named, set(), f"{some} are not applied whole")
                self.assertEqual(answer["needsRestart"], [])
                so_far = len(accepted)
                wait_for(lambda so_far=so_far: len(accepted) > so_far + 1, "messages under these options")
                self.config.write_text(self.good)
                self.assertEqual({one["key"] for one in self.reload()["applied"]}, named)
                so_far = len(accepted)
                wait_for(lambda so_far=so_far: len(accepted) > so_far + 1, "messages after it")
            self.named_and_not_applied(options)
        finally:
            ended.set()
            thread.join()
        self.assertGreater(len(accepted), 4)
        inbox = []

        def all_there():
            after = inbox[-1]["n"] if inbox else 0
            inbox.extend(self.double.control(f"inbox?after={after}")["entries"])
            return {entry["message"]["msgId"] for entry in inbox if "message" in entry} >= set(accepted)
        wait_for(all_there, "all that was accepted")
        came = [entry["message"]["msgId"] for entry in inbox if "message" in entry]
        self.assertEqual(len(came), len(set(came)), "a message came twice")
        self.assertEqual(coap.ask(2, coap.at())[1], 0x44)  # its registration is there
        self.assertEqual(self.metric(self.running, "msggw_config_reloads_total", '{result="refused"}'), 0)
        self.assertEqual({state for state in self.states().values()}, {"registered"})
        self.running.stop()

    def named_and_not_applied(self, options):
        waiting = {}
        for key, (value, is_live) in options.items():
            if is_live or key in ("sms.name", "msgin5g.server.name"):
                continue
            if key.endswith(".enabled") or key in ("sms.bind", "mqtt.shared_group", "mqtt.plugin_folder", "mqtt.plugin_psks",
                                                   "mqtt.topics_prove", "msgin5g.registration"):
                continue  # below, one by one: each makes all else of its section wait
            waiting[key] = {"log.format": '"json"', "provisioning.encoding": '"cbor"'}.get(key) or other(key, value)
        waiting |= {"sms.bind": '"receiver"', "mqtt.topics_prove": "true", "msgin5g.registration": '"none"'}
        self.write(waiting)
        answer = self.reload()
        named = {one["key"] for one in answer["needsRestart"]}
        self.assertEqual(set(waiting) - named, set())
        self.assertEqual(answer["applied"], [])
        self.assertEqual(self.metric(self.running, "msggw_config_restart_needed"), len(answer["needsRestart"]))
        wait_for(lambda: "restart_needed" in self.running.output(), "the event")
        self.write({"sms.enabled": "false", "coap.enabled": "false", "coap.port": "1"})
        self.assertEqual({one["key"] for one in self.reload()["needsRestart"]}, {"sms.enabled", "coap.enabled", "coap.port"})
        self.config.write_text(self.good)
        self.assertEqual(self.reload()["needsRestart"], [])

    def test_a_wrong_file_changes_nothing_and_says_where(self):
        self.start_gateway()
        self.good = self.config.read_text()
        (self.folder / "ca.pem").write_text("no certificate")
        wrong = [
            (self.good.replace("[limits]", "[limits]\nmax_devices = 0"), "gateway.toml:.*max_devices.*out of range"),
            (self.good.replace("[limits]", "[limits]\nmax_device = 1"), "did you mean 'max_devices'"),
            (self.good + "[log\n", "gateway.toml:"),
            (self.good.replace("[mqtt]", f'[mqtt]\nca = "{self.folder}/ca.pem"'), "ca.pem"),
            (self.good.replace("[mqtt]", f'[mqtt]\nuser = "u"\npassword_file = "{self.folder}/absent"'), "absent"),
        ]
        for text, said in wrong:
            self.config.write_text(text.replace("[coap]", "[log]\nlevel = \"debug\"\n[coap]"))
            self.assertRegex("\n".join(self.reload()["problems"]), said)
        told = self.msggw("reload", "--dir", self.folder / "gateway", code=1)
        self.assertRegex(told, said)
        self.assertIn("nothing has changed", told)
        self.assertRegex(self.msggw("config", "diff", "--dir", self.folder / "gateway", code=1), said)
        wrong_since = self.degraded()["configuration"]["since"]
        self.config.write_text(self.good)
        self.list.write_text("[[smsc]]\nname = 5\n")
        self.assertRegex(self.reload()["problems"][0], r"smscs.toml:2: \[smsc #1\] name")
        self.assertEqual(self.metric(self.running, "msggw_config_reloads_total", '{result="refused"}'), len(wrong) + 2)
        self.assertEqual(self.running.output().count("reload_refused"), len(wrong) + 2)
        self.assertNotIn("config_reloaded", self.running.output())
        self.assertEqual(self.smscs[0].counter("receivers"), 1)
        trouble = self.degraded()["configuration"]
        self.assertRegex(trouble["why"], r"smscs.toml:2: \[smsc #1\] name")
        self.assertEqual((trouble["since"], trouble["state"]), (wrong_since, "limited"))
        self.write_list(*self.smscs)
        self.assertEqual(self.reload()["applied"], [])
        self.assertNotIn("configuration", self.degraded())

    def test_smscs_come_change_and_go_while_the_others_stay(self):
        self.start_gateway(smscs=2)
        first, second = self.smscs
        self.write_list(first)
        self.reload()
        wait_for(lambda: second.counter("receivers") == 0, "the leave")
        binds = self.metric(self.running, "msggw_sms_binds_total", '{smsc="s1"}')
        self.write_list(first, second, more="system_type = \"VMA\"\n")
        self.assertIn("would be taken over: [smsc s2] comes", self.msggw("config", "diff", "-c", self.config))
        told = self.msggw("reload", "-c", self.config)
        self.assertIn("taken over: [smsc s1] system_type: \"\" to \"VMA\"", told)
        wait_for(lambda: second.counter("receivers") == 1, "the bind")
        wait_for(lambda: self.metric(self.running, "msggw_sms_binds_total", '{smsc="s1"}') == binds + 1, "another bind")
        self.write_list(first, second, more="system_type = \"VMA\"\nwindow = 20\nrate = 7\n")  # of no need for another bind
        self.reload()
        wait_for(lambda: self.metric(self.running, "msggw_sms_rate", '{smsc="s2"}') == 7, "the rate")
        self.assertEqual(self.metric(self.running, "msggw_sms_binds_total", '{smsc="s1"}'), binds + 1)
        # As a start with this list would have them: s3 comes, and is preferred.
        self.list.write_text(f'[[smsc]]\nname = "s3"\naddresses = ["127.0.0.1:{second.port}"]\nrate = 8\n' + self.list.read_text())
        self.assertEqual([one["key"] for one in self.reload()["applied"]], ["[smsc s3]"])
        self.assertEqual([smsc["name"] for smsc in self.status()["smscs"]], ["s3", "s1", "s2"])
        shown = {one["key"]: (one["value"], one["origin"]) for one in self.shown(self.config)}
        self.assertEqual(shown["[smsc s3] rate"], ("8", f"{self.list}:4"))
        self.assertEqual(shown["[smsc s2] rate"], ("7", f"{self.list}:16"))
        self.assertEqual(shown["[smsc s3] burst"], ("100", shown["sms.burst"][1]))  # of [sms]
        self.assertEqual(shown["[smsc s3] window"], ("10", "default"))
        for smsc, number in ((first, NUMBER), (second, NUMBER + "8")):
            message = smsc.call("messages", {"from": number, "to": "12345", "text": "hello"})["id"]
            wait_for(lambda smsc=smsc, message=message: smsc.call(f"messages/{message}")["state"] == "accepted", "the answer")
        self.running.stop()

    def test_servers_and_provisioning_functions_move(self):
        self.start_gateway()
        self.good = self.config.read_text()
        before = CoapDevice(self, "before")
        pf = self.folder / "other-pf.toml"
        port = free_port()
        pf.write_text(f'[pf]\nfolder = "{self.folder}/other"\nport = {port}\nadmin_port = 0\n[pf.coap]\nenabled = false\n'
                      '[pf.policy]\nservice_id_template = "other-{id}@msgin5g.example"\n')
        self.start([BIN / "msggw", "pf", "-c", pf])
        moved = {"provisioning.uris": f'["http://127.0.0.1:{port}"]', "limits.max_devices": "3", "log.level": '"debug"'}
        self.write(moved)
        self.assertIn(f'provisioning.uris: ["http://127.0.0.1:{self.pf_port}"] to ["http://127.0.0.1:{port}"]',
                      self.msggw("reload", "-c", self.config))
        after = CoapDevice(self, "after")
        self.assertTrue(after.service_id.startswith("other-"))
        self.assertFalse(before.service_id.startswith("other-"))
        self.assertEqual(before.send("m1", "x")[1], 0x44)
        self.arrived("m1")
        # A server that is not there any more, and is again.
        self.write({"msgin5g.server.uris": '["http://127.0.0.1:1"]'})
        self.reload()
        self.assertEqual(before.send("m2", "x")[1], 0x44)
        wait_for(lambda: "server_unavailable" in self.running.output(), "the outage")
        self.config.write_text(self.good)
        os.kill(self.running.pid, signal.SIGHUP)
        self.arrived("m2")
        self.assertIn("config_reloaded changed=", self.running.output())
        self.running.stop()

    def test_a_broker_moves_and_secrets_come_from_files(self):
        self.start_gateway()
        self.good = self.config.read_text()
        mqtt = Device(self, "meter-2")
        self.broker_port = free_port()
        passwords = self.folder / "passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "gw", "right"], check=True)
        passwords.chmod(0o644)
        self.broker(f"password_file {passwords}\nallow_anonymous true\n")
        secret = self.folder / "secret"
        secret.write_text("right\n")
        self.write({"mqtt.port": str(self.broker_port), "mqtt.user": '"gw"', "mqtt.password_file": f'"{secret}"'})
        told = self.msggw("reload", "-c", self.config)
        self.assertIn("mqtt.password", told)
        self.assertNotIn("right", told)
        shown = self.msggw("config", "show", "-c", self.config, "--origin")
        self.assertNotIn("right", shown)
        self.assertRegex(shown, rf'password = "\(hidden\)" +# {secret}')
        wait_for(lambda: self.metric(self.running, "msggw_mqtt_connected") == 1, "the other broker")
        self.write({"mqtt.port": str(self.broker_port), "mqtt.user": '"gw\\uFFFE"', "log.level": '"debug"'})
        self.assertIn("mqtt.user", self.reload()["problems"][0])
        self.write({"mqtt.port": str(self.broker_port), "mqtt.user": '"gw"', "mqtt.password_file": f'"{secret}"'})
        self.assertEqual(self.reload()["applied"], [])
        mqtt = Device(self, "meter-2", client_id="moved")
        self.assertEqual(mqtt.service_id, self.rows()["meter-2"]["serviceId"])
        self.assertNotIn("right", self.running.output())
        self.running.stop()


class FunctionReload(Case):
    def test_the_provisioning_function_too(self):
        port = free_port()
        pf = self.pf(sections={"pf": {"admin_port": port}})
        config = self.folder / "pf.toml"
        good = config.read_text()

        def run(*words, code=0):
            done = subprocess.run([BIN / "msggw", *words, "--pf", "-c", config], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            return done.stdout + done.stderr
        shown = json.loads(run("config", "show", "--json"))["options"]
        options = {one["key"]: (one["value"], one["taken"] == "live") for one in shown}

        def written(changed):
            current, section = {}, ""
            for line in good.splitlines():
                if line.startswith("["):
                    section = line.strip("[]")
                else:
                    key, value = line.split(" = ", 1)
                    current[f"{section}.{key}"] = value
            config.write_text(text_of({**current, **changed}))
        live = {key: other(key, value) for key, (value, is_live) in options.items() if is_live and not ELSEWHERE.fullmatch(key)}
        written(live)
        self.assertIn("would be taken over: pf.policy.service_id_template", run("config", "diff"))
        answer = json.loads(run("reload", "--json"))
        self.assertEqual(set(live) - {one["key"] for one in answer["applied"]}, set())
        self.assertEqual(answer["needsRestart"], [])
        waiting = {key: {"pf.address": '"127.0.0.2"', "log.format": '"json"', "pf.test.address": '"127.0.0.2"',
                         "pf.test.hosts": '["a.example"]'}.get(key) or other(key, value)
                   for key, (value, is_live) in options.items()
                   if not is_live and key not in ("pf.folder", "pf.test.scenario", "pf.test.enabled", "pf.coap.enabled")}
        written({**live, **waiting})
        answer = json.loads(run("reload", "--json"))
        self.assertEqual({one["key"] for one in answer["needsRestart"]}, set(waiting))
        self.assertEqual(answer["applied"], [])
        # Its listeners move, one comes, and the one over which this is asked moves too.
        to = {"pf.port": str(free_port()), "pf.admin_port": str(free_port()), "pf.coap.enabled": "true",
              "pf.coap.coap_port": str(free_port())}
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", int(to["pf.port"])))
            taken.listen()
            written({**to, "pf.max_unanswered": "7"})
            self.assertRegex(run("reload", code=1), rf"pf.toml:\d+: \[pf\] port: .*{to['pf.port']}.*in use.*\n.*nothing has changed")
            degraded = asked(self.folder / "pf", "GET", "status")["degraded"]
            self.assertRegex({one["part"]: one["why"] for one in degraded}["configuration"], r"\[pf\] port: ")
        self.assertIn(f"pf.port: {self.pf_port:_} to {int(to['pf.port']):_}", run("reload"))
        self.assertFalse(self._listens(self.pf_port) or self._listens(port))
        self.assertTrue(self._listens(int(to["pf.port"])) and self._listens(int(to["pf.coap.coap_port"])))
        self.assertIn(f"listener_opened url=http://127.0.0.1:{to['pf.port']} ", pf.output())
        self.assertIn(f"listener_opened url=coap://127.0.0.1:{to['pf.coap.coap_port']} ", pf.output())
        self.assertIn(f"listener_closed url=http://127.0.0.1:{self.pf_port} ", pf.output())
        written({})
        run("reload")
        self.assertTrue(self._listens(self.pf_port) and not self._listens(int(to["pf.coap.coap_port"])))
        (self.folder / "policy.toml").write_text("[[rule]]\nname = 7\n")
        written({"pf.policy_file": f'"{self.folder}/policy.toml"'})
        self.assertIn("policy.toml:2:", run("reload", code=1))
        pf.stop()


if __name__ == "__main__":
    unittest.main()
