# SPDX-License-Identifier: Apache-2.0
"""Messages and reports both ways with peers that no one here wrote: nghttp and curl deliver, coap-client, coap-server and
Mosquitto's clients are the devices; structured and plain."""
import unittest

from devices import MosquittoDevice, ObservingClient, PollingClient, PushedClient
from exchange import ExchangeCase


class Messages(ExchangeCase):
    def test_coap_client_polls(self):
        self.exchange(PollingClient)

    def test_coap_client_observes(self):
        self.exchange(ObservingClient)

    def test_coap_server_is_pushed_to(self):
        self.exchange(PushedClient)

    def test_coap_clients_outlive_a_killed_gateway(self):
        """One goes on observing and one is pushed to, and neither asks for it."""
        self.start_all()
        devices = [kind(self, kind.__name__, False) for kind in (ObservingClient, PushedClient)]
        self.wait_until_registered(*devices)
        for device in devices:
            self.down(device, "before")
        self.running.kill()
        self.run_gateway()
        for device in devices:
            self.down(device, "after")
        self.running.stop()

    def test_mosquitto_clients(self):
        self.exchange(MosquittoDevice, mqtt=True)


if __name__ == "__main__":
    unittest.main()
