# SPDX-License-Identifier: Apache-2.0
"""Devices of mosquitto_sub and mosquitto_pub, MQTT.js and Eclipse Paho that prove who they are to the real Mosquitto with our plugin, by
password, PSK and certificate: messages and reports both ways."""
import json
import os
import pathlib
import subprocess
import unittest

import npm
from devices import MosquittoDevice, OverMqtt
from harness import wait_for
from node_devices import MqttJs
from plugin_broker import PluginCase
from server_double import OWN

KEY = "8f3a0c55d21b4e7790aa1b2c3d4e5f60"


class ByPassword(MosquittoDevice):
    def way(self):
        return [*super().way(), "-u", self.private_id, "-P", f"of-{self.private_id}"]


class ByPsk(MosquittoDevice):
    def way(self):
        return ["-h", "127.0.0.1", "-p", str(self.case.psk_port), "--psk-identity", self.private_id, "--psk", KEY]


class ByCertificate(MosquittoDevice):
    def way(self):
        files = self.case.certificates
        return ["-h", "localhost", "-p", str(self.case.tls_port), "--cafile", str(files / "ca.crt"), "--cert", str(files / "a.example.crt"),
                "--key", str(files / "a.example.key")]


class JsByPassword(MqttJs):
    def way(self):
        return {"username": self.private_id, "password": f"of-{self.private_id}"}


class JsByCertificate(MqttJs):
    def way(self):
        files = self.case.certificates
        return {"host": "localhost", "port": self.case.tls_port, "ca": str(files / "ca.crt"), "cert": str(files / "b.example.crt"),
                "key": str(files / "b.example.key")}


class Paho(OverMqtt):
    def __init__(self, case, private_id, is_plain):
        super().__init__(case, private_id, is_plain)
        script = pathlib.Path(__file__).with_name("paho_device.py")
        self.script = case.start(["/usr/bin/python3", script, str(case.broker_port), private_id, private_id, f"of-{private_id}"],
                                 stdin=subprocess.PIPE)
        self.begin()

    def publish(self, name, payload, retain=False):
        self.script.say(json.dumps({"topic": name, "payload": payload, "retain": retain}))

    def heard(self):
        said = [json.loads(line) for line in list(self.script.lines) if line.startswith("{")]
        return [(one["topic"], one["payload"]) for one in said]


class Peers(PluginCase):
    def exchange_with(self, kinds):
        """A device of each kind; every other one takes messages plain."""
        self.broker(self.tls_lines())
        self.start_all(mqtt=True, sections={"messages": {"default_recipient": f"AS {OWN}"}, **self.sections(admission="proven")})
        for number, kind in enumerate(kinds):
            name = kind.__name__
            self.add(name)
            self.credential("add", name, "--kind", "password", "--secret", "-", stdin=f"of-{name}\n")
            self.credential("add", name, "--secret", "-", stdin=f"hex:{KEY}\n")
            if "Certificate" in name:
                self.credential("add", name, "--kind", "certificate", "--name", "b.example" if name.startswith("Js") else "a.example")
            self.until_in(name)
            with self.subTest(name):
                device = kind(self, name, number % 2 == 1)
                self.wait_until_registered(device)
                self.down(device, "nghttp")
                self.up(device)
                self.report_down(device, "curl")
        self.running.stop()

    def test_mosquitto(self):
        self.exchange_with([ByPassword, ByPsk, ByCertificate])

    def test_who_is_seen_connected_proves_also_to_the_next_gateway(self):
        """The broker's word counts for a device that has said nothing since the gateway has come."""
        self.exchange_with([])
        settings = {"messages": {"default_recipient": f"AS {OWN}"}, **self.sections(admission="proven")}
        self.run_gateway(mqtt=True, sections=settings)
        self.add("Still")
        self.credential("add", "Still", "--kind", "password", "--secret", "-", stdin="of-Still\n")
        self.until_in("Still")
        device = ByPassword(self, "Still", True)
        self.wait_until_registered(device)
        self.running.stop()
        self.run_gateway(mqtt=True, sections=settings)
        wait_for(lambda: self.metric(self.running, "msggw_broker_devices_connected") == 1, "that it is seen")
        wait_for(lambda: self.metric(self.running, "msggw_mqtt_devices_online") == 1, "its status")
        self.down(device, "nghttp")
        self.running.stop()

    def test_paho(self):
        self.exchange_with([Paho])

    @unittest.skipIf(npm.why_not(), "no packages of npm")
    def test_mqtt_js(self):
        os.environ["NODE_PATH"] = str(npm.FOLDER / "node_modules")
        self.exchange_with([JsByPassword, JsByCertificate])


if __name__ == "__main__":
    unittest.main(verbosity=2)
