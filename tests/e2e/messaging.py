# SPDX-License-Identifier: Apache-2.0
"""A gateway between a Provisioning Function, the MSGin5G Server double and devices: what tests of messages begin with."""
import json
import os
import subprocess

from harness import PATIENCE, Case, Coap, free_port, wait_for
from server_double import OWN, Double, address

SERVER = "m5s-1@msgin5g.example"  # as the Provisioning Function names it
N3G = "/msgg-n3gdelivery/v1/"
L3G = "/msgg-l3gdelivery/v1/"
SUCCESS, FAILED = "REPT_DELY_SUCCESS", "REPT_DELY_FAILED"


def downward(service_id, msg_id, payload="READ", report=True, **more):
    """An L3gMessageDelivery or N3gMessageDelivery of the double's Application Server."""
    return {"oriAddr": address("AS", OWN), "destAddr": address("UE", service_id), "msgId": msg_id,
            "delivStReqInd": report, "payload": payload, **more}


class CoapDevice:
    """A device over CoAP, and its registration with the gateway; octet by octet, so that it can do what no library would."""

    JSON = b"\x32"

    def __init__(self, case, private_id, body=None):
        self.private_id = private_id
        self.coap = Coap(case.coap_port)
        case.addCleanup(self.coap.close)
        self.service_id = self.coap.register(private_id)["serviceId"]
        payload = b"" if body is None else json.dumps(body).encode()
        options = [(11, b"rd"), *([(12, self.JSON)] if payload else []), (15, b"ep=" + private_id.encode())]
        self.handle = self.ask(2, options, payload)[4][8][-1]

    def ask(self, code, options, payload=b""):
        """The answer to a request, which is sent until there is one."""
        token = os.urandom(4)
        request = self.coap.message(code, options, payload, token=token)

        def answered():
            self.coap.send(request)
            answer = self.coap.receive(0.5)
            while answer and answer[3] != token:
                answer = self.coap.receive(0.5)
            return answer
        return wait_for(answered, "the answer to a device")

    def at(self, name=None):
        return [(11, b"rd"), (11, self.handle)] + ([(11, name)] if name else [])

    def send(self, msg_id, payload):
        body = {"destAddr": address("AS", OWN), "msgId": msg_id, "delivStReqInd": True, "payload": payload}
        return self.ask(2, self.at(b"msg") + [(12, self.JSON)], json.dumps(body).encode())

    def inbox(self):
        """(ETag, body) of what is next, in as many blocks as it takes; or None."""
        answer = self.ask(1, self.at(b"inbox"))
        etag, body = answer[4].get(4), answer[5]
        while (block := int.from_bytes(answer[4].get(23, [b""])[0], "big")) & 8:
            answer = self.ask(1, self.at(b"inbox") + [(23, (block + 16 & ~8).to_bytes(3, "big").lstrip(b"\0"))])
            body += answer[5]
        return (etag[0], body) if etag else None

    def poll(self):
        """What is next, once it is there; it is proven."""
        etag, body = wait_for(self.inbox, "something in the inbox", pause=0.05)
        self.ask(1, self.at(b"inbox") + [(15, b"after=" + etag.hex().encode())])
        return json.loads(body)

    def leave(self):
        return self.ask(4, self.at())


class MessagingCase(Case):
    """`double` and `running` (the gateway) are what start_all() has started."""

    def start_all(self, mqtt=False, double=(), **options):
        self.pf()
        self.double = Double(self, "--retry", "50ms", *double)
        self.face_port = free_port()
        return self.run_gateway(mqtt=mqtt, **options)

    def run_gateway(self, mqtt=False, sections=None, **msgin5g):
        """Also once more, on the same ports and folder; further options are those of [msgin5g]."""
        tables = {
            "msgin5g": {"enabled": True, "port": self.face_port, **msgin5g},
            "msgin5g.server": {"service_id": SERVER, "uris": [self.double.url]},
            "coap": {"open_messages": True},
            "mqtt": {"open_messages": True}}
        for section, keys in (sections or {}).items():
            tables.setdefault(section, {}).update(keys)
        self.running = self.gateway(mqtt=mqtt, sections=tables)
        if mqtt:
            wait_for(lambda: self.metric(self.running, "msggw_mqtt_connected") == 1, "the broker connection")
        return self.running

    # ---- the gateway's devices

    def registered(self):
        """The Service IDs that the server has."""
        return {one["ueSvcId"] for one in self.double.control("registrations")["devices"] if one["registered"]}

    def states(self):
        return {row["serviceId"]: row["state"] for row in self.rows().values() if row.get("serviceId")}

    def wait_until_registered(self, *devices):
        ids = {device.service_id for device in devices}
        wait_for(lambda: ids <= self.registered(), "the registrations at the server")
        wait_for(lambda: all(self.states().get(one) == "registered" for one in ids), "state registered")

    # ---- the double's Application Server

    def arrived(self, msg_id):
        """The message of that msgId, once the Application Server has it."""
        def find():
            return [entry["message"] for entry in self.double.inbox() if entry.get("message", {}).get("msgId") == msg_id]
        return wait_for(find, f"{msg_id} at the server")[0]

    def reports_of(self, msg_id):
        """What the Application Server has been told of its message."""
        return [entry["report"] for entry in self.double.inbox() if entry.get("report", {}).get("msgId") == msg_id]

    def reported(self, msg_id):
        """The one report of that message, once the Application Server has it."""
        reports = wait_for(lambda: self.reports_of(msg_id), f"the report of {msg_id}")
        self.assertEqual(len(reports), 1, reports)
        return reports[0]

    # ---- a MSGin5G Server of a few lines of shell

    def curl(self, path, body, *more):
        """What curl is answered for a POST to the gateway: status, and the body as JSON."""
        file = self.folder / "curl.json"
        file.write_text(json.dumps(body))
        done = subprocess.run(["curl", "-s", "--http2-prior-knowledge", "-H", "content-type: application/json", "-d",
                               f"@{file}", "-w", "\n%{http_code}", *more, f"http://127.0.0.1:{self.face_port}{path}"],
                              capture_output=True, text=True, timeout=PATIENCE, check=True)
        answer, status = done.stdout.rsplit("\n", 1)
        return int(status), json.loads(answer or "null")

    def nghttp(self, path, body):
        """The same by nghttp."""
        file = self.folder / "nghttp.json"
        file.write_text(json.dumps(body))
        done = subprocess.run(["nghttp", "-v", "-d", file, "-H", "content-type: application/json",
                               f"http://127.0.0.1:{self.face_port}{path}"],
                              capture_output=True, text=True, timeout=PATIENCE, check=True)
        return int(done.stdout.split(":status: ", 1)[1][:3])
