# SPDX-License-Identifier: Apache-2.0
"""What our plugin costs Mosquitto: a device publishes over TLS to a broker without it and with it."""
import os
import shutil
import statistics
import subprocess

from harness import BenchError

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GATEWAY_TOML = """\
[gateway]
folder = "{folder}/plugin-gateway"
[coap]
enabled = false
[mqtt]
port = {mqtt}
plugin_folder = "{shared}"
topics_prove = true
[provisioning]
uris = ["http://127.0.0.1:1"]
[admin]
port = {admin}
"""
BROKER_CONF = """\
listener {mqtt} 127.0.0.1
certfile {certificates}/pf.crt
keyfile {certificates}/pf.key
{user}
"""
MOST_US = 5


class PluginCost:
    """Of Secure, whose rows and bars it adds to."""

    def __init__(self, secure):
        self.secure, self.bench = secure, secure.bench
        self.folder, self.port = secure.folder, secure.tls_broker
        self.shared, self.certificates = os.path.join(self.folder, "plugin"), os.path.join(self.folder, "plugin-certificates")

    def run(self):
        os.mkdir(self.shared, 0o750)
        self.secure.run_tool(os.path.join(ROOT, "etc/make-certs"), self.certificates)
        self.let_the_plugin_know()
        plugin = os.path.join(os.path.abspath(self.bench.bin), "msggw_mosquitto.so")
        alone = self.cost("allow_anonymous true\n")
        with_it = self.cost(f"allow_anonymous false\nplugin {plugin}\nplugin_opt_folder {self.shared}\n", "-u", "a", "-P", "of-a")
        self.secure.row("a publication over TLS, Mosquitto alone", alone, "us")
        self.secure.row("  the same with the plugin", with_it, "us")
        self.secure.bar("what the plugin adds to a publication", with_it - alone, "<=", MOST_US, " us")

    def let_the_plugin_know(self):
        """Of a device and its password; the gateway is not needed then."""
        program, gateway = os.path.join(self.bench.bin, "msggw"), os.path.join(self.folder, "plugin-gateway")
        toml = self.bench.write("plugin-gateway.toml", GATEWAY_TOML.format(folder=self.folder, mqtt=self.port, shared=self.shared, admin=self.secure.admin))
        secret = self.bench.write("plugin-secret", "of-a\n")
        running = self.bench.start("plugin gateway", [program, "run", "-c", toml])
        self.secure.run_tool(program, "devices", "add", "a", "--dir", gateway)
        self.secure.run_tool(program, "devices", "credential", "add", "a", "--kind", "password", "--secret", secret, "--dir", gateway)
        self.secure.wait_for("the credential", lambda: self.secure.metric("msggw_broker_access_rows_total ") >= 1)
        running.stop()

    def cost(self, lines, *login):
        """CPU microseconds of the broker for each publication."""
        count = self.secure.o.mqtt
        user = "user root" if os.geteuid() == 0 else ""
        config = self.bench.write("plugin-broker.conf", BROKER_CONF.format(mqtt=self.port, certificates=self.certificates, user=user) + lines)
        messages = self.bench.write("plugin-messages", "{}\n" * count)
        broker = self.bench.start("plugin broker", [shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", config], self.port)
        command = ["mosquitto_pub", "-V", "5", "-l", "-q", "1", "-h", "localhost", "-p", str(self.port), "--cafile", f"{self.certificates}/ca.crt",
                   *login, "-t", "msgin5g/a/up"]
        costs = []
        for _ in range(self.secure.o.repeat + 1):
            before = broker.cpu()
            with open(messages) as each:
                said = subprocess.run(command, stdin=each, check=True, stderr=subprocess.PIPE, text=True).stderr
            if said:  # such as that it may not
                raise BenchError(f"mosquitto_pub: {said[:200]}")
            costs.append((broker.cpu() - before) * 1e6 / count)
        broker.kill()
        return statistics.median(costs[1:])  # the first one tries the password
