# SPDX-License-Identifier: Apache-2.0
"""Who is there, with the clients that devices have: a Will, a keep-alive that runs out, a client that takes over, a broker that dies
with what it retains, a restart of the gateway."""
import json
import os
import signal
import subprocess
import unittest

from harness import BIN, PATIENCE, Case, Coap, wait_for


class Presence(Case):
    def listed(self, *arguments):
        """{(private id, bearer): (state, has lastSeen, has lastSeenNotBefore)}, by `msggw devices list`; None: no gateway answers."""
        done = subprocess.run([BIN / "msggw", "devices", "list", *arguments, "--json", "--dir", self.folder / "gateway"],
                              capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode:
            return None
        return {(device["privateId"], one["bearer"]): (one["state"], "lastSeen" in one, "lastSeenNotBefore" in one)
                for device in map(json.loads, done.stdout.splitlines()) for one in device["presence"]}

    def state(self, name, bearer="mqtt"):
        return (self.listed("--bearer", bearer) or {}).get((name, bearer), (None,))[0]

    def becomes(self, state, name="meter", bearer="mqtt"):
        wait_for(lambda: self.state(name, bearer) == state, f"{name} {state} over {bearer}", pause=0.1)

    def publish(self, topic, text=None):
        subprocess.run(["mosquitto_pub", "-p", str(self.broker_port), "-q", "1", "-t", f"msgin5g/{topic}",
                        *(("-m", text) if text else ("-n",))], check=True, timeout=PATIENCE)

    def device(self, name="meter", keep_alive=60, client_id=None):
        """It listens, has its Will, and has said that it is online."""
        listening = subprocess.Popen(["stdbuf", "-oL", "mosquitto_sub", "-p", str(self.broker_port), "-i", client_id or name,
                                      "-k", str(keep_alive), "-q", "1", "-t", f"msgin5g/{name}/down", "--will-topic", f"msgin5g/{name}/status", "--will-payload",
                                      "offline", "--will-retain", "--will-qos", "1", "-d"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(listening.stdout.close)
        self.addCleanup(listening.wait)
        self.addCleanup(listening.kill)
        while "SUBACK" not in listening.stdout.readline():
            self.assertIsNone(listening.poll())
        self.publish(f"{name}/register")
        subprocess.run(["mosquitto_pub", "-p", str(self.broker_port), "-q", "1", "-r", "-t", f"msgin5g/{name}/status", "-m", "online"],
                       check=True, timeout=PATIENCE)
        self.becomes("reachable", name)
        return listening

    def test_over_mqtt_a_device_is_there_until_its_will_says_otherwise(self):
        self.broker()
        self.pf()
        gateway = self.gateway(mqtt=True)
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_connected"), "the broker")
        device = self.device()
        self.assertEqual(self.metric(gateway, "msggw_devices_present", '{bearer="mqtt",presence="reachable"}'), 1)
        device.kill()  # the broker sees the end of the connection, and publishes the Will
        self.becomes("offline")
        self.assertEqual(self.listed("--presence", "reachable"), {})
        self.assertEqual(self.listed("--presence", "offline"), {("meter", "mqtt"): ("offline", True, False)})
        self.publish("meter/register")  # whoever speaks is there
        self.becomes("reachable")

        asleep = self.device("sleeper", keep_alive=5)
        os.kill(asleep.pid, signal.SIGSTOP)  # half open: no FIN, no ping
        self.becomes("offline", "sleeper")  # after one and a half keep-alives
        os.kill(asleep.pid, signal.SIGCONT)

        first = self.device("twice")  # of pubsubclient, and of whoever makes up a client id for each connection
        again = self.device("twice", client_id="twice-again")
        first.kill()
        self.becomes("offline", "twice")  # the Will of the connection before, which the broker knows nothing better of
        self.publish("twice/register")
        self.becomes("reachable", "twice")
        self.assertIsNone(again.poll())
        shown = subprocess.run([BIN / "msggw", "devices", "show", "twice", "--dir", self.folder / "gateway"],
                               capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
        self.assertRegex(shown, r"presence +mqtt reachable, last seen \d{4}-")
        why = subprocess.run([BIN / "msggw", "why", "meter", "--dir", self.folder / "gateway"],
                             capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
        self.assertIn("Over mqtt it is reachable, last seen at ", why)

    def test_what_a_broker_retains_is_nobody_who_is_there(self):
        kept = f"persistence true\npersistence_location {self.folder}/\nautosave_interval 1\nautosave_on_changes true"
        broker = self.broker(kept)
        self.pf()
        gateway = self.gateway(mqtt=True)
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_connected"), "the broker")
        device = self.device()
        os.kill(device.pid, signal.SIGSTOP)  # it does not see that the broker goes, and does not come back
        wait_for(lambda: (self.folder / "mosquitto.db").exists(), "what is retained on disk")
        broker.kill()
        self.becomes("registered")
        self.broker(kept)
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_connected"), "the broker again")
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_received_total", '{kind="status"}') >= 2, "what the broker kept")
        self.assertEqual(self.state("meter"), "registered")
        self.publish("meter/status", "online")
        self.becomes("reachable")

    def test_over_coap_a_device_sleeps_and_a_restart_says_what_is_known(self):
        self.pf()
        options = {"limits": {"reachable_for": "2s", "first_contacts_per_address": 0}}
        gateway = self.gateway(sections=options)
        client = Coap(self.coap_port)
        self.addCleanup(client.close)
        self.assertEqual(client.register("meter")["state"], "provisioned")
        self.becomes("sleeping", bearer="coap")
        self.assertIsNotNone(client.register("meter"))
        self.assertIn(self.state("meter", "coap"), ("reachable", "sleeping"))
        gateway.stop()
        self.assertIsNone(self.listed("--bearer", "coap"))  # nobody runs who could know
        shown = subprocess.run([BIN / "msggw", "devices", "show", "meter", "--dir", self.folder / "gateway"],
                               capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
        self.assertNotIn("presence", shown)
        gateway = self.gateway(sections=options)
        self.assertEqual(self.listed("--bearer", "coap"), {("meter", "coap"): ("registered", False, True)})
        self.assertEqual(self.metric(gateway, "msggw_devices_present", '{bearer="coap",presence="registered"}'), 1)
        gateway.stop()


if __name__ == "__main__":
    unittest.main()
