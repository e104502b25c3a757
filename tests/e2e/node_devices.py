# SPDX-License-Identifier: Apache-2.0
"""Devices made of node-coap and MQTT.js, by the scripts of tests/npm; devices.py says what devices can do."""
import json
import subprocess

from devices import Observes, OverCoap, OverMqtt, Polls, Pushed, registration
from harness import free_port, wait_for
from npm import node

TYPES = {"json": "application/json", "text": "text/plain"}


class Script:
    """A script that takes JSON, a line each, and says JSON."""

    def __init__(self, case, name, *arguments):
        self.process = case.start(node(name, *arguments), stdin=subprocess.PIPE)

    def say(self, **line):
        self.process.say(json.dumps(line))

    def said(self):
        return [json.loads(line) for line in list(self.process.lines) if line.startswith("{")]


class NodeCoap(OverCoap):
    def __init__(self, case, private_id, is_plain, query=""):
        super().__init__(private_id, is_plain)
        self.port, self.asked, self.script = case.coap_port, 0, Script(case, "coap_client.js")

        def registered():
            answer = self.ask("POST", "/rd", payload=registration(is_plain), query=f"ep={private_id}{query}", type=TYPES["json"])
            return answer if answer["code"] == "2.01" else None
        answer = wait_for(registered, f"the registration of {private_id}")
        self.below = "/" + "/".join(answer["location"]) + "/"
        self.service_id = json.loads(answer["payload"])["serviceId"]

    def ask(self, method, path, **more):
        """The answer; of an observation the first."""
        self.asked += 1
        self.script.say(id=self.asked, method=method, port=self.port, path=path, **more)
        return wait_for(lambda: self.answers(self.asked), f"an answer to {method} {path}")[0]

    def answers(self, number):
        return [answer for answer in self.script.said() if answer["id"] == number]

    def post(self, name, body, type="json", query=""):
        answer = self.ask("POST", self.below + name, payload=body, type=TYPES[type], query=query)
        assert answer["code"] == "2.04", answer
        return answer["payload"]

    def get(self, query):
        answer = self.ask("GET", self.below + "inbox", query=query)
        return (answer["payload"], answer["etag"]) if "etag" in answer else None


class NodeCoapPolling(Polls, NodeCoap):
    pass


class NodeCoapObserving(Observes, NodeCoap):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        assert self.ask("GET", self.below + "inbox", observe=True)["payload"] == ""
        self.observation = self.asked

    def notifications(self):
        return [answer["payload"] for answer in self.answers(self.observation)[1:]]


class NodeCoapPushed(Pushed, NodeCoap):
    def __init__(self, case, private_id, is_plain):
        port = free_port()
        self.server = Script(case, "coap_server.js", str(port))
        super().__init__(case, private_id, is_plain, query=f"&base=coap://127.0.0.1:{port}/of/device")
        self.paths = [f"/of/device/{name}" for name in self.pushed_to(is_plain)]

    def pushes(self):
        said = self.server.said()
        assert all(push["method"] == "POST" and push["path"] in self.paths for push in said), said
        return [push["payload"] for push in said]


class MqttJs(OverMqtt):
    def __init__(self, case, private_id, is_plain, version="5"):
        super().__init__(case, private_id, is_plain, version)
        self.script = Script(case, "mqtt_client.js", str(case.broker_port), private_id, version, json.dumps(self.way()))
        self.begin()

    def way(self):
        """More options of MQTT.js; ca, cert and key are files."""
        return {}

    def publish(self, name, payload, retain=False):
        self.script.say(topic=name, payload=payload, retain=retain)

    def heard(self):
        return [(one["topic"], one["payload"]) for one in self.script.said()]


class MqttJs311(MqttJs):
    def __init__(self, *arguments):
        super().__init__(*arguments, version="4")
