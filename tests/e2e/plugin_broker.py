# SPDX-License-Identifier: Apache-2.0
"""A real Mosquitto with our plugin, its gateway, and devices with credentials, for the tests of the plugin."""
import contextlib
import pathlib
import subprocess

from exchange import ExchangeCase
from harness import BIN, PATIENCE, free_port, wait_for
from mqtt import Lost, Mqtt

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = ROOT / "etc" / "mosquitto" / "msggw-plugin.conf"
PLUGIN = (BIN / "msggw_mosquitto.so").resolve()


class PluginCase(ExchangeCase):
    """Devices are called by the letters of `devices`, and have the password `of-<name>`."""

    devices = "abc"

    def setUp(self):
        super().setUp()
        self.shared = self.folder / "broker"
        self.shared.mkdir()
        self.shared.chmod(0o2750)
        self.psk_port, self.tls_port = free_port(), free_port()

    def lines(self):
        """Of the broker's configuration."""
        return f"allow_anonymous false\ncheck_retain_source true\nplugin {PLUGIN}\nplugin_opt_folder {self.shared}\n"

    def tls_lines(self):
        """The same by the file of etc/mosquitto, with listeners for certificates and for PSKs."""
        self.certificates = self.folder / "certs"
        names = [word for name in ("a.example", "b.example", "msggw", "stranger") for word in ("--gateway", name)]
        subprocess.run([ROOT / "etc" / "make-certs", self.certificates, *names], check=True, capture_output=True)
        text = FILE.read_text().split("# Users and passwords over TLS.")[0]
        begin, rest = text.split("# Certificates:", 1)
        text = begin + "# Certificates:" + "\n".join(line[1:] if line.startswith("#") and not line.startswith("# ") else line
                                                     for line in rest.splitlines()) + "\n"
        for shipped, here in (("listener 1883 127.0.0.1\n", ""), ("listener 8883", f"listener {self.tls_port} 127.0.0.1"),
                              ("listener 8884", f"listener {self.psk_port} 127.0.0.1"),
                              ("/etc/mosquitto/certs/broker", str(self.certificates / "pf")), ("/etc/mosquitto/certs/", f"{self.certificates}/"),
                              ("/usr/lib/msggw/msggw_mosquitto.so", str(PLUGIN)), ("/var/lib/msggw-broker", str(self.shared))):
            assert shipped in text, shipped
            text = text.replace(shipped, here)
        return text + f"persistence true\npersistence_location {self.folder}/\n"

    def sections(self, **more):
        return {"mqtt": {"plugin_folder": str(self.shared), "plugin_psks": True, "topics_prove": True, "open_messages": False, **more}}

    def served(self, **more):
        gateway = self.gateway(mqtt=True, sections=self.sections(**more))
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_connected") == 1, "the broker connection")
        self.assertNotIn("broker_lost", gateway.output())
        return gateway

    def begin(self, **more):
        """Provisioning Function, broker and gateway, devices in place."""
        self.pf()
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
