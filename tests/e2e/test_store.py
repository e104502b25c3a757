# SPDX-License-Identifier: Apache-2.0
"""What happens to the folders of a gateway and of a Provisioning Function from outside, at rest and under them."""
import contextlib
import json
import os
import shutil
import subprocess
import unittest
import urllib.error
import urllib.request

from harness import BIN, PATIENCE, Case, Coap, wait_for


class Store(Case):
    def test_a_file_that_was_cut_off_ends_the_start_with_words(self):
        pf = self.pf()
        gateway = self.gateway()
        with contextlib.closing(Coap(self.coap_port)) as coap:
            for i in range(300):
                coap.register(f"meter-{i}")
        for process in (gateway, pf):
            process.stop()
        for name, command in (("gateway", "run"), ("pf", "pf")):
            data = self.folder / name / "data.mdb"
            os.truncate(data, data.stat().st_size // 2)
            done = subprocess.run([BIN / "msggw", command, "-c", self.folder / f"{name}.toml"],
                                  capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(f"store {self.folder / name}: data.mdb is cut off", done.stderr)
            self.assertIn("restore the folder from a backup", done.stderr)

    def ready(self, gateway):
        host, port = gateway.url("http")
        try:
            with urllib.request.urlopen(f"http://{host}:{port}/readyz", timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    def status(self):
        done = subprocess.run([BIN / "msggw", "status", "--dir", self.folder / "away"], capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual(done.returncode, 1, done.stderr)
        return done.stdout

    def test_a_folder_that_is_taken_away_ends_the_promises_until_it_is_back(self):
        self.pf()
        gateway = self.gateway()
        with contextlib.closing(Coap(self.coap_port)) as coap:
            told = coap.register("known")
            self.assertEqual(self.ready(gateway)[0], 200)
            (self.folder / "gateway").rename(self.folder / "away")
            wait_for(lambda: self.ready(gateway)[0] == 503, "not ready")
            self.assertEqual(self.ready(gateway)[1]["store"], "down")
            self.assertEqual(self.metric(gateway, "msggw_store_in_place", '{store="gateway"}'), 0)
            self.assertIn("down: store", self.status())
            for private_id in ("known", "new"):
                _, code, _, _, _, payload = self.refused(coap, private_id)
                self.assertEqual(code, 0xA3)  # 5.03
                self.assertIn(b"store", payload)
            (self.folder / "away").rename(self.folder / "gateway")
            wait_for(lambda: self.ready(gateway)[0] == 200, "ready again")
            self.assertEqual(coap.register("known")["serviceId"], told["serviceId"])
            coap.register("new")
        self.assertIn("store_gone", gateway.output())
        self.assertIn("store_back", gateway.output())
        self.assertEqual(set(self.rows()), {"known", "new"})

    def refused(self, coap, private_id):
        coap.send(coap.message(0x02, [(11, b"rd"), (15, b"ep=" + private_id.encode())]))
        return coap.receive()

    def test_a_provisioning_function_without_its_folder_gives_nothing(self):
        pf = self.pf()
        address = f"http://127.0.0.1:{self.pf_port}/msgin5g-provisioning/v1"
        def ask(private_id):
            request = urllib.request.Request(f"{address}/provisionings", headers={"content-type": "application/json"},
                                             data=json.dumps({"ueType": "AS", "privateId": private_id}).encode())
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                    return answer.status
            except urllib.error.HTTPError as refused:
                return refused.code
        self.assertEqual(ask("known"), 201)
        shutil.rmtree(self.folder / "pf")
        wait_for(lambda: "store_gone" in pf.output(), "the event")
        self.assertEqual(ask("known"), 503)
        self.assertEqual(ask("new"), 503)


if __name__ == "__main__":
    unittest.main()
