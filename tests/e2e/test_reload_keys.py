# SPDX-License-Identifier: Apache-2.0
"""Every key that a running gateway takes over is changed and changed back: each time one of every section, while a device over
CoAP observes its inbox and devices over CoAP, MQTT and SMS send. The answers name these keys and no others, and sessions,
binds and connections stay that no key was about.  tests/bench/reload does it key by key, with fleets."""
import json
import os
import re
import subprocess
import unittest

from harness import BIN, PATIENCE, wait_for
from messaging import CoapDevice, MessagingCase
from phones import Smsc
from reload_values import changes_of, read_manual, read_options, write_options
from server_double import OWN
from test_mqtt_messages import Device
from test_reload import asked

NUMBER = "+491701234567"
# Another value refuses these devices, or what they send; or it is a file or an address, as in tests/bench/reload, or a listener's
# place (test_reload_listeners.py).
ELSEWHERE = re.compile(r"limits\.first_contact|(coap|mqtt)\.(admission|open_messages)|coap\.secure\..*|sms\.(first_contact|trusted|"
                       r"bare_numbers|default_coding|receipts|addresses)|mqtt\.(proof|host|port)|messages\.default_recipient|provisioning\.uris|"
                       r"msgin5g\.(legacy_3gpp|non_3gpp|token|content_encoding|server\.service_id|server\.uris)|msgin5g\.tls\..*|"
                       r"(admin|coap|msgin5g)\.(enabled|udp|tcp|address|port|path|target_uri)")
# What a connection is made with, which makes another one.
ANEW = re.compile(r"mqtt\.(user|password|keep_alive)|sms\.(system_id|password|system_type|address_range|range_ton|range_npi)")


class Observer(CoapDevice):
    """Its inbox is observed from the beginning on."""

    def observe(self):
        self.token = os.urandom(4)
        request = self.coap.message(1, [(6, b""), *self.at(b"inbox")], token=self.token)
        self.coap.send(request)
        answer = self.coap.receive()
        assert answer[3] == self.token and 6 in answer[4], answer

    def notified(self):
        """What comes next, acknowledged."""
        while True:
            kind, _, mid, token, _, payload = self.coap.receive()
            if kind == self.coap.CON:
                self.coap.send(bytes([0x60, 0]) + mid.to_bytes(2, "big"))
            if token == self.token and payload:
                return json.loads(payload)


class ReloadKeys(MessagingCase):
    def start_gateway(self):
        self.broker()
        self.smsc = Smsc(self, "--retry", "50ms")
        self.start_all(mqtt=True, sections={
            "limits": {f"first_contacts_per_{source}": 1_000_000 for source in ("address", "broker", "smsc")},
            "sms": {"enabled": True, "addresses": [f"127.0.0.1:{self.smsc.port}"], "rate": 1000, "burst": 100},
            "messages": {"default_recipient": "AS " + OWN}})
        self.config = self.folder / "gateway.toml"
        self.begin = read_options(self.config.read_text())
        wait_for(lambda: self.smsc.counter("receivers") == 1, "the bind")

    def rounds(self):
        """[{key: value}], each with one key of every section, and those that it needs."""
        shown = subprocess.run([BIN / "msggw", "config", "show", "--json", "-c", self.config], capture_output=True, text=True,
                               check=True, timeout=PATIENCE)
        manual, sections = read_manual(), {}
        for one in json.loads(shown.stdout)["options"]:
            if one["taken"] != "live" or ELSEWHERE.fullmatch(one["key"]):
                continue
            changed = changes_of(one["key"], one["value"], manual, {})
            if changed is not None:
                sections.setdefault(one["key"].rsplit(".", 1)[0], []).append(changed)
        together = []
        for keys in sections.values():
            for at, changed in enumerate(keys):
                if at == len(together):
                    together.append({})
                together[at] |= changed
        return together

    def messages(self, coap, mqtt, n):
        """One of each device; they arrive."""
        self.assertEqual(coap.send(f"c-{n}", "21.5")[1], 0x44)
        body = json.dumps({"destAddr": {"addrType": "AS", "addr": OWN}, "msgId": f"m-{n}", "payload": "22"})
        mqtt.mqtt.publish(mqtt.topic("send"), body)
        text = self.smsc.call("messages", {"from": NUMBER, "to": "12345", "text": f"text {n}"})["id"]
        wait_for(lambda: self.smsc.call(f"messages/{text}")["state"] == "accepted", "the answer to the phone")
        return {f"c-{n}", f"m-{n}"}

    def stays(self):
        """What no reload may end."""
        return {name: self.metric(self.running, name) for name in (
            "msggw_mqtt_reconnects_total", 'msggw_sms_binds_total{smsc="smsc"}', "msggw_coap_observations")}

    def test_each_live_key_changes_and_nothing_is_lost(self):
        self.start_gateway()
        coap, mqtt = Observer(self, "meter-1"), Device(self, "meter-2")
        coap.observe()
        rounds = self.rounds()
        anew = [bool(any(ANEW.fullmatch(key) for key in changed)) for changed in rounds]
        sent, before, stays = set(), {}, self.stays()
        for n, changed in enumerate([*rounds, {}]):
            self.config.write_text(write_options({**self.begin, **changed}))
            answer = asked(self.folder / "gateway")
            self.assertEqual({one["key"] for one in answer.get("applied", [])},
                             {key for key in {**before, **changed} if before.get(key) != changed.get(key)}, answer)
            self.assertEqual(answer["needsRestart"], [])
            if any(anew[max(0, n - 1):n + 1]):
                wait_for(lambda: self.metric(self.running, "msggw_mqtt_connected") == 1 and self.smsc.counter("receivers") == 1,
                         "what was to be connected anew")
                stays = self.stays()
            self.assertEqual(self.stays(), stays)
            sent |= self.messages(coap, mqtt, n)
            before = changed
        self.assertGreater(len(rounds), 20)
        self.all_there(sent, len(rounds) + 1)
        self.double.control("send", {"to": coap.service_id, "text": "READ", "report": True})
        down = coap.notified()
        self.assertEqual(down["payload"], "READ")
        self.reported(down["msgId"])
        self.assertEqual({state for state in self.states().values()}, {"registered"})
        self.running.stop()

    def all_there(self, sent, texts):
        def came():
            inbox = [entry["message"] for entry in self.double.inbox() if "message" in entry]
            return inbox if len(inbox) >= len(sent) + texts else None
        inbox = wait_for(came, "all that was accepted")
        names = [message["msgId"] for message in inbox]
        self.assertEqual(len(names), len(set(names)), "a message came twice")
        self.assertLessEqual(sent, set(names))
        written = sorted(message["payload"] for message in inbox if message["payload"].startswith("text "))
        self.assertEqual(written, sorted(f"text {n}" for n in range(texts)))


if __name__ == "__main__":
    unittest.main()
