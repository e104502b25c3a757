# SPDX-License-Identifier: Apache-2.0
"""Messages and reports both ways with peers that no one here wrote: nghttp and curl deliver, coap-client and Mosquitto's
clients are the devices; structured and plain."""
import unittest

from devices import MosquittoDevice, ObservingClient, PollingClient
from exchange import ExchangeCase


class Messages(ExchangeCase):
    def test_coap_client_polls(self):
        self.exchange(PollingClient)

    def test_coap_client_observes(self):
        self.exchange(ObservingClient)

    def test_mosquitto_clients(self):
        self.exchange(MosquittoDevice, mqtt=True)


if __name__ == "__main__":
    unittest.main()
