# SPDX-License-Identifier: Apache-2.0
"""What tests/bench/reload reloads: a gateway and a Provisioning Function with everything around them, on loopback."""

import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.request

from harness import BenchError, free_ports, scenario
from receipts_smsc import ReceiptsSmsc
from reload_values import write_options

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATIENCE = 60.0
SERVERS = {"m5s-1": "NON_3GPP", "m5s-2": "LEGACY_3GPP"}
CRL = """[ca]
default_ca = one
[one]
database = {0}/index.txt
default_md = sha256
default_crl_days = 30
"""
BROKER = """per_listener_settings false
allow_anonymous true
max_queued_messages 0
max_inflight_messages 1000
set_tcp_nodelay true
listener {devices} 127.0.0.1
listener {one} 127.0.0.1
listener {other} 127.0.0.1
listener {tls} 127.0.0.1
certfile {folder}/certificates/pf.crt
keyfile {folder}/certificates/pf.key
{user}
"""

messages = scenario("messages")


def text(value):
    return json.dumps(str(value))


class Tokens:
    """An endpoint that grants every access token that is asked for."""

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                body = b'{"access_token":"word","token_type":"Bearer","expires_in":3600}'
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        self.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()


class Scene(messages.Bench):
    # Listeners that move, or get TLS, end what is connected to them: tests/e2e/test_reload_listeners.py.
    places = frozenset(
        [f"{section}.{key}" for section in ("admin", "coap", "coap.secure", "msgin5g", "pf")
         for key in ("udp", "tcp", "address", "port", "path", "target_uri", "tls_port", "admin_port", "allow_cleartext")] +
        ["admin.enabled", "pf.coap.enabled", "pf.coap.coap_port", "pf.coap.coaps_port"] +
        [f"msgin5g.tls.{key}" for key in ("certificate", "key", "client_ca", "crl")])
    elsewhere = places | {"msgin5g.client_names", "sms.ca", "sms.crl", "sms.certificate", "sms.key"}

    def __init__(self, options, folder):
        super().__init__(options, folder)
        self.program = f"{self.bin}/msggw"
        self.gateway_toml, self.pf_toml = self.path("gateway.toml"), self.path("pf.toml")
        (self.broker_other, self.broker_tls, self.broker_devices, self.phones_port, self.pf_tls, self.operator,
         self.pf_operator) = free_ports(socket.SOCK_STREAM, 7)
        self.secure, = free_ports(socket.SOCK_DGRAM, 1)
        self.tokens = Tokens()
        self.smsc = ReceiptsSmsc(delay=0.05)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def certificate(self, name):
        return self.path("certificates", name)

    def make_files(self):
        def run(*words):
            subprocess.run(list(words), check=True, capture_output=True)
        run(os.path.join(ROOT, "etc/make-certs"), self.certificate(""), "--gateway", "gw-1")
        config = self.write("crl.cnf", CRL.format(self.folder))
        self.write("index.txt", "")
        run("openssl", "ca", "-config", config, "-gencrl", "-keyfile", self.certificate("ca.key"), "-cert", self.certificate("ca.crt"),
            "-out", self.certificate("ca.crl"))
        for name in ("pf.crt", "pf.key", "ca.crt"):
            shutil.copy(self.certificate(name), self.certificate("other-" + name))
        self.write("word", "word\n")
        os.chmod(self.path("word"), 0o600)
        for name in ("servers.toml", "other-servers.toml"):
            self.write(name, "".join(f'[[server]]\nname = "{server}"\nservice_id = "{server}@msgin5g.example"\n'
                                     f'uris = ["http://127.0.0.1:{port}"]\n'
                                     for server, port in zip(SERVERS, (self.server_port, self.phones_port))))
        for name in ("policy.toml", "other-policy.toml"):
            self.write(name, "".join(f'[[rule]]\nname = "{server}"\nue_types = ["{kind}"]\nservers = ["{server}@msgin5g.example"]\n'
                                     for server, kind in SERVERS.items()))
        self.write("gateways.toml", '[[gateway]]\nname = "gw"\ntoken = "a-word-of-sixteen"\n')
        os.chmod(self.path("gateways.toml"), 0o600)
        self.write("smscs.toml", '[[smsc]]\nname = "smsc"\n')
        self.broker_conf = self.write("mosquitto.conf", BROKER.format(
            devices=self.broker_devices, one=self.mqtt, other=self.broker_other, tls=self.broker_tls, folder=self.folder,
            user="user root" if os.geteuid() == 0 else ""))

    def options(self):
        """Such that another value of most keys refuses nobody."""
        own = self.certificate
        return {
            "gateway.folder": text(self.path("gateway")), "log.level": '"info"', "admin.port": self.operator,
            "limits.first_contacts_per_address": 1_000_000, "limits.first_contacts_per_broker": 1_000_000,
            "limits.first_contacts_per_smsc": 1_000_000,
            "coap.address": '"127.0.0.1"', "coap.port": self.coap, "coap.open_messages": "true",
            "coap.secure.udp": "true", "coap.secure.port": self.secure, "coap.secure.certificate": text(own("pf.crt")),
            "coap.secure.key": text(own("pf.key")), "coap.secure.client_ca": text(own("ca.crt")),
            "mqtt.port": self.mqtt, "mqtt.open_messages": "true",
            "sms.enabled": "true", "sms.addresses": f'["127.0.0.1:{self.smsc.port}"]', "sms.rate": 10_000, "sms.burst": 1_000,
            "sms.window": 100, "sms.keyword_status": '"STATUS"', "sms.response_ids": '"hex"', "sms.receipt_ids": '"decimal"',
            "messages.default_recipient": '"AS as-1@msgin5g.example"',
            "msgin5g.enabled": "true", "msgin5g.port": self.face, "msgin5g.servers_file": text(self.path("servers.toml")),
            "provisioning.uris": f'["http://127.0.0.1:{self.pf_port}"]', "provisioning.http.version": '"http2"'}

    def pf_options(self):
        own = self.certificate
        return {"pf.folder": text(self.path("pf")), "pf.port": self.pf_port, "pf.tls_port": self.pf_tls,
                "pf.admin_port": self.pf_operator, "pf.policy_file": text(self.path("policy.toml")), "pf.coap.enabled": "false",
                "pf.tls.certificate": text(own("pf.crt")), "pf.tls.key": text(own("pf.key")), "pf.tls.client_ca": text(own("ca.crt"))}

    def here(self):
        """{key: what changes with it}, where that are addresses and files."""
        own, word = self.certificate, text(self.path("word"))

        def pair(section, **more):
            both = {f"{section}.certificate": text(own("other-pf.crt")), f"{section}.key": text(own("other-pf.key")), **more}
            return {f"{section}.certificate": both, f"{section}.key": both}

        def one(key, value, **more):
            return {key: {key: value, **more}}
        token = {"msgin5g.server.token_uri": f'"http://127.0.0.1:{self.tokens.port}/token"', "msgin5g.server.client_id": '"gw"', "msgin5g.server.version": '"http1"'}
        tls = {"mqtt.ca": text(own("ca.crt")), "mqtt.host": '"localhost"', "mqtt.port": self.broker_tls}
        listener = pair("msgin5g.tls")["msgin5g.tls.key"]
        keys = {"msgin5g.token_keys": text(own("ca.crt")), "msgin5g.token_audiences": '["gw"]'}
        return {
            **pair("coap.secure"), **one("coap.secure.client_ca", text(own("other-ca.crt"))),
            **one("coap.secure.crl", text(own("ca.crl"))),
            **one("mqtt.host", '"localhost"'), **one("mqtt.port", self.broker_other), "mqtt.ca": tls,
            "mqtt.crl": {**tls, "mqtt.crl": text(own("ca.crl"))}, **pair("mqtt", **tls),
            "mqtt.password_file": {"mqtt.user": '"gw"', "mqtt.password_file": word},
            **one("sms.addresses", f'["127.0.0.1:{self.smsc.port}", "127.0.0.1:1"]'), **one("sms.password_file", word),
            **one("sms.keyword_status", '"STATE"'), **one("sms.smscs_file", text(self.path("smscs.toml"))),
            **one("msgin5g.token_file", word), "msgin5g.token_keys": keys, "msgin5g.token_audiences": keys,
            "msgin5g.token_issuers": {**keys, "msgin5g.token_issuers": '["nrf"]'},
            **one("msgin5g.servers_file", text(self.path("other-servers.toml"))),
            **one("msgin5g.server.uris", '["http://127.0.0.1:1"]'), **one("msgin5g.server.ca", text(own("ca.crt"))),
            "msgin5g.server.crl": {"msgin5g.server.ca": text(own("ca.crt")), "msgin5g.server.crl": text(own("ca.crl"))},
            **pair("msgin5g.server"), "msgin5g.server.token_uri": token, "msgin5g.server.client_id": token,
            "msgin5g.server.client_secret": {**token, "msgin5g.server.client_secret": '"word"'},
            "msgin5g.server.client_secret_file": {**token, "msgin5g.server.client_secret_file": word},
            **one("provisioning.uris", f'["http://127.0.0.1:{self.pf_port}", "http://127.0.0.1:1"]'),
            **one("provisioning.token_file", word),
            "provisioning.psk_key_file": {"provisioning.psk_identity": '"gw"', "provisioning.psk_key_file": word},
            **one("provisioning.tls.ca", text(own("ca.crt"))),
            "provisioning.tls.crl": {"provisioning.tls.ca": text(own("ca.crt")), "provisioning.tls.crl": text(own("ca.crl"))},
            **pair("provisioning.tls"),
            # Those that wait for a restart.
            **one("gateway.folder", '"/elsewhere"'), **one("credentials.key_file", text(self.path("other.key"))),
            **one("mqtt.client_id", '"gw-1"'), **one("mqtt.topic_prefix", '"other"'), **one("mqtt.shared_group", '"group"'),
            **one("mqtt.plugin_folder", text(self.folder)),
            "mqtt.plugin_psks": {"mqtt.plugin_psks": "true", "mqtt.plugin_folder": text(self.folder)},
            **one("sms.name", '"other"'), **one("msgin5g.server.name", '"other"'), **pair("msgin5g.tls"),
            "msgin5g.tls.client_ca": {**listener, "msgin5g.tls.client_ca": text(own("ca.crt"))},
            "msgin5g.tls.crl": {**listener, "msgin5g.tls.client_ca": text(own("ca.crt")), "msgin5g.tls.crl": text(own("ca.crl"))}}

    def pf_here(self):
        own = self.certificate
        known = {"pf.gateways_file": text(self.path("gateways.toml")), "pf.allow_unknown_gateways": "true"}
        both = {"pf.tls.certificate": text(own("other-pf.crt")), "pf.tls.key": text(own("other-pf.key"))}
        return {"pf.policy_file": {"pf.policy_file": text(self.path("other-policy.toml"))}, "pf.gateways_file": known,
                "pf.require_known_gateway": {"pf.require_known_gateway": "true", "pf.gateways_file": known["pf.gateways_file"]},
                "pf.tls.certificate": both, "pf.tls.key": both, "pf.tls.client_ca": {"pf.tls.client_ca": text(own("other-ca.crt"))},
                "pf.tls.crl": {"pf.tls.crl": text(own("ca.crl"))}, "pf.folder": {"pf.folder": '"/elsewhere"'},
                "pf.service_id": {"pf.service_id": '"other@msgin5g.example"'},
                "pf.test.scenario": {"pf.test.scenario": '"/elsewhere.json"'}}

    def start_all(self):
        self.make_files()
        path = os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin"
        self.start("broker", [shutil.which("mosquitto", path=path) or "mosquitto", "-c", self.broker_conf], self.mqtt)
        for config, options in ((self.gateway_toml, self.options()), (self.pf_toml, self.pf_options())):
            with open(config, "w") as file:
                file.write(write_options(options))
        self.server = self.load_server("server", self.server_port)
        self.phones = self.load_server("phones", self.phones_port, "--phones")
        self.pf = self.start("pf", [self.program, "pf", "-c", self.pf_toml])
        self.gateway = self.start("gateway", [self.program, "run", "-c", self.gateway_toml])
        self.wait_for(lambda: self.metric("msggw_mqtt_connected") == 1 and self.smsc.bound() == 1, "the broker and the SMSC")

    def load_server(self, name, port, *how):
        return self.start(name, [f"{self.bin}/msggw-sim", "m5s", "load", "--port", port, "--ledger", self.path(f"{name}.jsonl"), *how],
                          kind=messages.Talking)

    def say(self, *words):
        run = subprocess.run([self.program, *map(str, words), "--dir", self.path("gateway")], capture_output=True, text=True)
        if run.returncode != 0:
            raise BenchError(f"msggw {' '.join(map(str, words))}: {run.stdout}{run.stderr}")
        return run.stdout

    def listed(self):
        return {row["privateId"]: row for row in map(json.loads, self.say("devices", "list", "--json").splitlines())}

    @staticmethod
    def wait_for(condition, what, pause=0.005):
        until = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > until:
                raise BenchError(f"waited {PATIENCE:.0f} s in vain for {what}")
            time.sleep(pause)

    # ---- what processes say of themselves

    def exposed(self, process):
        port = self.operator if process is self.gateway else self.pf_operator
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as answer:
            return answer.read().decode()

    def metric(self, name, process=None):
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.exposed(process or self.gateway), re.MULTILINE)
        return float(found[1]) if found else 0.0

    def reloads(self, process):
        return self.metric('msggw_config_reloads_total{result="applied"}', process)

    def counters(self):
        """{name: value} of all counters, those of the Provisioning Function with `pf: ` before them."""
        values = {}
        for process, prefix in ((self.gateway, ""), (self.pf, "pf: ")):
            kind = ""
            for line in self.exposed(process).splitlines():
                if line.startswith("# TYPE "):
                    kind = line.rsplit(" ", 1)[1]
                elif kind == "counter" and not line.startswith("#"):
                    name, value = line.rsplit(" ", 1)
                    values[prefix + name] = float(value)
        return values

    def connections(self):
        """{far side: local ports of the connections to it}, of the servers to the gateway likewise."""
        peers = {self.pf_port: "PF", self.server_port: "server", self.phones_port: "server", self.mqtt: "broker",
                 self.broker_other: "broker", self.broker_tls: "broker", self.smsc.port: "SMSC", self.face: "gateway"}
        found = {peer: set() for peer in peers.values()}
        with open("/proc/net/tcp") as table:
            for line in table.readlines()[1:]:
                local, far, state = line.split()[1:4]
                peer = peers.get(int(far.split(":")[1], 16))
                if peer and state == "01":
                    found[peer].add(int(local.split(":")[1], 16))
        return found

    def settle(self):
        """Until what was to be connected anew is."""
        self.wait_for(lambda: self.metric("msggw_mqtt_connected") == 1 and self.smsc.bound() == 1, "the broker and the SMSC")
