# SPDX-License-Identifier: Apache-2.0
"""Content of 1 octet to 64 KiB over CoAP, both ways: with coap-client, block-wise up (Block1) and down (Block2), polled and
observed, and pushed to coap-server; text and octets, structured and plain, cut inside no character."""
import base64
import json
import re
import shutil
import subprocess
import unittest

from harness import PATIENCE, Case, free_port, wait_for
from server_double import OWN, Double, address, message

SERVER = "m5s-1@msgin5g.example"  # as the Provisioning Function names it
CLIENT = shutil.which("coap-client-openssl") or shutil.which("coap-client")
COAP_SERVER = shutil.which("coap-server-openssl") or shutil.which("coap-server")
# Around the sizes of blocks, of a segment, and the largest.
SIZES = [1, 15, 16, 17, 63, 64, 65, 1023, 1024, 1025, 2047, 2048, 2049, 4096, 65535, 65536]
BLOCKS = {1: "16", 17: "16", 65: "64", 1025: "16", 2049: "512"}  # of the client; else its own choice


def text_of(size):
    """UTF-8 of so many octets, of characters of one to four octets and of those that JSON escapes."""
    pattern = "a\u00e4\u20ac\U0001f600\"\\\n"
    text = (pattern * (size // len(pattern.encode()) + 1)).encode()[:size]
    while True:
        try:
            return text.decode()
        except UnicodeDecodeError as error:
            text = text[:error.start] + b"." * (size - error.start)


def octets_of(size):
    return bytes(at * 7 % 256 for at in range(size))


class Content(Case):
    def setUp(self):
        super().setUp()
        self.pf()
        self.double = Double(self, "--retry", "50ms")
        self.running = self.gateway(sections={
            "msgin5g": {"enabled": True, "port": free_port(), "base64_apps": ["octets"]},
            "msgin5g.server": {"service_id": SERVER, "uris": [self.double.url]},
            "messages": {"default_recipient": f"AS {OWN}"},
            "coap": {"open_messages": True}})
        self.count = 0

    def client(self, method, path, *arguments, patience=PATIENCE):
        """(code, what it logs) of a request; what it receives is in self.folder/got."""
        got = self.folder / "got"
        got.write_bytes(b"")
        done = subprocess.run([CLIENT, "-v", "6", "-m", method, "-o", got, *arguments, f"coap://127.0.0.1:{self.coap_port}/{path}"],
                              capture_output=True, text=True, errors="replace", timeout=patience, check=True)
        said = done.stdout + done.stderr
        return re.findall(r"c:(\d\.\d\d)", said)[-1], said

    def got(self):
        return (self.folder / "got").read_bytes()

    def register(self, name, query="", body=None):
        arguments = ["-t", "json", "-e", json.dumps(body)] if body else []
        code, said = self.client("post", f"rd?ep={name}{query}", *arguments)
        self.assertEqual(code, "2.01", said)
        self.handle = "rd/" + re.findall(r"Location-Path:([\w-]+)", said)[1]
        self.service_id = self.rows()[name]["serviceId"]
        wait_for(lambda: any(one["ueSvcId"] == self.service_id and one["registered"]
                             for one in self.double.control("registrations")["devices"]), "the registration at the server")
        return said

    # ---- the side of the Application Server

    def deliver(self, payload, app):
        """In segments, as a MSGin5G Server does it, where it is long: of 2048 octets at most, cut inside no character."""
        self.count += 1
        msg_id = f"down-{self.count}"
        size = 2048 if app == "octets" else 512
        parts = [payload[at:at + size] for at in range(0, len(payload), size)]
        body = {**message("", address("UE", self.service_id), msg_id, appId=app), "oriAddr": address("AS", OWN)}
        for number, part in enumerate(parts):
            place = {"segInd": True, "segParams": {"segId": msg_id, "totalSegCount": len(parts), "segNumb": number + 1}}
            self.double.deliver({**body, "payload": part, **(place if len(parts) > 1 else {})}, "deliver-as-message")
        return msg_id

    def arrived(self, after):
        """The content of the next message after the entry of that number, put together of its segments."""
        parts, total = {}, None

        def whole():
            nonlocal total
            for entry in self.double.control(f"inbox?after={after}")["entries"]:
                told = entry.get("message")
                if not told:
                    continue
                if not told.get("segInd"):
                    return {0: told}
                params = told["segParams"]
                total = params.get("totalSegCount", total)
                parts[params["segNumb"]] = told
            return parts if total and len(parts) == total else None
        told = wait_for(whole, "the message at the Application Server")
        payloads = [told[number]["payload"] for number in sorted(told)]
        if told[min(told)].get("appId") == "octets":
            return b"".join(base64.b64decode(part, validate=True) for part in payloads)
        return "".join(payloads).encode()  # each is text of its own: no character was cut

    def newest(self):
        return max([entry["n"] for entry in self.double.inbox()], default=0)

    # ---- up

    def send(self, size, content, structured, app):
        after = self.newest()
        file = self.folder / "content"
        blocks = ["-b", BLOCKS[size]] if size in BLOCKS else []
        if structured:
            file.write_text(json.dumps({"payload": content.decode(), "appId": app}, ensure_ascii=False))
            code, said = self.client("post", self.handle + "/msg", "-t", "json", "-f", file, *blocks)
        else:
            file.write_bytes(content)
            code, said = self.client("post", f"{self.handle}/up?app={app}", "-f", file, *blocks)
        self.assertEqual(code, "2.04", said)
        self.assertEqual(self.arrived(after), content)

    def test_up(self):
        self.register("meter")
        for size in SIZES:
            text = text_of(size).encode()
            for content, structured, app in ((text, True, "text"), (text, False, "text"), (octets_of(size), False, "octets")):
                with self.subTest(size=size, structured=structured, app=app):
                    self.send(size, content, structured, app)

    def test_what_is_longer_is_refused(self):
        self.register("meter")
        file = self.folder / "content"
        file.write_bytes(octets_of(65537))
        code, said = self.client("post", self.handle + "/up?app=octets", "-f", file)
        self.assertEqual(code, "4.13", said)
        file.write_text(json.dumps({"payload": "a" * 65537}))
        code, said = self.client("post", self.handle + "/msg", "-t", "json", "-f", file)
        self.assertEqual(code, "4.13", said)

    # ---- down

    def cases(self, size):
        text, octets = text_of(size), octets_of(size)
        yield text.encode(), text, "text", []                       # structured
        yield text.encode(), text, "text", ["-A", "0"]              # plain
        yield octets, base64.b64encode(octets).decode(), "octets", ["-A", "42"]

    def content_of(self, body, plain):
        return body if plain else json.loads(body)["payload"].encode()

    def is_whole(self, file, content, plain):
        try:
            return file.exists() and self.content_of(file.read_bytes(), plain) == content
        except ValueError:  # JSON that is cut
            return False

    def test_down_polled(self):
        self.register("meter")
        for size in SIZES:
            for content, payload, app, accept in self.cases(size):
                with self.subTest(size=size, app=app, accept=accept):
                    self.deliver(payload, app)
                    blocks = ["-b", BLOCKS[size]] if size in BLOCKS else []
                    wait_for(lambda: self.metric(self.running, "msggw_messages_waiting") > 0
                             and self.metric(self.running, "msggw_messages_open_sets") == 0, "the message at the gateway")
                    code, said = self.client("get", self.handle + "/inbox", *accept, *blocks)
                    self.assertEqual(code, "2.05", said)
                    self.assertEqual(self.content_of(self.got(), accept), content)
                    after = re.search(r"ETag:0x([0-9a-f]{16})", said).group(1)
                    self.client("get", f"{self.handle}/inbox?after={after}")
                    wait_for(lambda: self.metric(self.running, "msggw_messages_waiting") == 0, "the proof")

    def test_down_observed(self):
        self.register("meter")
        for size in [1, 64, 1023, 1024, 1025, 2049, 65536]:
            for content, payload, app, accept in self.cases(size):
                with self.subTest(size=size, app=app, accept=accept):
                    msg_id = self.deliver(payload, app)
                    got = self.folder / f"observed-{size}-{app}-{len(accept)}"
                    client = self.start([CLIENT, "-m", "get", "-s", "3600", "-o", got, *accept,
                                         f"coap://127.0.0.1:{self.coap_port}/{self.handle}/inbox"], ready=False)
                    wait_for(lambda: self.is_whole(got, content, accept), "all of the content", pause=0.1)
                    if got.stat().st_size > 1024:  # in blocks: a report is the proof
                        report = json.dumps({"msgId": msg_id, "delivSt": "REPT_DELY_SUCCESS"})
                        self.assertEqual(self.client("post", self.handle + "/report", "-t", "json", "-e", report)[0], "2.04")
                    wait_for(lambda: self.metric(self.running, "msggw_messages_waiting") == 0, "the proof")
                    client.kill()

    def pushed_to(self, name, format_, path):
        """A coap-server that has `path`, and a device of it."""
        port = free_port()
        server = self.start([COAP_SERVER, "-A", "127.0.0.1", "-p", port, "-d", "10", "-v", "5"], ready=False)
        self.resource = f"coap://127.0.0.1:{port}/{path}"

        def made():
            done = subprocess.run([CLIENT, "-B", "2", "-m", "put", "-e", "nothing", self.resource], capture_output=True, text=True,
                                  timeout=PATIENCE)
            return not done.stderr and not done.stdout
        wait_for(made, "coap-server")
        self.register(name, f"&base=coap://127.0.0.1:{port}", {"format": format_} if format_ else None)
        return server

    def resource_has(self):
        got = self.folder / "pushed"
        subprocess.run([CLIENT, "-m", "get", "-o", got, self.resource], capture_output=True, timeout=PATIENCE, check=True)
        return got.read_bytes()

    def test_down_pushed(self):
        for name, format_, path in (("structured", None, "msg"), ("plain", "plain", "down")):
            self.pushed_to(name, format_, path)
            for size in [1, 16, 1023, 1024, 1025, 2049, 65536]:
                for content, payload, app, accept in self.cases(size):
                    if bool(accept) != (format_ == "plain"):
                        continue
                    with self.subTest(size=size, app=app, format=format_):
                        taken = self.metric(self.running, "msggw_coap_pushes_total", '{end="taken"}')
                        self.deliver(payload, app)
                        wait_for(lambda: self.metric(self.running, "msggw_coap_pushes_total", '{end="taken"}') > taken, "the push")
                        self.assertEqual(self.content_of(self.resource_has(), accept), content)
                        self.assertEqual(self.metric(self.running, "msggw_messages_waiting"), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
