# SPDX-License-Identifier: Apache-2.0
"""A gateway with [coap.secure], two devices with credentials, and libcoap's clients as they."""
import pathlib
import re
import subprocess

from harness import BIN, PATIENCE, free_port, wait_for
from messaging import MessagingCase
from server_double import OWN

CLIENTS = ("coap-client-openssl", "coap-client-gnutls")
ROOT = pathlib.Path(__file__).resolve().parents[2]
KEY = {name: f"the key of {name}, 16 octets" for name in ("meter-a", "meter-b", "meter-c")}


class Device:
    """One device by libcoap's client; each request is a session of its own."""

    def __init__(self, case, arguments, client=CLIENTS[0], scheme="coaps"):
        self.case, self.arguments, self.client, self.scheme = case, arguments, client, scheme

    def uri(self, path):
        port = self.case.secure_port if self.scheme.startswith("coaps") else self.case.coap_port
        return f"{self.scheme}://127.0.0.1:{port}/{path}"

    def ask(self, method, path, *more, patience=10):
        """(code, what the client shows); None in place of the code: there was no answer."""
        done = subprocess.run([self.client, "-v", "6", "-B", str(patience), *self.arguments, "-m", method, *more,
                               self.uri(path)], capture_output=True, text=True, timeout=PATIENCE)
        said = done.stdout + done.stderr
        codes = re.findall(r"c:(\d\.\d\d)", said)
        codes = [code for code in codes if code not in ("7.01", "7.02", "7.03")]  # signals of RFC 8323
        return (codes[-1] if codes else None), said

    def register(self, name):
        code, said = self.ask("post", f"rd?ep={name}")
        self.case.assertEqual(code, "2.01", said)
        return "rd/" + re.findall(r"Location-Path:([\w-]+)", said)[-1]

    def inbox(self, handle, after=""):
        code, said = self.ask("get", handle + "/inbox" + after)
        etag = re.search(r"ETag:0x([0-9a-f]{16})", said)
        text = re.findall(r'"payload":"([^"]*)"', said)
        return code, text[0] if text else None, etag and etag.group(1)


class SecureCase(MessagingCase):
    def start_secure(self, tcp=False, names=("meter-a", "meter-b"), **secure):
        """With certificates NAME.example of those names; meter-a and meter-b have a PSK each."""
        self.secure_port = free_port()
        self.certificates = self.folder / "certificates"
        named = [word for name in names for word in ("--gateway", f"{name}.example")]
        subprocess.run([ROOT / "etc" / "make-certs", self.certificates, *named], check=True, stdout=subprocess.DEVNULL,
                       timeout=PATIENCE)
        self.start_all(sections={
            "messages": {"default_recipient": "AS " + OWN},
            "coap": {"tcp": tcp},
            "coap.secure": {"udp": True, "tcp": tcp, "port": self.secure_port, "certificate": str(self.certificates / "pf.crt"),
                            "key": str(self.certificates / "pf.key"), "client_ca": str(self.certificates / "ca.crt"), **secure}})
        self.devices("add", "meter-a")
        self.devices("add", "meter-b")
        for name in ("meter-a", "meter-b"):
            self.give(name, "text:" + KEY[name])

    def devices(self, *arguments, stdin="", code=0):
        done = subprocess.run([BIN / "msggw", "devices", *map(str, arguments), "--dir", self.folder / "gateway"],
                              capture_output=True, text=True, timeout=PATIENCE, input=stdin)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def give(self, name, key, *more):
        """The number of the credential."""
        return re.match(r"credential (\d+) ", self.devices("credential", "add", name, *more, stdin=key)).group(1)

    def psk(self, identity, key=None, **more):
        return Device(self, ["-u", identity, "-k", key or KEY[identity]], **more)

    def certificate(self, name, **more):
        at = self.certificates
        return Device(self, ["-c", at / f"{name}.crt", "-j", at / f"{name}.key", "-C", at / "ca.crt"], **more)

    def send_down(self, private_id, text):
        service_id = self.rows()[private_id]["serviceId"]
        wait_for(lambda: service_id in self.registered(), "the registration at the server")
        return self.double.control("send", {"to": service_id, "text": text, "report": True})["messages"][0]

    def observe(self, device, handle):
        """The client that observes its inbox."""
        others = self.metric(self.running, "msggw_coap_observations")
        watching = subprocess.Popen([device.client, *device.arguments, "-s", "30", "-m", "get",
                                     device.uri(handle + "/inbox")],
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(watching.wait)
        self.addCleanup(watching.kill)
        wait_for(lambda: self.metric(self.running, "msggw_coap_observations") == others + 1, "the observation")
        return watching
