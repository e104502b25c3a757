# SPDX-License-Identifier: Apache-2.0
"""The MSGin5G Server double as gateways, Application Servers and testers see it: curl and nghttp ask it, a small gateway is
asked by it, and all that it says is held against the members and types of TS 29.538 and docs/msgs-ueregistration.yaml."""
import json
import pathlib
import re
import subprocess
import time
import unittest

from contracts import REGISTRATION as DEVICES
from contracts import judge, recorded
from harness import BIN, PATIENCE, Case, wait_for
from server_double import OWN, Double, FakeGateway, address, message

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
GOOD_REPORT = {"delivSt": "REPT_DELY_SUCCESS"}


def report_of(asked, **more):
    return {"oriAddr": asked["destAddr"], "destAddr": asked["oriAddr"], "msgId": asked["msgId"], **GOOD_REPORT, **more}


class ServerDouble(Case):
    def double(self, *arguments):
        self.journal_file = self.folder / "journal.jsonl"
        return Double(self, "--http", "1.1", "--journal", self.journal_file, *arguments)

    def talk(self, double, *arguments):
        """`msggw-sim m5s COMMAND ..` against the double: its code, and its lines as JSON."""
        done = subprocess.run([BIN / "msggw-sim", "m5s", arguments[0], "--control", double.control_url, *arguments[1:]],
                              capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def judge_journal(self):
        """Everything that the double said, either way; returns the operations that were seen."""
        seen = set()
        for exchange in recorded(self.journal_file):
            wrong, name = judge(exchange)
            self.assertEqual(wrong, [])
            seen.add(name)
        return seen

    # ---- both ways

    def test_everything_it_says_is_as_documented(self):
        double = self.double("--retry", "20ms", "--group", "group-1=n,l")
        gateway = FakeGateway(self)
        self.assertEqual(double.register("n", gateway.url), 201)
        self.assertEqual(double.register("n", gateway.url, segSize=2048), 204)
        self.assertEqual(double.register("l", gateway.url + "/", "L3G"), 201)
        self.assertEqual(double.register("x", "ftp://y"), 400)
        status, _, body = double.ask("POST", DEVICES + "/registrations/bulk", {"registrations": [
            {"ueSvcId": "b", "gwType": "N3G", "targetUri": gateway.url, "lifetime": 60},
            {"ueSvcId": "n", "gwType": "N3G", "targetUri": gateway.url, "lifetime": 60}]})
        self.assertEqual((status, [r["status"] for r in json.loads(body)["results"]]), (200, [201, 204]))
        self.assertEqual(double.ask("POST", DEVICES + "/registrations/bulk", {"registrations": []})[0], 400)
        status, headers, _ = double.ask("POST", "/msgs-asregistration/v1/registrations",
                                        {"asSvcId": "as-9", "appId": "a", "targetUri": gateway.url + "/as"})
        self.assertEqual(status, 201)

        double.deliver(message("n", "as-9", "1", appId="a", payload="\u00fc", delivStReqInd=True,
                               stoAndFwParams={"exprTime": "2099-01-01T00:00:00Z"}))
        double.deliver(message("n", address("UE", "l"), "2", segInd=True,
                               segParams={"segId": "s", "segNumb": 1, "totalSegCount": 2}))
        double.deliver({**message("x", address("GROUP", "group-1"), "3", priority="HIGH"),
                        "oriAddr": address("AS", "as-9")}, "deliver-as-message")
        wait_for(lambda: len(gateway.asked) == 4, "four messages")
        for path, asked in list(gateway.asked):
            if not path.startswith("/as/"):
                double.deliver(report_of(asked), "deliver-report")
        for device in ("n", "l"):
            double.deliver({"oriAddr": address("AS", "as-9"), "destAddr": address("UE", device), "msgId": "1",
                            "failureCause": "why", "delivSt": "REPT_DELY_FAILED"}, "deliver-report")
        wait_for(lambda: len(gateway.asked) == 9, "five reports")

        for body in ({}, message("stranger", OWN, "1"), message("n", "nobody", "1"), message("n", address("TOPIC", "t"), "1")):
            self.assertGreaterEqual(double.ask("POST", "/msgs-msgdelivery/v1/deliver-ue-message", body)[0], 400)
        self.assertEqual(double.deregister("n"), 204)
        self.assertEqual(double.deregister("n"), 404)
        self.assertEqual(double.deliver(message("l", address("UE", "n"), "4"))["status"], "DELY_STORED")
        refused = double.deliver({**message("l", address("UE", "n"), "5"), "stoAndFwInd": False})
        self.assertEqual((refused["status"], refused["failureCause"]), ("DELY_FAILED", "RECIPIENT_NOT_REGISTERED"))
        self.assertEqual(double.ask("DELETE", headers["location"])[0], 204)
        self.assertEqual(double.ask("DELETE", headers["location"])[0], 404)
        double.process.stop()

        good = {name for name in self.judge_journal() if name.split()[1].startswith("2")}
        self.assertEqual(good, {"UEODelivery 200", "ASODelivery 200", "Report 200", "ASRegister 201", "ASDeregister 204",
                                "Register 201", "Register 204", "RegisterBulk 200", "Deregister 204", "N3GDelivery 204",
                                "L3GDelivery 204", "N3GReport 204", "L3GReport 204", "ASDelivery 204", "ASReport 204"})

    def test_nghttp_and_curl_ask_by_http2(self):
        double = self.double("--open")
        body = self.folder / "body"
        body.write_text(json.dumps(message("d", OWN, "by nghttp")))
        url = double.url + "/msgs-msgdelivery/v1/deliver-ue-message"
        said = subprocess.run(["nghttp", "-d", body, "-H", "content-type: application/json", url],
                              capture_output=True, text=True, timeout=PATIENCE, check=True)
        self.assertEqual(json.loads(said.stdout)["msgId"], "by nghttp")
        body.write_text(json.dumps(message("d", OWN, "by curl")))
        for version in ("--http2-prior-knowledge", "--http1.1"):
            said = subprocess.run(["curl", "-s", version, "-H", "content-type: application/json", "-H", "expect: 100-continue",
                                   "-d", f"@{body}", "-w", "\n%{http_version}", url],
                                  capture_output=True, text=True, timeout=PATIENCE, check=True)
            answer, spoken = said.stdout.split("\n")
            self.assertEqual(json.loads(answer)["msgId"], "by curl")
            self.assertEqual(spoken, "2" if "2" in version else "1.1")
        self.assertEqual([entry["message"]["msgId"] for entry in double.inbox()], ["by nghttp", "by curl"])
        self.assertEqual([entry["http"] for entry in double.journal()], ["2", "2", "1.1"])
        subprocess.run(["h2load", "-n", "500", "-c", "2", "-m", "20", "-d", body, "-H", "content-type: application/json", url],
                       capture_output=True, timeout=PATIENCE, check=True)
        self.assertEqual(double.control("counters")["in"]["deliver-ue-message"], {"200": 503})
        double.process.stop()

    def test_it_asks_by_http2(self):
        """The Provisioning Function speaks HTTP/2, and says no to what a gateway would take."""
        self.pf()
        double = Double(self)
        double.register("d", f"http://127.0.0.1:{self.pf_port}")
        code, lines, _ = self.talk(double, "send", "--to", "d", "READ")
        self.assertEqual((code, lines[0]["state"], lines[0]["status"]), (1, "failed", 404))
        self.assertEqual(double.journal("?direction=out")[0]["http"], "2")
        double.process.stop()

    # ---- what becomes of messages

    def test_a_tester_sends_and_sees_the_report(self):
        double = self.double()
        gateway = FakeGateway(self)
        double.register("d", gateway.url)
        sending = subprocess.Popen([BIN / "msggw-sim", "m5s", "send", "--control", double.control_url, "--to", "d",
                                    "--app", "metering", "--report", "--wait", "60", "READ"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(sending.kill)
        wait_for(lambda: gateway.asked, "the message")
        asked = gateway.asked[0][1]
        self.assertEqual((asked["payload"], asked["appId"], asked["delivStReqInd"]), ("READ", "metering", True))
        double.deliver(report_of(asked), "deliver-report")
        told = json.loads(sending.communicate(timeout=PATIENCE)[0])
        self.assertEqual((sending.returncode, told["state"], told["report"]["delivSt"]), (0, "delivered", "REPT_DELY_SUCCESS"))
        code, entries, _ = self.talk(double, "inbox", "--wait", "60")
        self.assertEqual((code, entries[0]["report"]["msgId"]), (0, asked["msgId"]))
        self.assertEqual(self.talk(double, "inbox", "--after", "1", "--wait", "0")[:2], (1, []))
        code, lines, _ = self.talk(double, "send", "--to", "d", "--report", "--wait", "0", "READ")
        self.assertEqual((code, "report" in lines[0]), (1, False))
        code, _, said = self.talk(double, "send", "--to", "nobody", "READ")
        self.assertEqual(code, 2)
        self.assertIn("RECIPIENT_NOT_FOUND", said)
        double.process.stop()

    def test_who_is_away_gets_it_later_and_in_order(self):
        double = self.double("--retry", "20ms")
        gateway = FakeGateway(self)
        double.register("d", gateway.url)
        double.deregister("d")
        for number in range(5):
            self.assertEqual(double.control("send", {"to": "d", "text": str(number)})["status"], "DELY_STORED")
        double.control("send", {"to": "d", "text": "too late", "storeFor": "1ms", "report": True})
        gateway.answers.extend([(503, {}, b""), (404, {}, b'{"cause":"RECIPIENT_NOT_REACHABLE"}')])
        double.register("d", gateway.url)
        wait_for(lambda: len(gateway.asked) == 2, "two attempts")
        wait_for(lambda: double.control("messages")["messages"][0]["state"] == "stored", "the gateway's word")
        double.register("d", gateway.url)
        wait_for(lambda: len(gateway.asked) == 7, "all of them")
        self.assertEqual([asked["payload"] for _, asked in gateway.asked], ["0", "0", "0", "1", "2", "3", "4"])
        self.assertEqual(len({asked["msgId"] for _, asked in gateway.asked[:3]}), 1)
        self.assertEqual([entry["report"]["failureCause"] for entry in
                          wait_for(double.inbox, "the report of the last")], ["EXPIRED"])
        double.process.stop()

    def test_retry_after_is_kept(self):
        double = self.double("--retry", "10ms")
        gateway = FakeGateway(self)
        gateway.answers.append((429, {"retry-after": "1"}, b""))
        double.register("d", gateway.url)
        begin = time.monotonic()
        self.assertEqual(self.talk(double, "send", "--to", "d", "READ")[0], 0)
        self.assertGreaterEqual(time.monotonic() - begin, 1)
        self.assertEqual(len(gateway.asked), 2)
        double.process.stop()

    def test_segments_are_cut_again(self):
        double = self.double("--segment", "8")
        gateway = FakeGateway(self)
        double.register("d", gateway.url)
        code, lines, _ = self.talk(double, "send", "--to", "d", "0123456789abcdef!")
        self.assertEqual((code, len(lines)), (0, 3))
        self.assertEqual([(asked["payload"], asked["segParams"]["segNumb"]) for _, asked in gateway.asked],
                         [("01234567", 1), ("89abcdef", 2), ("!", 3)])
        self.assertTrue(gateway.asked[2][1]["segParams"]["lastSegFlag"])
        double.process.stop()

    # ---- faults

    def test_every_fault_of_the_manual(self):
        double = self.double("--open", "--fault", '{"name":"first","do":"status","status":500,"when":{"nth":1}}')
        manual = (DOCS / "tester.md").read_text()
        examples = re.findall(r"curl -s \$D -d '(\{.*\})'", manual)
        self.assertGreaterEqual(len(examples), 12)
        for example in examples:
            double.control("faults", json.loads(example))
        kinds = {fault["do"] for fault in double.control("faults")["faults"]}
        self.assertEqual(kinds, {"delay", "drop", "reset", "half", "status", "wrong_body", "wrong_content_type", "ack_status",
                                 "duplicate", "lost_ack", "restart"})
        self.assertEqual(double.ask("POST", "/msgs-msgdelivery/v1/deliver-ue-message", message("d", OWN, "1"))[0], 500)
        self.assertEqual(double.journal("?fault=first")[0]["status"], 500)
        double.process.stop()

    def test_the_same_seed_gives_the_same_faults(self):
        def fates():
            double = self.double("--open", "--seed", "5")
            double.control("faults", {"do": "status", "status": 503, "retryAfter": 2, "when": {"probability": 0.5}})
            ids = [double.control("send", {"to": OWN, "toType": "AS", "text": "x"})["msgId"] for _ in range(3)]
            out = [double.ask("POST", "/msgs-msgdelivery/v1/deliver-ue-message", message("d", OWN, str(n)))[0]
                   for n in range(20)]
            double.process.stop()
            return ids, out
        first = fates()
        self.assertEqual(first, fates())
        self.assertEqual(set(first[1]), {200, 503})

    def test_a_restart_that_loses_everything(self):
        double = self.double()
        gateway = FakeGateway(self)
        double.register("d", gateway.url)
        double.control("restart", {"downMs": 100, "loseStore": True})

        def status():
            try:
                return double.ask("POST", "/msgs-msgdelivery/v1/deliver-ue-message", message("d", OWN, "1"))
            except OSError:
                return None
        code, _, body = wait_for(status, "the listener")
        self.assertEqual((code, json.loads(body)["cause"]), (404, "ORIGINATOR_NOT_REGISTERED"))
        self.assertEqual(double.register("d", gateway.url), 201)
        double.process.stop()

    # ---- the program

    def test_what_cannot_be(self):
        double = self.double()
        def run(*arguments):
            done = subprocess.run([BIN / "msggw-sim", "m5s", *arguments], capture_output=True, text=True, timeout=PATIENCE)
            return done.returncode, done.stderr
        code, said = run("--port", str(double.port), "--control-port", "0")
        self.assertEqual(code, 2)
        self.assertIn("--port", said)
        for wrong in (["--group", "g"], ["--fault", "{"], ["--fault", '{"do":"fly"}'], ["--retry", "soon"], ["--http", "3"],
                      ["--address", "name"], ["--journal", "/nowhere/at/all"], ["send", "--to", "d"]):
            code, said = run("--port", "0", "--control-port", "0", *wrong)
            self.assertEqual((code, bool(said)), (2, True), wrong)
        double.process.stop()


if __name__ == "__main__":
    unittest.main()
