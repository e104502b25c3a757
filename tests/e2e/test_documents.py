# SPDX-License-Identifier: Apache-2.0
"""The lines to copy of the documents are typed as they stand, and do what is said beside them. What stands behind `#` and begins
with a status is what must come."""
import json
import re
import unittest
import urllib.request

import test_first_contact
from harness import BIN, PATIENCE, Case, free_port, wait_for
from lines import ROOT, Terminal, commands

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

    # ---- README.md

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
        screen.shows(r'^msgin5g/meter-42/down \{.*"payload":"READ"')

    def test_the_way_to_the_provisioning_function(self):
        ports = {name: free_port() for name in ("port", "tls_port", "coap.coap_port", "coap.coaps_port")}
        screen = self.terminal((r"localhost:7443", f"localhost:{ports['tls_port']}"),
                               (r"localhost:7484", f"localhost:{ports['coap.coaps_port']}"),
                               (r"^msggw pf ([^&]*)$", "msggw pf \\1 " + " ".join(f"-s pf.{name}={port}" for name, port in ports.items())
                                + " -s pf.admin_port=0 &"))
        lines = list(commands("README.md", "The way to the Provisioning Function"))
        ids = []
        for line in lines:
            told = screen.type(line)
            if line.startswith("msggw pf"):
                screen.shows("^ready$")
            if line.startswith("msggw provision"):
                ids.append(re.search(r"\S+@\S+", told)[0])
        self.assertEqual(len(ids), 2)
        self.assertEqual(len(set(ids)), 1)

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
