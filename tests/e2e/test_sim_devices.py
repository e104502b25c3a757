# SPDX-License-Identifier: Apache-2.0
"""What `msggw-sim devices` over MQTT take for an answer of the gateway, whose part is played here."""
import json
import subprocess
import unittest

from harness import BIN, Case, wait_for
from ledger import Tail
from mqtt import Mqtt


class SimDevices(Case):
    def tell(self, name, **body):
        self.gateway.publish(f"msgin5g/{self.device}/{name}", json.dumps(body, separators=(",", ":")))

    def taken(self, name, begin=""):
        """The body of what the device has published, once."""
        topic, _, body = self.gateway.take(lambda topic, _, body: topic.endswith(f"/{name}") and begin in body)
        self.device = topic.split("/")[1]
        return json.loads(body)

    def test_the_refusal_of_a_report_answers_no_message_of_the_same_number(self):
        self.broker()
        self.gateway = Mqtt(self.broker_port, "gateway")
        for name in ("register", "send"):
            self.gateway.subscribe(f"msgin5g/+/{name}")
        ledger = self.folder / "devices.jsonl"
        devices = self.start([BIN / "msggw-sim", "devices", "--mqtt", f"127.0.0.1:{self.broker_port}", "--devices", 1, "--proof",
                              "report", "--messages", 2, "--ledger", ledger], ready=False, stdin=subprocess.DEVNULL)
        self.taken("register")
        self.tell("registration", serviceId="meter@msgin5g.example", state="registered")
        ids = []
        for number in ("1", "2"):
            ids.append(self.taken("send", f'"msgId":"{number}-')["msgId"])
            of_the_server = f"{number}-{int(ids[-1].split('-')[1]) - 1}"
            self.tell("ack", msgId=of_the_server, state="refused", cause="MSG_ID_UNKNOWN", detail="a report of it")
            self.tell("ack", msgId=ids[-1], state="accepted")
        lines, tail = [], Tail(ledger)
        wait_for(lambda: lines.extend(tail.new()) or len(lines) >= 4, "the ledger")
        self.assertEqual([(line["event"], line["id"]) for line in lines],
                         [(event, message_id) for message_id in ids for event in ("sent", "accepted")])
        devices.stop()
        self.gateway.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
