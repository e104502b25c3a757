# SPDX-License-Identifier: Apache-2.0
"""Messages over MQTT with a real broker, the MSGin5G Server double, and devices as they are: content of every size, and what goes
wrong between devices, brokers and bridges elsewhere."""
import base64
import json
import random
import time
import unittest

from harness import PATIENCE, Case, free_port, wait_for
from mqtt import Mqtt, octets_of, user_property
from server_double import OWN, Double, address

SERVER = "m5s-1@msgin5g.example"  # as the Provisioning Function names it
SEGMENT = 2048
MOST = 65536
WIDE = "a\u00e9\u20ac\U0001F600"  # 1 + 2 + 3 + 4 octets


def plain_text(size):
    return "".join(f"{n:07d}|" for n in range(size // 8 + 1))[:size]


def wide_text(size, shift=0):
    """Of so many octets, with another cut through its characters for each `shift`."""
    text = "-" * shift + WIDE * (size // 10)
    while len(text.encode()) > size:
        text = text[:-1]
    return text + "-" * (size - len(text.encode()))


def contents():
    """Name and text, or octets."""
    for size in (1, 2047, 2048, 2049, 4096, 65535, MOST):
        yield f"plain-{size}", plain_text(size)
        yield f"octets-{size}", bytes(n * 7 % 256 for n in range(size))
    for size in (2047, 2048, 2049, 4096, 65535, MOST):
        for shift in range(10 if size == 2049 else 2):
            yield f"wide-{size}-{shift}", wide_text(size, shift)


class Device:
    """A connection that says that it is online, and has a Will; it reports what it gets."""

    def __init__(self, case, name, client_id=None, body='{"reports":true}', lasting=False, version=4, **connect):
        self.case, self.name = case, name
        self.mqtt = Mqtt(case.broker_port, client_id or f"device-{name}", PATIENCE, version,
                         will=(self.topic("status"), "offline"), lasting=lasting, **connect)
        case.addCleanup(self.mqtt.close)
        for word in ("registration", "ack", "down", "reports"):
            self.mqtt.subscribe(self.topic(word))
        if body is not None:
            self.mqtt.publish(self.topic("register"), body)
            told = self.hear("registration", lambda text: '"serviceId"' in text)
            self.service_id = json.loads(told)["serviceId"]
        self.mqtt.publish(self.topic("status"), "online", retain=True)

    def topic(self, word):
        return f"msgin5g/{self.name}/{word}"

    def hear(self, word, wanted=lambda text: True):
        """What is said next on that topic; it is heard no more."""
        heard = self.mqtt.take(lambda topic, _, text: topic == self.topic(word) and wanted(text), PATIENCE)
        self.case.assertIsNotNone(heard, f"nothing on {self.topic(word)}")
        return heard[2]

    def down(self):
        return json.loads(self.hear("down"))

    def report(self, msg_id):
        self.mqtt.publish(self.topic("report"), json.dumps({"msgId": msg_id, "delivSt": "REPT_DELY_SUCCESS"}))

    def send(self, msg_id, payload, ascii_alone=False, **more):
        body = {"msgId": msg_id, "payload": payload, **more}
        self.mqtt.publish(self.topic("send"), json.dumps(body, ensure_ascii=ascii_alone))
        self.case.assertEqual(json.loads(self.hear("ack", lambda text: f'"{msg_id}"' in text))["state"], "accepted")


class MqttMessages(Case):
    def start_all(self, *double, **mqtt):
        self.mosquitto = self.broker()
        self.pf()
        self.double = Double(self, "--retry", "50ms", *double)
        self.face_port = free_port()
        self.inbox, self.inbox_end = [], 0
        return self.served(**mqtt)

    def served(self, **mqtt):
        self.running = self.gateway(mqtt=True, sections={
            "msgin5g": {"enabled": True, "port": self.face_port, "base64_apps": ["octets"]},
            "msgin5g.server": {"service_id": SERVER, "uris": [self.double.url]},
            "messages": {"default_recipient": f"AS {OWN}"},
            "coap": {"enabled": False},
            "mqtt": {"topics_prove": True, **mqtt}})
        wait_for(lambda: self.metric(self.running, "msggw_mqtt_connected") == 1, "the broker connection")
        return self.running

    def registered(self, *devices):
        """Waits until the server has them."""
        def there():
            has = {one["ueSvcId"] for one in self.double.control("registrations")["devices"] if one["registered"]}
            return {device.service_id for device in devices} <= has
        wait_for(there, "the registrations at the server")

    def arrived(self):
        """All messages that the double's Application Server has got."""
        for entry in self.double.control(f"inbox?after={self.inbox_end}")["entries"]:
            self.inbox_end = entry["n"]
            if "message" in entry:
                self.inbox.append(entry["message"])
        return self.inbox

    def arrives(self, msg_id):
        """The segments of that message in their order, or the message alone."""
        def whole():
            parts = [one for one in self.arrived() if one["msgId"] == msg_id]
            wanted = max([one.get("segParams", {}).get("totalSegCount", 1) for one in parts], default=1)
            return len(parts) == wanted and parts
        parts = wait_for(whole, f"{msg_id} at the server")
        return sorted(parts, key=lambda one: one.get("segParams", {}).get("segNumb", 0))

    def give(self, device, text, msg_id):
        """A message of the Application Server; its number at the double."""
        return self.double.control("send", {"to": device.service_id, "text": text, "msgId": msg_id, "report": True})["messages"][0]

    def fate(self, number):
        """What the Application Server was told of its message."""
        report = wait_for(lambda: self.double.control(f"messages/{number}").get("report"), f"the report of {number}")
        return report.get("failureCause") or report["delivSt"]

    # ---- content

    def test_content_of_every_size_goes_up(self):
        self.start_all()
        device = Device(self, "meter", version=5)
        self.registered(device)
        for name, content in contents():
            is_text = isinstance(content, str)
            for way in ("up", "send", "send escaped") if is_text else ("up",):
                msg_id = f"{name} {way}"
                if way == "up":
                    device.mqtt.publish(device.topic("up"), content, properties=user_property("msgId", msg_id) +
                                        user_property("appId", "text" if is_text else "octets"))
                    self.assertIn("accepted", device.hear("ack"))
                else:
                    device.send(msg_id, content, ascii_alone=way == "send escaped", appId="text")
                parts = [octets_of(one["payload"]) if is_text else base64.b64decode(one["payload"], validate=True)
                         for one in self.arrives(msg_id)]
                self.assertEqual(b"".join(parts), octets_of(content), msg_id)
                self.assertEqual({len(part) <= SEGMENT for part in parts}, {True}, msg_id)
        device.mqtt.publish(device.topic("up"), plain_text(MOST + 1))
        self.assertIn("PAYLOAD_TOO_LARGE", device.hear("ack"))

    def test_content_of_every_size_comes_down(self):
        self.start_all("--segment", str(SEGMENT))
        structured, plain = Device(self, "doc", body="{}"), Device(self, "raw", body='{"format":"plain"}')
        self.registered(structured, plain)
        for name, content in contents():
            is_text = isinstance(content, str)
            for device in (structured, plain) if is_text else (plain,):
                msg_id = f"{name} {device.name}"
                if is_text:
                    self.give(device, content, msg_id)
                else:
                    self.double.deliver({
                        "oriAddr": address("AS", OWN), "destAddr": address("UE", device.service_id), "msgId": msg_id, "appId": "octets",
                        "stoAndFwInd": True, "payload": base64.b64encode(content).decode()}, "deliver-as-message")
                heard = device.hear("down")
                self.assertEqual(octets_of(heard if device is plain else json.loads(heard)["payload"]), octets_of(content), msg_id)

    # ---- what is lost, doubled and out of its order elsewhere

    def test_messages_come_in_their_order_whatever_is_killed(self):
        self.start_all()
        device = Device(self, "meter", lasting=True)
        self.registered(device)
        numbers = [self.give(device, f"x{n}", f"m{n}") for n in range(12)]
        first, dice = [], random.Random(1)
        killed = ["device", "gateway", "broker"] * 2
        dice.shuffle(killed)
        def is_told():
            return all(self.double.control(f"messages/{number}").get("report") for number in numbers)
        end = time.monotonic() + PATIENCE
        while not is_told() and time.monotonic() < end:
            down = device.mqtt.take(lambda topic, _, __: topic.endswith("/down"), 0.2)
            if not down:
                continue
            msg_id = json.loads(down[2])["msgId"]
            if msg_id not in first:
                first.append(msg_id)
                victim = killed.pop() if len(first) % 2 and killed else None
                if victim == "gateway":
                    self.running.kill()
                    self.served()
                elif victim == "broker":
                    self.mosquitto.kill()
                    self.mosquitto = self.broker()
                if victim in ("device", "broker"):
                    device.mqtt.close()
                    device = Device(self, "meter", lasting=True, body=None)
            device.report(msg_id)
        self.assertEqual(first, [f"m{n}" for n in range(len(numbers))])
        self.assertEqual({self.fate(number) for number in numbers}, {"REPT_DELY_SUCCESS"})

    def test_what_devices_send_is_neither_lost_nor_doubled_by_a_gateway_that_is_killed(self):
        self.start_all()
        device = Device(self, "meter")
        sent = []
        for n in range(60):
            sent.append(f"{n // 2}")  # each twice: the same words are another message
            device.mqtt.publish(device.topic("up"), sent[-1])
            if n % 20 == 10:
                self.running.kill()
            if n % 20 == 15:
                self.served()
        wait_for(lambda: len(self.arrived()) >= len(sent), "all messages")
        device.send("last", "last")
        self.arrives("last")
        self.assertEqual([one["payload"] for one in self.inbox], [*sent, "last"])

    def test_what_is_retained_acts_once(self):
        self.start_all()
        device = Device(self, "meter")
        device.mqtt.publish(device.topic("up"), "once", retain=True)
        device.mqtt.publish(device.topic("send"), '{"msgId":"m1","payload":"once more"}', retain=True)
        self.arrives("m1")
        for client_id in ("new-session", "own"):
            self.running.stop()
            self.served(client_id=client_id)
            device.send(client_id, client_id)
            self.arrives(client_id)
        self.assertEqual([one["payload"] for one in self.arrived()], ["once", "once more", "new-session", "own"])

    # ---- who is there

    def online(self, wanted):
        wait_for(lambda: self.metric(self.running, "msggw_mqtt_devices_online") == wanted, f"{wanted} devices online")

    def test_the_end_of_an_old_connection_keeps_no_message_from_the_new_one(self):
        self.start_all()
        old = Device(self, "meter")
        device = Device(self, "meter", body=None)  # the same client identifier: the broker ends the old one first
        device.service_id = old.service_id
        self.registered(device)
        number = self.give(device, "x", "m1")
        self.assertEqual(device.down()["msgId"], "m1")
        device.report("m1")
        self.assertEqual(self.fate(number), "REPT_DELY_SUCCESS")
        other = Device(self, "meter", client_id="another", body=None)
        device.mqtt.close()  # its Will comes behind what the other said
        self.online(0)
        number = self.give(device, "x", "m2")
        other.mqtt.publish(other.topic("up"), "I am here")
        self.assertEqual(other.down()["msgId"], "m2")
        other.report("m2")
        self.assertEqual(self.fate(number), "REPT_DELY_SUCCESS")

    def test_who_has_said_good_bye_gets_it_later(self):
        self.start_all()
        for n, (version, with_will) in enumerate(((4, False), (5, False), (5, True))):
            device = Device(self, "meter", version=version)
            self.registered(device)
            device.mqtt.disconnect(with_will)
            if with_will:
                self.online(0)
            number = self.give(device, "x", f"m{n}")
            if not with_will:  # nobody listens, and the broker says so
                wait_for(lambda n=n: self.metric(self.running, "msggw_mqtt_brought_total", '{outcome="absent"}') == n + 1, "nobody there")
            device = Device(self, "meter", version=version)
            self.assertEqual(device.down()["msgId"], f"m{n}")
            device.report(f"m{n}")
            self.assertEqual(self.fate(number), "REPT_DELY_SUCCESS")

    def test_what_a_device_cannot_take_is_told_as_not_come_and_the_next_one_comes(self):
        self.start_all(proof_within="1s")
        device = Device(self, "meter", version=5, most_octets=300)  # the broker drops what is longer, and says nothing
        self.registered(device)
        self.assertEqual(self.fate(self.give(device, plain_text(1000), "long")), "NO_PROOF")
        number = self.give(device, "x", "short")
        self.assertEqual(device.down()["msgId"], "short")
        device.report("short")
        self.assertEqual(self.fate(number), "REPT_DELY_SUCCESS")

    def test_names_that_other_bridges_stumble_over(self):
        self.start_all()
        names = ("a b", "\u00e4\U0001F600", "$x", "(CCS2)", "a.b*c?[d]", "%s{0}", "'\"\\", "x" * 128)
        devices = [Device(self, name, client_id=f"device-{n}") for n, name in enumerate(names)]
        self.registered(*devices)
        for n, device in enumerate(devices):
            device.send(f"up{n}", device.name)
            self.assertEqual(self.arrives(f"up{n}")[0]["payload"], device.name)
            number = self.give(device, device.name, f"down{n}")
            self.assertEqual(device.down()["payload"], device.name)
            device.report(f"down{n}")
            self.assertEqual(self.fate(number), "REPT_DELY_SUCCESS")


    # ---- before the Service ID

    def gateway_without_pf(self):
        return self.gateway(mqtt=True, sections={
            "msgin5g": {"enabled": True, "port": self.face_port},
            "msgin5g.server": {"service_id": SERVER, "uris": [self.double.url]},
            "messages": {"default_recipient": f"AS {OWN}", "answer_within": "1m"},
            "coap": {"enabled": False},
            "mqtt": {"topics_prove": True}})

    def test_what_waits_for_a_service_id_outlives_a_killed_gateway(self):
        """And a broker that has forgotten it: it was told that the gateway has it."""
        broker = self.broker("log_type all\n")
        self.double = Double(self, "--retry", "50ms")
        self.face_port = free_port()
        self.inbox, self.inbox_end = [], 0
        gateway = self.gateway_without_pf()
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_connected") == 1, "the broker connection")
        device = Mqtt(self.broker_port, "device-meter", PATIENCE, 5)
        self.addCleanup(device.close)
        device.publish("msgin5g/meter/register", "{}")
        for number in range(5):
            device.publish("msgin5g/meter/up", f"reading {number}", properties=user_property("msgId", f"m{number}"))

        def acknowledged():
            return [line for line in broker.lines if "Received PUBACK from" in line and "device-meter" not in line]
        wait_for(lambda: len(acknowledged()) >= 6, "the gateway's PUBACKs")
        gateway.kill()
        broker.kill()
        self.broker()
        self.pf()
        self.gateway_without_pf()
        for number in range(5):
            self.assertEqual(self.arrives(f"m{number}")[0]["payload"], f"reading {number}")
        self.assertEqual([one["msgId"] for one in self.arrived()], [f"m{number}" for number in range(5)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
