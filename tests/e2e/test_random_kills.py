# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the gateway or the Provisioning Function at 200 random moments (25 under sanitizers) under load: every Service ID ever told is
the same for ever, no two devices share one, and what was recorded is provisioned in the end."""
import json
import os
import random
import subprocess
import threading
import time
import unittest

from harness import FULL, PATIENCE, Case, Coap, wait_for

KILLS = int(os.environ.get("MSGGW_KILLS", "200" if FULL else "25"))
DEVICES = 3_000
CLIENTS = 4


class RandomKills(Case):
    def setUp(self):
        super().setUp()
        self.told = {}  # private id -> every Service ID that it was ever told
        self.stopping = threading.Event()

    def load(self, seed):
        """Devices that register for the first time or again, for as long as the killing goes on."""
        choice = random.Random(seed)
        coap = Coap(self.coap_port)
        while not self.stopping.is_set():
            private_id = f"device-{choice.randrange(DEVICES)}"
            answer = coap.register(private_id, patience=2.0, resend=0.02)
            if answer and "serviceId" in answer:
                self.told.setdefault(private_id, []).append(answer["serviceId"])
        coap.close()

    def test_random_kills(self):
        seed = int(os.environ.get("MSGGW_SEED", time.time_ns() % 1_000_000))
        print(f"seed {seed} (MSGGW_SEED repeats it)", flush=True)
        dice = random.Random(seed)
        pf, gateway = self.pf(), self.gateway()
        clients = [threading.Thread(target=self.load, args=(seed + n,)) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            for _ in range(KILLS):
                time.sleep(dice.uniform(0.0, 0.15))  # the random moment itself; nothing is expected by then
                which = dice.choice(("pf", "gateway", "both"))
                if which != "gateway":
                    pf.kill()
                if which != "pf":
                    gateway.kill()
                if which != "gateway":
                    pf = self.pf()
                if which != "pf":
                    gateway = self.gateway()
        finally:
            self.stopping.set()
            for client in clients:
                client.join()
        wait_for(lambda: self.metric(gateway, "msggw_devices_pending") == 0, "every recorded device's Service ID")
        self.check(gateway)

    def check(self, gateway):
        changed = {i: set(ids) for i, ids in self.told.items() if len(set(ids)) > 1}
        self.assertEqual(changed, {}, "Service IDs that changed")
        self.assertGreater(len(self.told), 0)
        rows = self.rows()
        for private_id, ids in self.told.items():
            self.assertEqual(rows[private_id]["serviceId"], ids[0], private_id)
        service_ids = [row["serviceId"] for row in rows.values()]
        self.assertEqual(len(service_ids), len(set(service_ids)), "a Service ID given twice")
        sample = random.Random(1).sample(sorted(rows), min(50, len(rows)))
        for private_id in sample:
            done = subprocess.run(["curl", "-s", "-H", "content-type: application/json", "-d",
                                   json.dumps({"ueType": "NON_3GPP", "privateId": private_id}),
                                   f"http://127.0.0.1:{self.pf_port}/msgin5g-provisioning/v1/provisionings"],
                                  capture_output=True, text=True, check=True, timeout=PATIENCE)
            self.assertEqual(json.loads(done.stdout)["serviceId"], rows[private_id]["serviceId"])
        print(f"{KILLS} kills, {len(rows)} devices recorded, {len(self.told)} told {sum(map(len, self.told.values()))} times",
              flush=True)
        gateway.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
