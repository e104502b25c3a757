# SPDX-License-Identifier: Apache-2.0
"""A device's MQTT client, Eclipse Paho, driven by lines as tests/npm/mqtt_client.js is: paho_device.py PORT ID USER PASSWORD."""
import json
import sys

import paho.mqtt.client as paho


def main(port, device, user, password):
    below = f"msgin5g/{device}/"
    client = paho.Client(client_id=device, protocol=paho.MQTTv5)
    client.username_pw_set(user, password)
    client.will_set(below + "status", "offline", qos=1, retain=True)
    client.on_message = lambda _, __, heard: print(json.dumps({"topic": heard.topic[len(below):], "payload": heard.payload.decode()}), flush=True)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", int(port))
    client.subscribe([(below + name, 1) for name in ("registration", "ack", "down", "reports")])
    client.loop_start()
    for line in sys.stdin:
        said = json.loads(line)
        client.publish(below + said["topic"], said["payload"], qos=1, retain=said["retain"])


if __name__ == "__main__":
    main(*sys.argv[1:])
