# SPDX-License-Identifier: Apache-2.0
"""The lines to copy of the documents are typed as they stand, and do what is said beside them. What stands behind `#` and begins
with a status is what must come."""
import json
import re
import unittest
import urllib.request

import test_first_contact
from harness import BIN, PATIENCE, Case, free_port, toml, wait_for
from lines import ROOT, Terminal, commands

# What a machine has that a test has not, for docs/operators.md.
STUBS = {
    "apt": '[ "$1" = install ]; shift; ls "$@"',
    "editor": 'test -f "$1"',
    "journalctl": 'for last; do :; done; grep -E "$last" journal',
    "systemctl": """
start() {
  [ ! -e "$1.pid" ] || return 0
  command=run; [ "$1" = msggw ] || command=pf
  : >"$1.out"  # what the last one said is not what this one says
  msggw $command -c etc-msggw/msggw.toml >"$1.out" 2>>journal & echo $! >"$1.pid"
  until grep -q '^ready$' "$1.out"; do runs "$1"; sleep 0.05; done
}
runs() { grep -qs '^State:.[RSDT]' "/proc/$(cat "$1.pid")/status"; }
stop() { kill "$(cat "$1.pid")"; while runs "$1"; do sleep 0.05; done; rm "$1.pid"; }
case $1 in
  enable) start msggw-pf; start msggw ;;
  start) start "$2" ;;
  stop) stop "$2" ;;
  status) runs "$2"; echo active ;;
  reload) kill -HUP "$(cat "$2.pid")" ;;
  restart) [ "$2" = mosquitto ] ;;
esac
""",
}
STATUS = re.compile(r"\s# (\d{3}|\d\.\d\d)\b[^\n]*$")


class Documents(Case):
    def demo(self, *more):
        """The demo that `etc/run --port-base 20000` starts, elsewhere, and a terminal where 20000 and the next stand for it."""
        self.base = test_first_contact.Demo.free_base()
        self.running = self.start([BIN / "msggw", "demo", "--port-base", self.base, "--dir", self.folder / "demo", *more])
        return self.terminal((r"\b200([012]\d)\b", lambda found: str(self.base + int(found[1]))))

    def terminal(self, *changes):
        self.screen = Terminal(self, changes)
        return self.screen

    def control(self, path, body=None):
        """The tester's side of the demo's MSGin5G Server double."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.base + 14}/m5s/v1/{path}",
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())

    def run_all(self, lines, expected):
        """Types each line. `expected` is what some of them print: a part of the line, and a pattern; each is used up."""
        expected = list(expected)
        for line in lines:
            if line.startswith("etc/run "):
                continue
            wanted = next((pair for pair in expected if pair[0] in line), None)
            status = STATUS.search(line)
            with self.subTest(line):
                if wanted:
                    expected.remove(wanted)
                if wanted and line.startswith("curl") and " -d " not in line:
                    self.screen.type_until(line, wanted[1])
                    continue
                told = self.screen.type(line)
                if wanted:
                    self.assertRegex(told, wanted[1])
                if status:
                    self.assertRegex(told, rf"(?m)(^|\s){re.escape(status[1])}$")
        self.assertEqual(expected, [], "lines that are not in the document")

    # ---- README.md, docs/provisioning.md

    def test_start_in_ten_lines(self):
        screen = self.demo()
        lines = list(commands("README.md", "Start in ten lines"))
        self.assertTrue(lines[0].startswith("etc/run --port-base 20000 "))
        first = next(line for line in lines if "coap-client" in line)
        service_id = screen.type_until(first, r'"serviceId":"([^"]+)"')[1]
        self.run_all(lines, [
            ("ep=00:1b:63:84:45:e6", f'"serviceId":"{re.escape(service_id)}"'),
            ("ep=secure-meter-9", '"serviceId":"'),
            ("/m5s/v1/inbox", "21.5"),
            ("/m5s/v1/send", '"msgId"'),
            ("smsc/v1/phones/", "n3g-|l3g-"),
            ("msgin5g-provisioning/v1/provisionings", r'"serviceId":"')])
        screen.shows(r'^msgin5g/meter-42/registration \{.*"serviceId":"')
        screen.shows(r'^msgin5g/secure-meter-8/registration \{.*"serviceId":"')
        screen.shows(r'^msgin5g/meter-42/down \{.*"payload":"READ"')

    def test_the_way_to_the_provisioning_function(self):
        ports = {name: free_port() for name in ("port", "tls_port", "coap.coap_port", "coap.coaps_port")}
        screen = self.terminal((r"localhost:7443", f"localhost:{ports['tls_port']}"),
                               (r"localhost:7484", f"localhost:{ports['coap.coaps_port']}"),
                               (r"^msggw pf ([^&]*)$", "msggw pf \\1 " + " ".join(f"-s pf.{name}={port}" for name, port in ports.items())
                                + " -s pf.admin_port=0 &"))
        lines = list(commands("docs/provisioning.md"))
        ids = []
        for line in lines:
            told = screen.type(line)
            if line.startswith("msggw pf"):
                screen.shows("^ready$")
            if line.startswith("msggw provision"):
                ids.append(re.search(r"\S+@\S+", told)[0])
        self.assertEqual(len(ids), 2)
        self.assertEqual(len(set(ids)), 1)

    # ---- docs/operators.md

    def test_operators(self):
        """On a machine whose apt, editor and systemctl are ours; what they start is real."""
        screen = self.terminal((r"/etc/msggw", "etc-msggw"), (r"/var/lib/msggw", "state/gateway"), (r"/srv/backup", "backup"),
                               (r" /root/", " root/"), (r"runuser -u msggw -- ", ""),
                               (r"^(msggw (?:devices|why|trace|status)(?! --pf)[^#]*)", r"\1 --dir state/gateway "))
        ports = {name: free_port() for name in ("coap", "pf", "admin", "pf_admin")}
        for name in ("etc-msggw", "root"):
            (screen.folder / name).mkdir()
        for name in ("msggw", "msggw-mosquitto"):
            (screen.folder / f"{name}_1_amd64.deb").touch()
        (screen.folder / "etc-msggw" / "msggw.toml").write_text(toml({
            "gateway": {"folder": str(screen.folder / "state/gateway")}, "coap": {"address": "127.0.0.1", "port": ports["coap"]}, "mqtt": {"enabled": False},
            "admin": {"port": ports["admin"]}, "provisioning": {"uris": [f"http://127.0.0.1:{ports['pf']}"]},
            "pf": {"folder": str(screen.folder / "state/pf"), "port": ports["pf"], "admin_port": ports["pf_admin"]}, "pf.coap": {"enabled": False}}))
        for name, text in STUBS.items():
            (screen.folder / "bin" / name).write_text("#!/bin/bash\nset -eu\n" + text)
            (screen.folder / "bin" / name).chmod(0o755)
        self.run_all(commands("docs/operators.md"), [
            ("msggw check", ": good"), ("msggw status", r"(?m)^store +up$"), ("status --pf", r"(?m)^assignments +\d"), ("credential list", "psk meter-7"),
            ("systemctl status", "active"), ("journalctl", "device_added"), ("msggw why", "meter-7"), ("msggw trace", "added|recorded"),
            ("msggw backup /srv/backup/gateway", "1 device"), ("--check", "it is good; nothing has changed"), ("store check", "good"),
            ("--replace", "restored")])

    # ---- docs/server.md

    def test_server(self):
        self.demo()
        self.run_all(commands("docs/server.md", "Lines to copy"), [
            ("curl -s $S/registrations ", '"ueSvcId":"n3g-'),
            ("journal?direction=in", "deliver-ue-message"),
            ("\"m5\"", r'"/oriAddr"(?s:.)*"/destAddr"'),
            ("messages?limit=9", "REPT_DELY_SUCCESS"),
            ("$S/send", '"msgId"')])

    def test_configurations_of_the_server(self):
        screen = self.terminal()
        screen.type("etc/make-certs certs --gateway gw-1")
        text = (ROOT / "docs/server.md").read_text()
        text = re.sub(r"/etc/msggw/[\w-]*ca\.pem", "certs/ca.crt", re.sub(r"/etc/msggw/gw-1", "certs/gw-1", text))
        blocks = re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        one = next(block for block in blocks if "m5s-1b" in block)  # others are parts of one
        (screen.folder / "servers.toml").write_text(next(block for block in blocks if block.startswith("[[server]]")))
        of_file = '[msgin5g]\nenabled = true\nallow_cleartext = true\nservers_file = "servers.toml"\n'
        for msgin5g, server in ((one, "https://m5s-1b.example "), (of_file, "MSGin5G Server north, TLS")):
            (screen.folder / "gateway.toml").write_text('[provisioning]\nuris = ["https://pf.example"]\n' + msgin5g)
            self.assertIn(server, screen.type("msggw check -c gateway.toml -s gateway.folder=state"))

    def test_private_ids_stay_on_this_side(self):
        self.demo()
        wait_for(lambda: any(line.endswith("REPT_DELY_SUCCESS") for line in self.running.lines), "messages both ways")
        rows = self.rows("demo/gateway")
        told = json.dumps(self.control("journal?limit=10000"))
        for word in ("registrations", "deliver-ue-message", "deliver-report", "deliver-message"):
            self.assertIn(word, told)
        names = set(rows) | {alias for row in rows.values() for alias in row.get("aliases", [])}
        names |= {line.split()[0] for line in self.running.lines if re.search(r"\s(coaps?|mqtt|sms)\s+\w+\s+\S+@", line)}
        self.assertGreater(len(names), 6)
        for name in names:
            self.assertNotIn(name.lower(), told.lower())

    # ---- docs/devices.md, docs/devices-mqtt.md

    def test_devices(self):
        screen = self.demo("--no-devices")
        screen.changes += [(r"^GW=coap://127\.0\.0\.1$", f"GW=coap://127.0.0.1:{self.base}"),
                           ("0000002a5be1c3d7", lambda _: self.etag)]
        lines = list(commands("docs/devices.md"))
        register = next(line for line in lines if "ep=meter-7" in line)
        for line in lines:
            with self.subTest(line):
                if "/inbox" in line and "after=" not in line:
                    self.control("send", {"to": self.service_id(), "text": "READ"})
                if line.startswith("coap-client -s "):  # for an hour
                    screen.type(f"{line} &")
                    screen.shows('"payload":"READ"', newest=True)
                    screen.interrupt()
                    continue
                if "/report" in line:
                    self.control("send", {"to": self.service_id(), "text": "READ"})
                    message = screen.type_until("coap-client -m get $GW/rd/$H/inbox", r'"msgId":"([^"]+)"')[1]
                    screen.changes.append(("m7", message))
                told = screen.type(line)
                self.assertNotRegex(told, r"(?m)^[45]\.\d\d")
                if "ep=meter-7" in line or "-m delete" in line:
                    self.handle_in(told if line is register else screen.type(register))
                elif "/msg" in line or "/up" in line:
                    self.assertIn('"msgId"', told)
                elif "-v 6" in line and "after=" not in line:
                    self.etag = re.search(r"ETag:0x([0-9a-f]{16})", screen.type_until(line, "READ").string)[1]

    def handle_in(self, told):
        self.screen.type("H=" + re.search(r"Location-Path:rd, Location-Path:([\w-]{22})", told)[1])

    def service_id(self, private_id="meter-7"):
        """Once the server has the device."""
        own = wait_for(lambda: self.rows("demo/gateway").get(private_id, {}).get("serviceId"), "the Service ID")
        wait_for(lambda: any(each["ueSvcId"] == own for each in self.control("registrations")["devices"]), "it at the server")
        return own

    def test_devices_over_mqtt(self):
        screen = self.demo("--no-devices")
        screen.changes.append((r"-p 1883", f"-p {self.base + 2}"))
        for line in commands("docs/devices-mqtt.md"):
            if line.startswith("msgin5g/"):  # what comes
                continue
            with self.subTest(line):
                screen.type(line)
                if line.startswith("mosquitto_sub"):
                    continue
                if "/register" in line:
                    screen.shows(r'^msgin5g/meter-42/registration \{.*"serviceId":"')
                if "/status" in line:
                    self.control("send", {"to": self.service_id("meter-42"), "text": "READ", "msgId": "a1", "report": True})
                    screen.shows(r'^msgin5g/meter-42/down \{.*"msgId":"a1".*"payload":"READ"')
                if "publish user-property msgId 8" in line:
                    screen.shows(r'^msgin5g/meter-42/ack \{"msgId":"8","state":"accepted"')
        screen.shows(r'^msgin5g/meter-42/ack \{"msgId":"7","state":"accepted"')
        wait_for(lambda: any((each.get("report") or {}).get("delivSt") == "REPT_DELY_SUCCESS"
                             for each in self.control("messages?limit=100")["messages"]), "the report")


if __name__ == "__main__":
    unittest.main()
