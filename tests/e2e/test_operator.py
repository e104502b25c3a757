# SPDX-License-Identifier: Apache-2.0
"""The operator's side: devices added, imported, suspended, resumed, removed, asked again, by the real command line at a
real gateway with a real Provisioning Function."""
import http.server
import json
import os
import subprocess
import threading
import time
import unittest
import urllib.request

from harness import BIN, PATIENCE, Case, Coap, free_port, wait_for


class Operator(Case):
    def msggw(self, *arguments, stdin=None, code=0):
        done = subprocess.run([BIN / "msggw", *map(str, arguments), "--dir", self.folder / "gateway"],
                              capture_output=True, text=True, timeout=PATIENCE, input=stdin)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def devices(self, *arguments, **options):
        return self.msggw("devices", *arguments, **options)

    def state(self, private_id):
        row = self.rows().get(private_id)
        return row and row["state"]

    def test_life_of_a_device(self):
        self.pf()
        self.gateway()
        self.assertEqual(self.devices("add", "00-1B-63-84-45-E6", "--type", "legacy", "--info", "vendor=Acme"),
                         "001b638445e6 added\n")
        self.assertEqual(self.devices("add", "00:1b:63:84:45:e6"), "001b638445e6 known\n")
        self.assertEqual(self.devices("add", "00:1b:63:84:45:e6", "--type", "ue", "--info", "vendor=Other"),
                         "001b638445e6 known; what was said of its type and info is not taken over: to change it, remove it first\n")
        row = wait_for(lambda: (r := self.rows()["001b638445e6"])["state"] == "provisioned" and r, "the Service ID")
        self.assertEqual((row["ueType"], row["info"]), ("LEGACY_3GPP", {"vendor": "Acme"}))
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        self.assertEqual(coap.register("00:1b:63:84:45:e6")["serviceId"], row["serviceId"])

        self.assertEqual(self.devices("suspend", "001b.6384.45e6"), "001b638445e6 suspended\n")
        self.assertEqual(self.state("001b638445e6"), "suspended")
        self.assertIn("suspended", self.devices("reprovision", "001b638445e6", code=1))
        self.assertEqual(self.devices("resume", "001b638445e6"), "001b638445e6 provisioned\n")
        self.assertEqual(self.devices("reprovision", "001b638445e6"), "001b638445e6 provisioned\n")
        self.assertEqual(coap.register("00:1b:63:84:45:e6")["serviceId"], row["serviceId"])

        self.assertEqual(self.devices("remove", "001b638445e6"), "001b638445e6 removing\n")
        wait_for(lambda: self.state("001b638445e6") is None, "the row to go")
        again = coap.register("00:1b:63:84:45:e6")
        self.assertNotEqual(again["serviceId"], row["serviceId"])  # it was released, and is nobody's for ever
        self.assertIn("no such device", self.devices("suspend", "nobody", code=1))

    def test_many_are_removed_by_what_they_have_in_common(self):
        self.pf()
        self.gateway()
        fleet = self.folder / "fleet.csv"
        fleet.write_text("private_id\n" + "".join(f"{kind}-{i}\n" for i in range(30) for kind in ("test", "meter")))
        self.devices("import", fleet)
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        coap.register("seen")
        wait_for(lambda: all(row["state"] != "recorded" for row in self.rows().values()), "the Service IDs")

        looked = self.devices("remove", "--matching", "test-*", stdin="", code=1)
        self.assertIn("--yes", looked)  # nothing is removed without it
        preview = subprocess.run([BIN / "msggw", "devices", "remove", "--matching", "test-*", "--json", "--dir",
                                  self.folder / "gateway"], capture_output=True, text=True, timeout=PATIENCE, input="")
        self.assertEqual(json.loads(preview.stdout),
                         {"selected": 30, "privateIds": ["test-0", "test-1", "test-2", "test-3", "test-4"]})
        self.assertIn("--matching: Private IDs that are MACs have lower-case digits and no separators; for them say 001b*",
                      self.devices("remove", "--matching", "00-1B-*", "--yes", code=1))
        self.assertEqual(len(self.rows()), 61)
        self.assertEqual(self.devices("remove", "--matching", "test-*", "--yes"),
                         "30 devices: test-0, test-1, test-2, test-3, test-4 and 25 more\n30 removing\n")
        wait_for(lambda: len(self.rows()) == 31, "the rows to go")
        self.assertEqual(self.devices("remove", "--source", "127.0.0.1", "--yes"), "1 device: seen\n1 removing\n")
        wait_for(lambda: "seen" not in self.rows(), "the row to go")
        self.assertIn("no such device", self.devices("remove", "--idle-since", "30d", "--yes", code=1))
        self.assertIn("--idle-since: the time is still to come",
                      self.devices("remove", "--idle-since", "2099-01-01", "--yes", code=1))
        self.assertEqual(len(self.rows()), 30)

    def test_a_removal_outlives_kills_and_an_outage(self):
        pf = self.pf()
        gateway = self.gateway()
        self.devices("add", "meter")
        old = wait_for(lambda: self.rows()["meter"].get("serviceId"), "the Service ID")
        pf.kill()
        self.devices("remove", "meter")
        for _ in range(3):
            gateway.kill()
            self.assertEqual(self.state("meter"), "removing")
            gateway = self.gateway()
        self.pf()
        wait_for(lambda: self.state("meter") is None, "the row to go")
        gateway.stop()
        self.gateway()
        self.devices("add", "meter")
        self.assertNotEqual(wait_for(lambda: self.rows()["meter"].get("serviceId"), "a Service ID"), old)

    def test_a_removal_that_the_provisioning_function_refuses_is_told_and_ended_by_force(self):
        faults = f"http://127.0.0.1:{(test_port := free_port())}/test/v1/faults"
        pf = self.pf(sections={"pf.test": {"enabled": True, "port": test_port}})
        gateway = self.gateway()
        self.devices("add", "meter")
        service_id = wait_for(lambda: self.rows()["meter"].get("serviceId"), "the Service ID")
        fault = {"do": "status", "status": 403, "cause": "NOT_YOURS", "match": {"operations": "release"}}
        urllib.request.urlopen(urllib.request.Request(faults, json.dumps(fault).encode(),
                                                      {"content-type": "application/json"}), timeout=PATIENCE).close()
        self.devices("remove", "meter")
        wait_for(lambda: self.rows()["meter"].get("refusal", {}).get("cause") == "NOT_YOURS", "the reason")
        self.assertRegex(self.devices("show", "meter"), r"release refused +\S+ NOT_YOURS")
        self.assertIn("removing, refused", self.devices("list"))
        self.assertEqual(self.metric(gateway, "msggw_devices_removed_total"), 0)

        self.assertEqual(self.devices("remove", "--force", "meter"),
                         "meter removed; the Provisioning Function keeps what it has assigned\n")
        self.assertIsNone(self.state("meter"))
        wait_for(lambda: "device_forgotten" in gateway.output(), "the event")
        self.devices("add", "meter")
        self.assertEqual(wait_for(lambda: self.rows()["meter"].get("serviceId"), "the Service ID"), service_id)

        pf.kill()
        self.devices("remove", "meter")
        wait_for(lambda: "pf_unavailable" in gateway.output(), "the outage")  # so the release waits in the client
        self.assertEqual(self.devices("remove", "--matching", "m*", "--force", "--yes"),
                         "1 device: meter\n1 removed; the Provisioning Function keeps what it has assigned\n")
        self.assertIsNone(self.state("meter"))
        self.pf()
        self.devices("add", "meter")
        self.assertEqual(wait_for(lambda: self.rows()["meter"].get("serviceId"), "the Service ID"), service_id)
        gateway.stop()

    def test_a_removal_that_ends_early_says_how_far_it_came(self):
        slices = [{"selected": 3, "privateIds": ["a"], "all": 9}, {"removing": 2, "privateIds": ["a"], "all": 9, "next": 5}]

        class Ending(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                body = json.dumps(slices.pop(0) if slices else {"detail": "the store does not commit now"}).encode()
                self.send_response(200 if b"detail" not in body else 503)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        folder = self.folder / "gateway"
        folder.mkdir()
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ending) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            access = folder / "operator.json"
            access.touch(mode=0o600)
            access.write_text(json.dumps({"url": f"http://127.0.0.1:{server.server_address[1]}", "token": "secret"}))
            done = subprocess.run([BIN / "msggw", "devices", "remove", "--matching", "*", "--yes", "--dir", folder],
                                  capture_output=True, text=True, timeout=PATIENCE)
            server.shutdown()
        self.assertEqual(done.stdout, "3 devices: a and 2 more\n2 removing\n")
        self.assertIn("the store does not commit now; not all may be removed, the same command goes on", done.stderr)
        self.assertEqual(done.returncode, 1)

    def test_one_device_with_a_mac_and_a_number(self):
        self.broker()
        self.pf()
        gateway = self.gateway(mqtt=True)
        mac, number = "001b638445e6", "+15551234567"
        self.assertEqual(self.devices("add", "00-1B-63-84-45-E6", "--alias", "+1 555 123 4567"), f"{mac} added\n")
        service_id = wait_for(lambda: self.rows()[mac].get("serviceId"), "the Service ID")
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        by_number = coap.register(number)
        self.assertEqual((by_number["serviceId"], by_number["privateId"]), (service_id, mac))

        def over_mqtt(topic_level):
            at_broker = ["-h", "127.0.0.1", "-p", str(self.broker_port), "-q", "1", "-t"]

            def answered():  # it is retained
                subprocess.run(["mosquitto_pub", *at_broker, f"msgin5g/{topic_level}/register", "-n"], check=True,
                               timeout=PATIENCE)
                return subprocess.run(["mosquitto_sub", *at_broker, f"msgin5g/{topic_level}/registration", "-C", "1",
                                       "-W", "5"], timeout=PATIENCE, capture_output=True, text=True).stdout
            return json.loads(wait_for(answered, "the registration over MQTT"))

        self.assertEqual(over_mqtt(mac)["serviceId"], service_id)
        self.assertEqual(self.devices("add", number, "--alias", "meter-42"), f"{mac} known\n")
        gateway.kill()  # said is durable
        gateway = self.gateway(mqtt=True)
        self.assertEqual(over_mqtt("meter-42")["serviceId"], service_id)
        self.assertEqual(coap.register(number)["serviceId"], service_id)
        shown = self.devices("show", number)
        self.assertIn(f"private id        {mac}\n", shown)
        self.assertIn(f"aliases           {number}, meter-42\n", shown)
        self.assertEqual(self.rows()[mac]["aliases"], [number, "meter-42"])
        self.assertEqual(len(self.rows()), 1)

        self.devices("add", "other")
        self.assertIn(f"{number} is an alias of the device {mac}",
                      self.devices("add", "other", "--alias", number, code=1))
        self.assertIn("other is a device of its own", self.devices("add", mac, "--alias", "other", code=1))
        listing = "private_id,aliases\nthird,a;b\nfourth,a\nthird,c\n"
        why = self.devices("import", "-", "--format", "csv", stdin=listing, code=1)
        self.assertIn("line 3: a is an alias of the device third", why)
        self.assertEqual(self.rows()["third"]["aliases"], ["a", "b", "c"])
        self.assertNotIn("fourth", self.rows())

        self.assertIn("no such alias", self.devices("remove", mac, "--alias", "nobody", code=1))
        self.assertEqual(self.devices("remove", "meter-42", "--alias", number), f"{mac} without {number}\n")
        self.assertIsNone(coap.register(number, patience=3))  # a number of nobody else's comes by SMS
        self.assertNotIn(number, self.rows())
        self.devices("remove", mac)
        wait_for(lambda: self.state(mac) is None, "the row to go")
        self.assertEqual(self.devices("add", "meter-42"), "meter-42 added\n")

    def test_only_known_devices(self):
        self.pf()
        gateway = self.gateway(sections={"limits": {"first_contact": "known"}})
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        coap.send(coap.message(2, [(11, b"rd"), (15, b"ep=stranger")]))
        _, code, _, _, _, why = coap.receive()
        self.assertEqual(code, 0x84)  # 4.04
        self.assertIn(b"its operator has added", why)
        self.assertEqual(self.rows(), {})
        self.assertEqual(self.metric(gateway, "msggw_unknown_devices_total"), 1)
        self.assertTrue(any("unknown_device" in line for line in gateway.lines))
        self.devices("add", "friend")
        self.assertTrue(coap.register("friend")["serviceId"])

    def test_without_a_gateway(self):
        self.assertIn("no gateway runs on the folder", self.devices("add", "x", code=1))
        self.assertIn("no gateway runs on the folder", self.msggw("status", code=1))
        self.pf()
        gateway = self.gateway()
        access = self.folder / "gateway" / "operator.json"
        self.assertEqual(access.stat().st_mode & 0o777, 0o600)
        gateway.kill()
        self.assertTrue(access.exists())
        for command in (("status",), ("devices", "add", "x"), ("devices", "remove", "x")):
            self.assertIn("no gateway answers", self.msggw(*command, code=1))
        listing = self.folder / "a.csv"
        listing.write_text("private_id\nx\n")
        self.assertIn("no gateway answers", self.devices("import", listing, code=1))
        gateway = self.gateway()
        gateway.stop()
        self.assertFalse(access.exists())

    def test_status(self):
        self.pf()
        self.gateway()
        status = json.loads(self.msggw("status", "--json"))
        self.assertEqual((status["store"], status["devices"]["total"], status["pending"]), ("up", 0, 0))
        self.assertEqual([f["url"] for f in status["provisioningFunctions"]], [f"http://127.0.0.1:{self.pf_port}"])
        text = self.msggw("status")
        self.assertIn(f"http://127.0.0.1:{self.pf_port}", text)
        self.assertIn("configured", text)
        self.assertIn(f"coap://127.0.0.1:{self.coap_port}", text)

    def test_import(self):
        self.pf()
        self.gateway()
        csv = self.folder / "fleet.csv"
        csv.write_bytes(b'private_id,type,info.vendor\r\n00:1b:63:84:45:e6,legacy,"Acme, ""Inc"""\r\n\r\nmeter-1,toaster,\r\n'
                        b'001B638445E6,,\r\n"no end,,\r\nmeter-2,,\r\n')
        errors = self.folder / "errors"
        rejected = self.folder / "rejected.csv"
        self.devices("import", csv, "--errors", errors, "--rejected", rejected, code=1)
        lines = errors.read_text().splitlines()
        self.assertEqual([line.split(":")[0] for line in lines], ["line 4", "line 6"])
        self.assertIn("toaster", lines[0])
        rows = self.rows()
        self.assertEqual(set(rows), {"001b638445e6", "meter-2"})
        self.assertEqual(rows["001b638445e6"]["info"], {"vendor": 'Acme, "Inc"'})
        self.assertEqual(rejected.read_text(), 'private_id,type,info.vendor\nmeter-1,toaster,\n"no end,,\n')
        rejected.write_text(rejected.read_text().replace("toaster", "ue").replace('"no end', "001b638445e6").replace(",,", ",,Other"))
        self.assertIn("2 rows: 1 added, 1 known (1 of another type or info, which stays), 0 failed",
                      self.devices("import", rejected))
        kept = json.loads(self.devices("import", rejected, "--json"))
        self.assertEqual((kept["known"], kept["kept"]), (2, 1))
        listing = '{"privateId":"meter-2"}\n{"privateId":"+1 555 123 4567","ueType":"legacy"}\n'
        self.assertIn("2 rows: 1 added, 1 known, 0 failed",
                      self.devices("import", "-", "--format", "jsonl", stdin=listing))
        self.assertIn("0 rows", self.devices("import", "-", "--format", "jsonl", "--resume-from", "3", stdin=listing))
        for wrong in ("id\nx\n", "", '"private_id\n'):
            self.assertTrue(self.devices("import", "-", "--format", "csv", stdin=wrong, code=1))
        self.devices("import", csv.with_suffix(".txt"), code=2)
        self.devices("import", self.folder / "absent.csv", code=2)

    def test_import_of_many(self):
        self.pf()
        gateway = self.gateway()
        rows = 20_000
        listing = self.folder / "fleet.csv"
        listing.write_text("private_id,info.site\n" + "".join(f"meter-{n},north\n" for n in range(rows)))
        begun = time.monotonic()
        done = json.loads(self.devices("import", listing, "--json"))
        took = time.monotonic() - begun
        self.assertEqual((done["added"], done["known"], done["failed"]), (rows, 0, 0))
        print(f"{rows} rows imported in {took:.1f} s")
        again = json.loads(self.devices("import", listing, "--json"))
        self.assertEqual((again["added"], again["known"], again["failed"]), (0, rows, 0))
        self.assertEqual(json.loads(self.msggw("status", "--json"))["devices"]["total"], rows)
        gateway.kill()  # said is durable
        self.gateway()
        self.assertEqual(json.loads(self.msggw("status", "--json"))["devices"]["total"], rows)

    def test_import_while_the_gateway_is_killed(self):
        self.pf()
        gateway = self.gateway()
        rows = 60_000  # each half fills the reader's buffer several times
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        running = subprocess.Popen([BIN / "msggw", "devices", "import", pipe, "--format", "csv", "--json", "--dir",
                                    self.folder / "gateway"], stdout=subprocess.PIPE, text=True)
        with open(pipe, "w") as out:
            out.write("private_id\n" + "".join(f"meter-{n}\n" for n in range(rows // 2)))
            out.flush()
            wait_for(lambda: len(self.rows()) > 0, "the first rows")
            gateway.kill()
            self.gateway()
            out.write("".join(f"meter-{n}\n" for n in range(rows // 2, rows)))
        done = json.loads(running.communicate(timeout=PATIENCE)[0])
        self.assertEqual((running.returncode, done["rows"], done["failed"]), (0, rows, 0))
        self.assertEqual(len(self.rows()), rows)


if __name__ == "__main__":
    unittest.main(verbosity=2)
