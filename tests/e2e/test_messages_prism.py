# SPDX-License-Identifier: Apache-2.0
"""The gateway and a MSGin5G Server that no one here wrote: Prism answers as the OpenAPI documents say and judges what it is
asked; between gateway and double it judges both, both ways."""
import json
import re

import npm
from contracts import contracts, judge
from devices import PollingClient
from harness import free_port, wait_for
from messaging import FAILED, SERVER, SUCCESS, MessagingCase, downward
from openapi import Recorder
from server_double import OWN, Double, address

MSG_ID = "prism-1"  # an ack must be that of its message, and a mock answers with an example


class MessagesPrism(MessagingCase):
    def prism(self, command, *arguments):
        """Its port. It judges by the documents of 3GPP where they are, else by what the tests know of them."""
        document = json.loads(json.dumps(contracts()[-1].document))
        document["components"]["schemas"]["MessageDeliveryAck"]["example"] = {"oriAddr": address("UE", "x"), "msgId": MSG_ID}
        file = self.folder / "document.json"
        if not file.exists():  # Prism begins anew, on another port, when its document is written
            file.write_text(json.dumps(document))
        program = npm.FOLDER / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
        self.judge = self.start(["node", program, command, "--errors", "-h", "127.0.0.1", "-p", "0", file, *arguments],
                                ready=False)
        found = wait_for(lambda: re.search(r"listening on http://127\.0\.0\.1:(\d+)", self.judge.output()), "Prism")
        return int(found[1])

    def done(self, gateway, kind):
        return self.metric(gateway, "msggw_messages_done_total", f'{{kind="{kind}"}}')

    def test_a_server_that_no_one_here_wrote(self):
        self.pf()
        recorder = Recorder(self.prism("mock"))
        self.addCleanup(recorder.close)
        self.face_port = free_port()
        gateway = self.gateway(sections={
            "msgin5g": {"enabled": True, "port": self.face_port, "registration": "none"},
            "msgin5g.server": {"service_id": SERVER, "version": "http1", "uris": [f"http://127.0.0.1:{recorder.port}"]},
            "coap": {"open_messages": True}})
        short, long = PollingClient(self, "short", False), PollingClient(self, "long", False)
        short.send(MSG_ID, "21.5 °C")
        long.send(MSG_ID, "x" * 5_000)
        wait_for(lambda: self.done(gateway, "message_up") == 2, "two messages at the server")
        for device, outcome in ((short, SUCCESS), (long, FAILED)):
            self.curl("/msgg-n3gdelivery/v1/deliver-message", downward(device.service_id, MSG_ID, appId="meters"))
            self.assertEqual(device.receive()["payload"], "READ")
            device.post("report", json.dumps({"msgId": MSG_ID, "delivSt": outcome}))
        wait_for(lambda: self.done(gateway, "report_up") == 2, "two reports at the server")
        self.assertEqual(len(recorder.exchanges), 1 + 3 + 2)
        for exchange in recorder.exchanges:
            self.assertEqual((judge(exchange)[0], exchange.status), ([], 200))
        self.assertNotIn("iolation", self.judge.output())
        gateway.stop()

    def test_a_judge_between_gateway_and_double(self):
        """Prism as a proxy answers itself, with 422 or 500, where one of the two does not keep to the documents."""
        self.pf()
        self.double = Double(self, "--http", "1.1", "--retry", "50ms")
        self.face_port = free_port()
        to_server = self.prism("proxy", self.double.url)
        judges = [self.judge]
        to_gateway = self.prism("proxy", f"http://127.0.0.1:{self.face_port}")
        judges.append(self.judge)
        gateway = self.gateway(sections={
            "msgin5g": {"enabled": True, "port": self.face_port, "registration": "none"},
            "msgin5g.server": {"service_id": SERVER, "version": "http1", "uris": [f"http://127.0.0.1:{to_server}"]},
            "coap": {"open_messages": True}})
        device = PollingClient(self, "meter-1", False)
        self.double.register(device.service_id, f"http://127.0.0.1:{to_gateway}")
        device.send("up-1", "21.5 °C")
        self.assertEqual(self.arrived("up-1")["payload"], "21.5 °C")
        self.double.deliver({"oriAddr": address("AS", OWN), "destAddr": address("UE", device.service_id), "msgId": "up-1",
                             "delivSt": SUCCESS}, "deliver-report")
        self.assertEqual(device.receive()["delivSt"], SUCCESS)
        sent = self.double.control("send", {"to": device.service_id, "text": "READ", "report": True, "appId": "meters"})
        self.assertEqual(device.receive()["payload"], "READ")
        device.report(sent["msgId"])
        self.assertEqual(self.reported(sent["msgId"])["delivSt"], SUCCESS)
        for judge_between in judges:
            self.assertNotIn("iolation", judge_between.output())
        statuses = {entry["status"] for entry in self.double.journal()}
        self.assertLessEqual(statuses, {200, 201, 204})
        gateway.stop()


if __name__ == "__main__":
    npm.main()
