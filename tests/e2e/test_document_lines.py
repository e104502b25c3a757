# SPDX-License-Identifier: Apache-2.0
"""The lines to copy of the reference documents are typed as they stand: what they ask is answered, and nothing of it with a
refusal. Ports and paths are ours."""
import re
import subprocess
import unittest

import test_first_contact
from harness import BIN, Case, free_port, toml, wait_for
from lines import ROOT, Terminal, commands
from test_revocation import Authority, openssl

REFUSED = re.compile(r'"cause":|"status":[45]\d\d|^msggw[^:]*: ', re.MULTILINE)


class Documents(unittest.TestCase):
    def test_each_that_has_lines_to_copy_is_typed(self):
        """But for those that build and test, which is what brought us here."""
        have = {path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
                if any(commands(path.relative_to(ROOT)))}
        tests = "".join(path.read_text() for path in (ROOT / "tests" / "e2e").glob("test_*.py"))
        self.assertEqual(have - {"CONTRIBUTING.md"}, set(re.findall(r'commands\("([^"]+)"', tests)))


class DocumentLines(Case):
    def terminal(self, *changes):
        self.screen = Terminal(self, changes)
        return self.screen

    def stub(self, name, text):
        """A program that this machine has not, or has and must not use."""
        path = self.screen.folder / "bin" / name
        path.write_text("#!/bin/bash\nset -eu\n" + text)
        path.chmod(0o755)

    def type_all(self, lines, background=(), may_refuse=()):
        """Types them; those that begin with `background` run on, until their line `ready`."""
        lines = list(lines)
        self.assertTrue(lines)
        for line in lines:
            with self.subTest(line):
                if background and line.startswith(background):
                    self.screen.type(re.sub(r"\s*#.*", "", line) + " &")
                    self.screen.shows("^ready$", newest=True)
                    continue
                told = self.screen.type(line)
                if not any(part in line for part in may_refuse):
                    self.assertNotRegex(told, REFUSED)

    def served(self):
        """A Provisioning Function and a gateway that has the devices of the documents."""
        self.admin_port = free_port()
        self.pf()
        self.running = self.gateway(sections={"admin": {"port": self.admin_port}})
        screen = self.terminal((r"/var/lib/msggw", str(self.folder / "gateway")), (r":8080", f":{self.admin_port}"),
                               (r"^(msggw (?:devices|why)[^#]*)", rf"\1 --dir {self.folder / 'gateway'} "))
        screen.type("msggw devices add 00-1B-63-84-45-E6")
        screen.type("msggw devices add meter-42 --alias +15551234567")
        (screen.folder / "fleet.csv").write_text("private_id\nmeter-1\nmeter-2\n")

    def test_operator_api(self):
        self.served()
        self.type_all(commands("docs/operator-api.md"))
        self.assertEqual(self.rows().keys() - {"001b638445e6"}, {"meter-1", "meter-2", "meter-42"})

    def test_presence(self):
        self.served()
        self.type_all(commands("docs/presence.md"))

    def test_backup(self):
        """Where systemctl is ours and starts nothing."""
        self.pf().stop()
        self.gateway().stop()
        screen = self.terminal((r"/srv/", ""), (r"gateway-2026-11-30", "gateway-$(date +%F)"),
                               (r"--pf -c /etc/msggw/msggw.toml", f"--pf -c {self.folder / 'pf.toml'}"),
                               (r"/etc/msggw/msggw.toml", str(self.folder / "gateway.toml")))
        self.stub("systemctl", 'case "$*" in "start msggw" | "stop msggw") ;; *) exit 1 ;; esac\n')
        self.type_all(commands("docs/backup.md"))
        self.assertTrue((screen.folder / "other" / "data.mdb").exists())

    def test_revocation(self):
        authority = Authority(self.folder / "ca")
        openssl("crl", "-in", authority.crl, "-outform", "DER", "-out", self.folder / "issuing.crl")
        self.served()
        self.screen.changes += [(r"http://pki\.example/", f"file://{self.folder}/"), (r"/etc/msggw/", ""), (r"\$\(pidof msggw\)", str(self.running.pid))]
        self.type_all(commands("docs/revocation.md"))
        self.assertTrue((self.screen.folder / "devices.crl").exists())
        wait_for(lambda: "pf_client_reloaded" in self.running.output(), "the reload")

    def test_policy(self):
        text = (ROOT / "docs" / "policy.md").read_text()
        screen = self.terminal()
        (screen.folder / "policy.toml").write_text(re.search(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1])
        (screen.folder / "msggw.toml").write_text(toml({"pf": {"folder": str(screen.folder / "pf"), "policy_file": "policy.toml"}}))
        console = re.search(r"^```console\n\$ (.*?)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        told = screen.type(console[1]).splitlines()
        for line in console[2].splitlines():
            if line and not line.startswith(("store ", "quota ", "  acme ")):  # what is in the store
                self.assertIn(line, told)

    def test_tester(self):
        ports = {name: free_port() for name in ("port", "test.port", "coap.coap_port")}
        control = free_port()
        screen = self.terminal((r"^(msggw pf [^&]*)", r"\1 " + " ".join(f"-s pf.{name}={port}" for name, port in ports.items())
                                + f" -s pf.admin_port=0 -s pf.folder={self.folder / 'pf'} "),
                               (r":7482", f":{ports['test.port']}"), (r":7581", f":{control}"))
        lines = list(commands("docs/tester.md"))
        self.type_all(lines[:2], background="msggw pf")
        self.start([BIN / "msggw-sim", "m5s", "--port", "0", "--control-port", control])
        for name in ("F", "D"):
            screen.type(re.search(rf"`({name}=http\S+)`", (ROOT / "docs" / "tester.md").read_text())[1])
        self.type_all(lines[2:], may_refuse=('"cause"', "/journal", "/counters"))
        scenario = re.search(r"^```json\n(.*?)^```$", (ROOT / "docs" / "tester.md").read_text(), re.MULTILINE | re.DOTALL)[1]
        (screen.folder / "scenario.json").write_text(scenario)
        self.assertIn("good", screen.type(f"msggw check --pf -s pf.folder={self.folder / 'new'} -s pf.test.enabled=true "
                                          "-s pf.test.scenario=scenario.json"))

    def test_server_double(self):
        base = test_first_contact.Demo.free_base()
        self.start([BIN / "msggw", "demo", "--port-base", base, "--dir", self.folder / "demo", "--no-devices"])
        self.start([BIN / "msggw-sim", "devices", "--coap", f"127.0.0.1:{base}", "--messages", "1"], stdin=subprocess.PIPE)
        own = self.rows("demo/gateway")["device-1"]["serviceId"]
        screen = self.terminal((r"--port 7580 --control-port 7581", f"--port {free_port()} --control-port {free_port()}"),
                               (r":7580", f":{base + 13}"), (r":7581", f":{base + 14}"), (r"n3g-1@msgin5g\.example", own),
                               (r"^(msggw-sim m5s (?:send|inbox)[^#]*)", rf"\1 --control 127.0.0.1:{base + 14} "))
        wait_for(lambda: own in screen.type("curl -s http://127.0.0.1:7581/m5s/v1/registrations"), "the device at the double", pause=0.1)
        self.type_all(commands("docs/server-double.md"), background="msggw-sim m5s --port", may_refuse=("deliver-report", "/journal"))

    def test_test_smsc(self):
        smpp, control = free_port(), free_port()
        self.terminal((r"^(msggw-sim smsc --account[^&]*)", rf"\1 --smpp 127.0.0.1:{smpp} --control 127.0.0.1:{control} "),
                      (r"^(msggw-sim smsc --window[^&]*)", r"\1 --smpp 127.0.0.1:0 --control 127.0.0.1:0 "),
                      (r"^(msggw-sim phone [^#]*)", rf"\1 --control 127.0.0.1:{control} "),
                      (r":2780", f":{control}"), (r'"count":1000000', '"count":10'))
        self.pf()
        gateway = self.gateway(sections={"sms": {"enabled": True, "addresses": [f"127.0.0.1:{smpp}"], "system_id": "gw",
                                                 "password": "secret", "answer": "{serviceId}", "reconnect_first": "20ms",
                                                 "reconnect_most": "100ms"}})
        lines = list(commands("docs/test-smsc.md"))
        self.type_all(lines[:1], background="msggw-sim smsc")
        wait_for(lambda: self.metric(gateway, "msggw_sms_binds_total", '{smsc="smsc"}') > 0, "the bind")
        self.type_all(lines[1:], background="msggw-sim smsc")

    def test_brokers(self):
        """The lines of root, on folders of ours; how a broker is with these files, test_brokers and test_plugin show."""
        screen = self.terminal((r"/etc/mosquitto", "etc-mosquitto"), (r"/var/lib/msggw-broker", "broker"))
        (screen.folder / "etc-mosquitto" / "conf.d").mkdir(parents=True)
        self.stub("sudo", 'exec "$@"\n')
        self.stub("mosquitto_passwd", 'exec /usr/bin/mosquitto_passwd -b "$@" secret\n')
        self.stub("chown", '[ "$1" = mosquitto ] && shift && ls "$@" >/dev/null\n')
        self.stub("install", '[ "$1 $2 $3 $4 $5 $6 $7" = "-d -o msggw -g mosquitto -m 2750" ] && mkdir -m "$7" "$8"\n')
        self.stub("systemctl", '[ "$*" = "restart mosquitto" ]\n')
        for heading in ("Brokers", "Our plugin for Mosquitto"):
            self.type_all(commands("docs/brokers.md", heading))
        passwords = (screen.folder / "etc-mosquitto" / "msggw.passwords").read_text()
        self.assertEqual(re.findall(r"^([^:]+):\$", passwords, re.MULTILINE), ["msggw", "00-1B-63-84-45-E6"])


if __name__ == "__main__":
    unittest.main()
