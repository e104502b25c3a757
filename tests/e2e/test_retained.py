# SPDX-License-Identifier: Apache-2.0
"""Broker and gateway end and come back at random moments (stop, kill -9, a broker without its database or with an old one) while
2,000 devices register under any spelling, leave, are suspended and removed: in the end what is retained is exactly what the device
table says. MSGGW_RESTARTS=200 is the whole of it; the rounds in every run are fewer."""
import json
import os
import random
import shutil
import threading
import time
import unittest
import urllib.error
import urllib.request

from harness import FULL, Case, wait_for
from mqtt import Lost, Mqtt, retained

RESTARTS = int(os.environ.get("MSGGW_RESTARTS", "30" if FULL else "8"))
DEVICES = 2_000
CLIENTS = 3
# With sanitizers the gateway takes fewer than three clients send, and what waits at the broker would only grow.
PAUSE = 0.0 if FULL else 0.002
OPERATIONS = ("suspend", "resume", "remove")


def mac(number):
    return f"{number:012x}"


def spelling(number, dice):
    """One of those that a device has, most of which are no MAC."""
    if number % 4:
        return f"device-{number}"
    digits = mac(number)
    pairs = [digits[i:i + 2] for i in range(0, 12, 2)]
    return dice.choice((digits, "-".join(pairs), ":".join(pairs), "-".join(pairs).upper()))


class Retained(Case):
    def setUp(self):
        super().setUp()
        self.stopping = threading.Event()
        self.done = {"publish": 0, "operate": 0}

    def devices(self, seed):
        """Devices that come and go, for as long as the restarts go on."""
        dice = random.Random(seed)
        client = None
        while not self.stopping.is_set():
            try:
                client = client or Mqtt(self.broker_port, f"fleet-{seed}", patience=2.0)
                name = spelling(dice.randrange(DEVICES), dice)
                client.publish(f"msgin5g/{name}/{dice.choice(('register', 'register', 'register', 'deregister'))}")
                self.done["publish"] += 1
                self.stopping.wait(PAUSE)
            except Lost:
                client = client and client.close()
                self.stopping.wait(0.01)
        if client:
            client.close()

    def api(self, method, path):
        """The answer, or None if there is none now."""
        try:
            access = json.loads((self.folder / "gateway" / "operator.json").read_text())
            request = urllib.request.Request(access["url"] + "/api/v1" + path, method=method,
                                             headers={"authorization": "Bearer " + access["token"]})
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.loads(answer.read())
        except (OSError, ValueError, KeyError):
            return None

    def operator(self, seed):
        dice = random.Random(seed)
        while not self.stopping.is_set():
            number, what = dice.randrange(DEVICES), dice.choice(OPERATIONS)
            path = f"/devices/{spelling(number, dice)}"
            done = self.api("DELETE", path) if what == "remove" else self.api("POST", f"{path}/{what}")
            self.done["operate"] += done is not None
            self.stopping.wait(0.005)

    def table(self):
        """All rows, or None while one is on its way or the gateway does not answer."""
        rows, after = [], ""
        while True:
            page = self.api("GET", f"/devices?limit=1000{after}")
            if page is None:
                return None
            rows += page["devices"]
            if "next" not in page:
                return None if any(row["state"] in ("recorded", "removing") for row in rows) else rows
            after = f"&after={page['next']}"

    @staticmethod
    def expected(rows):
        """{topic: what counts of the body}"""
        topics = {}
        for row in rows:
            if any(each["bearer"] == "mqtt" for each in row["registrations"]):
                served = row["state"] in ("provisioned", "registered")
                says = (row["privateId"], "provisioned", row["serviceId"]) if served else (row["privateId"], "refused", None)
                topics.update({f"msgin5g/{name}/registration": says for name in row["postedAs"]})
        return topics

    def found(self):
        bodies = {topic: json.loads(body) for topic, body in retained(self.broker_port, "msgin5g/+/registration").items()}
        return {topic: (body["privateId"], body["state"], body.get("serviceId")) for topic, body in bodies.items()}

    def difference(self):
        """{topic: (table, broker)} where they differ; None: not known now."""
        rows = self.table()
        if rows is None:
            return None
        wanted, found = self.expected(rows), self.found()
        return {topic: (wanted.get(topic), found.get(topic))
                for topic in wanted.keys() | found.keys() if wanted.get(topic) != found.get(topic)}

    def restart_broker(self, broker, dice):
        database, old = self.folder / "mosquitto.db", self.folder / "old.db"
        ending = dice.choice(("stop", "kill", "kill", "without", "old"))
        broker.stop() if ending == "stop" else broker.kill()
        if ending == "without":
            database.unlink(missing_ok=True)
        if ending == "old" and old.exists():
            shutil.copy(old, database)
        elif database.exists() and dice.random() < 0.3:
            shutil.copy(database, old)
        return self.broker(f"persistence true\npersistence_location {self.folder}/\nautosave_interval {dice.choice((1, 30))}\n"
                           "max_queued_messages 0\n")

    def test_restarts(self):
        seed = int(os.environ.get("MSGGW_SEED", time.time_ns() % 1_000_000))
        print(f"seed {seed} (MSGGW_SEED repeats it)", flush=True)
        dice = random.Random(seed)
        self.pf()
        broker = self.broker(f"persistence true\npersistence_location {self.folder}/\nmax_queued_messages 0\n")
        gateway = self.gateway(mqtt=True)
        work = [threading.Thread(target=self.devices, args=(seed + n,)) for n in range(CLIENTS)]
        work.append(threading.Thread(target=self.operator, args=(seed,)))
        for thread in work:
            thread.start()
        try:
            for _ in range(RESTARTS):
                time.sleep(dice.uniform(0.0, 1.0))  # the random moment itself; nothing is expected by then
                which = dice.choice(("broker", "gateway", "both"))
                if which != "broker":
                    gateway.stop() if dice.random() < 0.5 else gateway.kill()
                if which != "gateway":
                    broker = self.restart_broker(broker, dice)
                if which != "broker":
                    gateway = self.gateway(mqtt=True)
        finally:
            self.stopping.set()
            for thread in work:
                thread.join()
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_connected") == 1, "the broker connection")
        last = {}

        def same():
            last["difference"] = self.difference()
            return last["difference"] == {}
        try:
            wait_for(same, "the topics that the table says", patience=120, pause=0.3)
        except AssertionError:
            self.fail(f"table and broker differ: {last}\n{gateway.output()[-3000:]}")
        rows = self.table()
        print(f"{RESTARTS} restarts, {self.done['publish']} requests, {self.done['operate']} operations; {len(rows)} devices, "
              f"{len(self.expected(rows))} topics retained, all as the table says", flush=True)
        gateway.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
