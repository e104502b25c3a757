# SPDX-License-Identifier: Apache-2.0
"""A real Mosquitto with our plugin, its gateway, and devices with credentials, for the tests of the plugin."""
import contextlib
import os
import re
import shutil
import subprocess

from harness import BIN, PATIENCE, Case, free_port, wait_for
from mqtt import Lost, Mqtt

PLUGIN = (BIN / "msggw_mosquitto.so").resolve()


class PluginCase(Case):
    """Devices are called by the letters of `devices`, and have the password `of-<name>`."""

    devices = "abc"

    def setUp(self):
        super().setUp()
        self.shared = self.folder / "broker"
        self.shared.mkdir()
        self.shared.chmod(0o2750)
        self.psk_port, self.tls_port = free_port(), free_port()
        self.pf()

    def lines(self):
        """Of the broker's configuration."""
        return f"allow_anonymous false\nplugin {PLUGIN}\nplugin_opt_folder {self.shared}\n"

    def served(self, **more):
        settings = {"plugin_folder": str(self.shared), "plugin_psks": True, "topics_prove": True, **more}
        gateway = self.gateway(mqtt=True, sections={"mqtt": settings})
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_connected") == 1, "the broker connection")
        return gateway

    def begin(self, **more):
        """Broker and gateway, devices in place."""
        self.running = self.broker(self.lines())
        gateway = self.served(**more)
        for name in self.devices:
            self.add(name)
            self.credential("add", name, "--kind", "password", "--secret", "-", stdin=f"of-{name}\n")
        return gateway

    def add(self, private_id, *arguments):
        self.msggw("devices", "add", private_id, *arguments)

    def credential(self, *arguments, stdin=""):
        return self.msggw("devices", "credential", *arguments, stdin=stdin)

    def msggw(self, *arguments, stdin=""):
        done = subprocess.run([BIN / "msggw", *map(str, arguments), "--dir", self.folder / "gateway"], capture_output=True, text=True,
                              timeout=PATIENCE, input=stdin)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def device(self, name, version=4, client_id=None, password=None, **connect):
        client = Mqtt(self.broker_port, client_id or f"device-{name}-{version}", user=name,
                      password=f"of-{name}" if password is None else password, version=version, **connect)
        self.addCleanup(client.close)
        return client

    def comes_in(self, name, **connect):
        """Whether the broker lets it in now."""
        try:
            self.device(name, **connect).close()
        except Lost:
            return False
        return True

    def until_in(self, name, **connect):
        wait_for(lambda: self.comes_in(name, **connect), f"that {name} is let in")

    def refused(self, gateway, reason):
        return self.metric(gateway, "msggw_broker_refused_total", f'{{reason="{reason}"}}')

    def registers(self, name, **connect):
        """A device that has its Service ID, listening on its topics."""
        device = self.device(name, **connect)
        for topic in ("registration", "down", "ack", "reports"):
            device.subscribe(f"msgin5g/{name}/{topic}")
        device.publish(f"msgin5g/{name}/register", "{}")
        self.assertTrue(device.hear(lambda topic, _, body: '"serviceId"' in body, PATIENCE), name)
        return device

    @staticmethod
    def is_connected(client):
        with contextlib.suppress(Lost):
            client.publish("msgin5g/ping/ping")  # never its own: refused, and acknowledged
            return True
        return False
