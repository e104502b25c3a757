# SPDX-License-Identifier: Apache-2.0
"""Devices made of clients that no one here wrote. Here what all devices of a protocol do, and those of coap-client (libcoap),
mosquitto_sub and mosquitto_pub; node_devices.py has more.

All can receive() (a message or report: its JSON, or the content alone if `is_plain`), prove() that they have a message
without a word about it, report() it, send() a message with all that belongs to it, and content alone: up(). A report of
what they sent comes to those that `hears_reports`."""
import collections
import json
import re
import shutil
import subprocess

from harness import PATIENCE, free_port, wait_for
from server_double import OWN, address

COAP_CLIENT = shutil.which("coap-client") or "coap-client-openssl"
COAP_SERVER = shutil.which("coap-server") or "coap-server-openssl"


def registration(is_plain, **more):
    """The body with which a device registers."""
    return json.dumps({**({"format": "plain"} if is_plain else {}), **more})


def message(msg_id, payload):
    return json.dumps({"destAddr": address("AS", OWN), "msgId": msg_id, "appId": "meters", "delivStReqInd": True,
                       "payload": payload})


def success(msg_id):
    return json.dumps({"msgId": msg_id, "delivSt": "REPT_DELY_SUCCESS"})


class OverCoap:
    """A client is to have post(name, body, type="json", query="") -> the body of the 2.04."""

    def __init__(self, private_id, is_plain):
        self.private_id, self.is_plain, self.hears_reports = private_id, is_plain, not is_plain

    def read(self, text):
        return text if self.is_plain else json.loads(text)

    def send(self, msg_id, payload):
        assert json.loads(self.post("msg", message(msg_id, payload)))["msgId"] == msg_id

    def up(self, payload):
        self.post("up", payload, type="text", query="app=meters")

    def report(self, msg_id):
        self.post("report", success(msg_id))


class Polls:
    """A client is to have get(query) -> (body, ETag), or None."""

    after, next = "", None

    def get_next(self):
        """Proves what was got before."""
        return self.get(self.after and f"after={self.after}")

    def receive(self):
        text, self.after = self.next or wait_for(self.get_next, f"something in the inbox of {self.private_id}", pause=0.05)
        self.next = None
        return self.read(text)

    def prove(self, _msg_id):
        self.next = self.next or self.get_next()


class Observes:
    """Its acknowledgements are the proof, and a report would come too late. A client is to have notifications()."""

    taken = 0

    def receive(self):
        new = wait_for(lambda: self.notifications()[self.taken:], f"a notification for {self.private_id}")
        self.taken += 1
        return self.read(new[0])

    def prove(self, _msg_id):
        pass

    report = prove


class Pushed:
    """Its answers are the proof, and a report would come too late. Below its base it is to have what pushed_to() names. A client
    is to have pushes() -> [body]."""

    taken = 0

    @staticmethod
    def pushed_to(is_plain):
        return ["down"] if is_plain else ["msg", "report"]

    def receive(self):
        new = wait_for(lambda: self.pushes()[self.taken:], f"a push to {self.private_id}")
        self.taken += 1
        return self.read(new[0])

    def prove(self, _msg_id):
        pass

    report = prove


class OverMqtt:
    """A client is to have publish(name, payload, retain=False) and heard() -> [(name, payload)], names below the device's own
    topic. One that takes messages plain leaves the proof to the broker, where the broker's word counts: MQTT 5."""

    hears_reports = True

    def __init__(self, case, private_id, is_plain, version="5"):
        self.case, self.private_id, self.is_plain = case, private_id, is_plain
        self.reports = not is_plain or version != "5"
        self.taken = collections.Counter()

    def begin(self):
        self.publish("register", registration(self.is_plain, reports=self.reports))
        self.service_id = json.loads(self.hear("registration")[1])["serviceId"]
        before = self.statuses()
        self.publish("status", "online", retain=True)
        # The broker's word is proof from then on; the message that the test sends comes another way.
        wait_for(lambda: self.statuses() > before, "online to be heard")

    def statuses(self):
        return self.case.metric(self.case.running, "msggw_mqtt_received_total", '{kind="status"}')

    def hear(self, *names):
        """The next of that name."""
        new = wait_for(lambda: [one for one in self.heard() if one[0] in names][self.taken[names]:],
                       f"{names} of {self.private_id}")
        self.taken[names] += 1
        return new[0]

    def receive(self):
        name, payload = self.hear("down", "reports")
        return payload if self.is_plain and name == "down" else json.loads(payload)

    def prove(self, msg_id):
        if self.reports:
            self.report(msg_id)

    def report(self, msg_id):
        self.publish("report", success(msg_id))

    def send(self, msg_id, payload):
        self.publish("send", message(msg_id, payload))
        assert self.acknowledged()["msgId"] == msg_id

    def up(self, payload):
        self.publish("up", payload)
        self.acknowledged()

    def acknowledged(self):
        ack = json.loads(self.hear("ack")[1])
        assert ack["state"] == "accepted", ack
        return ack


class CoapClient(OverCoap):
    """coap-client; its view of the packets (-v 6) tells code, location and ETag."""

    def __init__(self, case, private_id, is_plain, query=""):
        super().__init__(private_id, is_plain)
        self.case, self.root = case, f"coap://127.0.0.1:{case.coap_port}/rd"
        self.got = case.folder / f"{private_id}.got"

        def registered():
            said = self.run("-m", "post", "-t", "json", "-e", registration(is_plain), f"{self.root}?ep={private_id}{query}")
            return said if "c:2.01" in said else None
        said = wait_for(registered, f"the registration of {private_id}")
        self.root += "/" + re.search(r"Location-Path:([\w-]{22})", said)[1]
        self.service_id = json.loads(self.got.read_text())["serviceId"]

    def run(self, *arguments):
        return subprocess.run([COAP_CLIENT, "-v", "6", "-B", str(int(PATIENCE)), "-o", self.got, *arguments],
                              capture_output=True, text=True, errors="replace", timeout=PATIENCE, check=True).stdout

    def post(self, name, body, type="json", query=""):
        said = self.run("-m", "post", "-t", type, "-e", body, f"{self.root}/{name}?{query}")
        assert "c:2.04" in said, said
        return self.got.read_text()

    def get(self, query):
        self.got.write_text("")
        said = self.run("-m", "get", f"{self.root}/inbox?{query}")
        tag = re.search(r"ETag:0x([0-9a-f]{16})", said)
        return tag and (self.got.read_text(), tag[1])


class PollingClient(Polls, CoapClient):
    pass


class ObservingClient(Observes, CoapClient):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.file = self.got.with_suffix(".observed")
        self.case.start([COAP_CLIENT, "-w", "-s", "3600", "-o", self.file, "-m", "get", f"{self.root}/inbox"], ready=False)

    def notifications(self):
        """A line each; the first answer is empty."""
        return [line for line in self.file.read_text().split("\n")[:-1] if line] if self.file.exists() else []


class CoapServer:
    """coap-server; a resource holds what was sent to it last."""

    def __init__(self, case, names):
        self.got, self.root = case.folder / "of-coap-server", f"coap://127.0.0.1:{(port := free_port())}"
        case.start([COAP_SERVER, "-A", "127.0.0.1", "-p", port, "-d", "10"], ready=False)
        for name in names:
            wait_for(lambda name=name: self.has(name) or self.put(name), "coap-server")

    def ask(self, method, name, *arguments):
        subprocess.run([COAP_CLIENT, "-B", "2", "-m", method, "-o", self.got, *arguments, f"{self.root}/{name}"],
                       capture_output=True, timeout=PATIENCE, check=True)

    def put(self, name, content="nothing"):
        self.ask("put", name, "-e", content)

    def has(self, name):
        """What that resource holds."""
        self.got.write_bytes(b"")
        self.ask("get", name)
        return self.got.read_bytes()


class PushedClient(Pushed, CoapClient):
    def __init__(self, case, private_id, is_plain):
        self.server, self.heard = CoapServer(case, self.pushed_to(is_plain)), []
        super().__init__(case, private_id, is_plain, query=f"&base={self.server.root}")

    def pushes(self):
        for name in self.pushed_to(self.is_plain):
            if (got := self.server.has(name)) != b"nothing":
                self.heard.append(got.decode())
                self.server.put(name)  # the same may come again
        return self.heard


class MosquittoDevice(OverMqtt):
    def __init__(self, case, private_id, is_plain):
        super().__init__(case, private_id, is_plain)
        self.below = f"msgin5g/{private_id}/"
        self.client = [*self.way(), "-V", "5", "-q", "1"]
        topics = [word for name in ("registration", "ack", "down", "reports") for word in ("-t", self.below + name)]
        will = ["--will-topic", self.below + "status", "--will-payload", "offline", "--will-retain", "--will-qos", "1"]
        self.listener = case.start(["mosquitto_sub", *self.client, "-c", "-i", private_id, "-F", "%t %p", *topics, *will],
                                   ready=False)
        self.begin()

    def way(self):
        """To the broker."""
        return ["-h", "127.0.0.1", "-p", str(self.case.broker_port)]

    def publish(self, name, payload, retain=False):
        subprocess.run(["mosquitto_pub", *self.client, "-t", self.below + name, "-m", payload, *(["-r"] if retain else [])],
                       timeout=PATIENCE, check=True)

    def heard(self):
        lines = [line.removeprefix(self.below).partition(" ") for line in list(self.listener.lines)]
        return [(name, payload) for name, _, payload in lines]
