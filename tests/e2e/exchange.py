# SPDX-License-Identifier: Apache-2.0
"""All that may pass between a device and an Application Server, for devices of any kind (devices.py, node_devices.py)."""
from harness import wait_for
from messaging import N3G, SUCCESS, MessagingCase, downward
from server_double import OWN, address


class ExchangeCase(MessagingCase):
    def deliver(self, operation, body, by):
        """A MSGin5G Server delivers it: nghttp, else curl."""
        status = self.nghttp(N3G + operation, body) if by == "nghttp" else self.curl(N3G + operation, body)[0]
        self.assertEqual(status, 204, body)

    def down(self, device, by):
        """A message to the device, and the report of it."""
        msg_id, payload = f"{device.private_id}-{by}", f"READ {by} °C"
        self.deliver("deliver-message", downward(device.service_id, msg_id, payload, appId="meters"), by)
        got = device.receive()
        if device.is_plain:
            self.assertEqual(got, payload)
            device.prove(msg_id)
        else:
            self.assertEqual(got, {"oriAddr": address("AS", OWN), "msgId": msg_id, "appId": "meters", "delivStReqInd": True,
                                   "payload": payload})
            device.report(msg_id)
        report = self.reported(msg_id)
        self.assertEqual(report, {"oriAddr": address("UE", device.service_id), "destAddr": address("AS", OWN),
                                  "msgId": msg_id, "delivSt": SUCCESS})

    def up(self, device):
        """A message of the device with all that belongs to it, and content alone."""
        msg_id = f"{device.private_id}-up"
        device.send(msg_id, "21.5 °C")
        message = self.arrived(msg_id)
        del message["stoAndFwInd"], message["stoAndFwParams"]
        self.assertEqual(message, {"oriAddr": address("UE", device.service_id), "destAddr": address("AS", OWN), "msgId": msg_id,
                                   "appId": "meters", "delivStReqInd": True, "payload": "21.5 °C"})
        content = f"content alone of {device.private_id}"
        device.up(content)
        wait_for(lambda: [entry for entry in self.double.inbox() if entry.get("message", {}).get("payload") == content], content)

    def report_down(self, device, by):
        """What became of the message of up()."""
        told = {"oriAddr": address("AS", OWN), "msgId": f"{device.private_id}-up", "delivSt": SUCCESS}
        self.deliver("deliver-report", {**told, "destAddr": address("UE", device.service_id)}, by)
        self.assertEqual(device.receive(), told)

    def exchange(self, kind, mqtt=False):
        """Two devices of that kind, one of which takes messages plain."""
        if mqtt:
            self.broker()
        self.start_all(mqtt=mqtt, sections={"messages": {"default_recipient": f"AS {OWN}"}})
        for is_plain in (False, True):
            with self.subTest(is_plain=is_plain):
                device = kind(self, f"{kind.__name__}-{'plain' if is_plain else 'structured'}", is_plain)
                self.wait_until_registered(device)
                self.down(device, "nghttp")
                self.up(device)
                self.down(device, "curl")
                for by in ("nghttp", "curl") if device.hears_reports else ():
                    self.report_down(device, by)
        self.running.stop()
