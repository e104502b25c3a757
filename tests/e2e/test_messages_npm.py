# SPDX-License-Identifier: Apache-2.0
"""Messages and reports both ways with devices of node-coap and MQTT.js; nghttp and curl deliver."""
import npm
from exchange import ExchangeCase
from node_devices import MqttJs, MqttJs311, NodeCoapObserving, NodeCoapPolling, NodeCoapPushed


class MessagesNpm(ExchangeCase):
    def test_node_coap_polls(self):
        self.exchange(NodeCoapPolling)

    def test_node_coap_observes(self):
        self.exchange(NodeCoapObserving)

    def test_node_coap_is_pushed_to(self):
        self.exchange(NodeCoapPushed)

    def test_mqtt_js(self):
        self.exchange(MqttJs, mqtt=True)

    def test_mqtt_js_311(self):
        self.exchange(MqttJs311, mqtt=True)


if __name__ == "__main__":
    npm.main()
