# SPDX-License-Identifier: Apache-2.0
"""Two gateways, one over HTTP and one over CoAP, and direct clients over both race for the same Private IDs, while the
Provisioning Function shows faults and is killed twice: every Private ID has exactly one Service ID, every Service ID one
Private ID, in all three stores and in every answer ever given."""
import collections
import http.client
import json
import os
import random
import subprocess
import threading
import unittest

from harness import BIN, PATIENCE, Case, Coap, free_port, wait_for

IDS = int(os.environ.get("MSGGW_RACE_IDS", "10000"))
COLLECTION = "/msgin5g-provisioning/v1/provisionings"
BULK = "/msgin5g-provisioning/v1/bulk"
FAULTS = [  # about one request in eight meets one
    {"do": "delay", "delayMs": 150, "when": {"probability": 0.02, "seed": 1}},
    {"do": "delay", "delayMs": 1500, "when": {"probability": 0.01, "seed": 2}},  # later than anybody waits here
    {"do": "drop", "when": {"probability": 0.01, "seed": 3}},
    {"do": "drop", "carriedOut": True, "when": {"probability": 0.01, "seed": 4}},
    {"do": "reset", "when": {"probability": 0.01, "seed": 5}},
    {"do": "half", "when": {"probability": 0.01, "seed": 6}},
    {"do": "status", "status": 503, "when": {"probability": 0.01, "seed": 7}},
    {"do": "status", "status": 500, "carriedOut": True, "when": {"probability": 0.01, "seed": 8}},
    {"do": "wrong_body", "when": {"probability": 0.01, "seed": 9}},
    {"do": "wrong_content_type", "when": {"probability": 0.01, "seed": 10}},
    {"do": "duplicate", "when": {"probability": 0.02, "seed": 11}},
    {"do": "lost_ack", "when": {"probability": 0.01, "seed": 12}},
]


def canonical(private_id):
    return private_id.replace(":", "").lower() if private_id.startswith("00:1b") else private_id


class DirectClient(threading.Thread):
    """Asks for Private IDs in an order of its own until it is stopped; `answers` are all that it ever got."""

    def __init__(self, ids, seed):
        super().__init__(daemon=True)
        self.ids = ids
        self.random = random.Random(seed)
        self.answers = []
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.is_set():
            private_id = self.random.choice(self.ids)
            try:
                service_id = self.ask(private_id)
            except (OSError, http.client.HTTPException, ValueError, KeyError):
                self.begin_anew()
                self.stopped.wait(0.02)
                continue
            if service_id:
                self.answers.append((private_id, service_id))

    @staticmethod
    def about(private_id, answer):
        """The Service ID; an answer to another request (there is a fault that answers twice) is dropped."""
        if answer["privateId"] != canonical(private_id):
            raise ValueError("the answer to another request")
        return answer["serviceId"]

    def request(self, private_id):
        return {"ueType": self.random.choice(["NON_3GPP", "MSGIN5G_UE", "AS"]), "privateId": private_id}


class HttpClient(DirectClient):
    def __init__(self, ids, seed, port):
        super().__init__(ids, seed)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)

    def ask(self, private_id):
        self.connection.request("POST", COLLECTION, json.dumps(self.request(private_id)),
                                {"content-type": "application/json"})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status not in (200, 201) or answer.getheader("content-type") != "application/json":
            return None
        return self.about(private_id, json.loads(body))

    def begin_anew(self):
        self.connection.close()

    close = begin_anew


class MessageClient(DirectClient):
    """In MSGin5G messages over CoAP."""

    def __init__(self, ids, seed, port):
        super().__init__(ids, seed)
        self.coap = Coap(port)

    def ask(self, private_id):
        msg_id = os.urandom(8).hex()
        message = {"msgType": "MSG", "destAddr": {"addrType": "AS", "addr": "msgin5g-prov@msgin5g.example"},
                   "msgId": msg_id, "appId": "msgin5g-provisioning", "payload": self.request(private_id)}
        token = os.urandom(4)
        datagram = self.coap.message(2, [(11, b"msgin5g"), (12, b"\x32")], json.dumps(message).encode(), token=token)
        for _ in range(3):
            self.coap.send(datagram)
            answer = self.coap.receive(0.4)
            while answer:
                kind, code, mid, got, options, payload = answer
                if kind == Coap.CON:
                    self.coap.send(bytes([0x60, 0]) + mid.to_bytes(2, "big"))
                if got == token and code in (0x41, 0x44) and options.get(12) == [b"\x32"]:
                    answered = json.loads(payload)
                    assert answered["msgId"] == msg_id
                    return self.about(private_id, answered["payload"])
                answer = self.coap.receive(0.1)
        return None

    def begin_anew(self):
        pass

    def close(self):
        self.coap.close()


class Race(Case):
    def start_pf(self):
        return self.pf(sections={
            "pf.coap": {"coap_port": self.pf_coap_port},
            "pf.test": {"enabled": True, "port": 0, "scenario": str(self.folder / "faults.json")}})

    def start_gateway(self, name, uri):
        return self.gateway(name=name, sections={
            "coap": {"port": 0},
            "provisioning": {"uris": [uri]},
            "provisioning.http": {"request_timeout": "1s"},
            "provisioning.coap": {"request_timeout": "1s", "ack_timeout": "200ms"},
            "limits": {"provisioning_backoff_first": "50ms", "provisioning_backoff_most": "500ms"}})

    def ids(self):
        """Half of them MAC addresses, which the gateways and the clients spell in three ways."""
        for number in range(IDS):
            yield f"00:1b:63:00:{number >> 8:02x}:{number & 255:02x}" if number % 2 else f"race {number}"

    def test_one_service_id_each(self):
        self.pf_coap_port = free_port()
        (self.folder / "faults.json").write_text(json.dumps({"faults": FAULTS}))
        spelt = list(self.ids())
        ids = [canonical(i) for i in spelt]
        pf = self.start_pf()
        gateways = {"a": self.start_gateway("a", f"http://127.0.0.1:{self.pf_port}"),
                    "b": self.start_gateway("b", f"coap://127.0.0.1:{self.pf_coap_port}")}
        imports = []
        for number, name in enumerate(gateways):
            rows = [i.upper() if number else i for i in spelt] if number == 0 else list(spelt)
            random.Random(number).shuffle(rows)
            file = self.folder / f"{name}.csv"
            file.write_text("private_id,type\n" + "".join(f"{row},non3gpp\n" for row in rows))
            imports.append(subprocess.Popen([BIN / "msggw", "devices", "import", file, "--dir", self.folder / name],
                                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        clients = [HttpClient(spelt, seed, self.pf_port) for seed in range(2)]
        clients += [MessageClient(spelt, seed, self.pf_coap_port) for seed in range(2)]
        for client in clients:
            client.start()
        for kill in (1, 2):
            wanted = len(clients[0].answers) + 200
            wait_for(lambda: len(clients[0].answers) >= wanted, "the direct client to get on")
            pf.kill()
            pf = self.start_pf()
        for process in imports:
            out, _ = process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 0, out)
        for name in gateways:
            self.wait_for_all(name, gateways[name])
        for client in clients:
            client.stopped.set()
            client.join()
            client.close()
        for gateway in gateways.values():
            gateway.stop()
        self.assertFalse(pf.ended())
        pf.stop()
        self.judge(ids, {name: self.rows(name) for name in gateways}, clients)

    def wait_for_all(self, name, gateway):
        try:
            wait_for(lambda: self.metric(gateway, "msggw_devices", '{state="provisioned"}') == IDS,
                     f"all devices of gateway {name}", patience=float(os.environ.get("MSGGW_RACE_PATIENCE", "240")), pause=0.2)
        except AssertionError as late:
            states = {state: self.metric(gateway, "msggw_devices", f'{{state="{state}"}}')
                      for state in ("recorded", "provisioned", "refused")}
            raise AssertionError(f"{late}: {states}\n{gateway.output()[-3000:]}") from late

    def judge(self, ids, stores, clients):
        pf = self.pf(sections={"pf.coap": {"enabled": False}})
        truth = {}
        connection = http.client.HTTPConnection("127.0.0.1", self.pf_port, timeout=PATIENCE)
        for start in range(0, len(ids), 250):
            asked = ids[start:start + 250]
            body = json.dumps({"requests": [{"ueType": "AS", "privateId": i} for i in asked]})
            connection.request("POST", BULK, body, {"content-type": "application/json"})
            for private_id, item in zip(asked, json.loads(connection.getresponse().read())["responses"]):
                self.assertEqual(item["status"], 200, f"{private_id} is new to the Provisioning Function")
                truth[private_id] = item["response"]["serviceId"]
        connection.close()
        pf.stop()
        counted = collections.Counter(truth.values())
        self.assertEqual([s for s, n in counted.items() if n > 1], [])
        for name, rows in stores.items():
            self.assertEqual({i: row["serviceId"] for i, row in rows.items()}, truth, f"store of gateway {name}")
        answers = 0
        for client in clients:
            self.assertGreater(len(client.answers), 0)
            for private_id, service_id in client.answers:
                answers += 1
                self.assertEqual(service_id, truth[canonical(private_id)], type(client).__name__)
        print(f"{len(truth)} Private IDs, {answers} answers to direct clients")


if __name__ == "__main__":
    unittest.main()
