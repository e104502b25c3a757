# SPDX-License-Identifier: Apache-2.0
"""Short messages with SMPP implementations that are not ours."""
import http.server
import json
import os
import pathlib
import queue
import shutil
import socket
import ssl
import subprocess
import threading
import unittest
import urllib.parse
import urllib.request

from harness import BIN, PATIENCE, Case, answers, free_port, wait_for
from phones import Smsc

NUMBER = "+491701234567"
SERVICE = "12345"
ALPHABETS = {"gsm7": "Grüße {€}", "ucs2": "привет 😀", "latin1": "déjà vu"}
LONG = {"gsm7": "0123456789" * 40, "ucs2": "жук." * 50}
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def program(name):
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")


class WebServer(http.server.ThreadingHTTPServer):
    """What Kannel calls: keeps the query of each request; `answers` says what the body is."""

    request_queue_size = 128  # connections that come at once; one that finds no room comes again a second later

    def __init__(self):
        self.requests = queue.Queue()
        self.answer = "taken"
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def handle_error(self, *_):
        pass  # the connections that Kannel keeps end with it

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            url = urllib.parse.urlparse(self.path)
            query = dict(urllib.parse.parse_qsl(url.query, encoding="latin-1"))
            if "text" in query:  # Kannel's octets are in the encoding that it names
                charset = query["charset"].replace("8-BIT", "latin-1")  # data
                query["text"] = query["text"].encode("latin-1").decode(charset)
            self.server.requests.put((url.path, query))
            body = self.server.answer.encode() if url.path == "/mo" else b""
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass


def groups(*all_of_them):
    """Kannel's configuration: groups are parted by blank lines."""
    return "\n\n".join("\n".join(f"{key} = {value}" for key, value in group) for group in all_of_them) + "\n"


class KannelAgainstStub(Case):
    """Kannel's bearerbox and smsbox as the ESME of our test SMSC."""

    def connect(self, *arguments, certificate=None, wait=True):
        """Starts the SMSC and Kannel, waits for the bind; with a certificate over TLS."""
        self.smsc = Smsc(self, "--account", "kannel:secret", "--id-form", "hex-decimal", "--retry", "100ms",
                         *arguments)
        self.web = WebServer()
        self.addCleanup(self.web.server_close)
        self.addCleanup(self.web.shutdown)
        self.admin_port, self.box_port, self.send_port = free_port(), free_port(), free_port()
        config = self.folder / "kannel.conf"
        config.write_text(groups(
            [("group", "core"), ("admin-port", self.admin_port), ("admin-password", "secret"),
             ("smsbox-port", self.box_port), ("box-allow-ip", "127.0.0.1"), ("log-file", self.folder / "bearerbox.log"),
             ("log-level", 0), ("sms-resend-freq", 1),
             *([("ssl-client-certkey-file", certificate)] if certificate else [])],
            [("group", "smsc"), ("smsc", "smpp"), ("smsc-id", "stub"), ("host", "127.0.0.1"), ("port", self.smsc.port),
             ("transceiver-mode", "true"), ("smsc-username", "kannel"), ("smsc-password", "secret"),
             ("system-type", "gateway"), ("interface-version", 34), ("enquire-link-interval", 1),
             ("reconnect-delay", 1), ("use-ssl", "true" if certificate else "false"), ("msg-id-type", "0x01"),
             ("source-addr-ton", 0), ("source-addr-npi", 0), ("dest-addr-ton", 1), ("dest-addr-npi", 1)],
            *([("group", "smpp-tlv"), ("name", name), ("tag", tag), ("type", "integer"), ("length", length)]
              for name, tag, length in (("sar_msg_ref_num", "0x020C", 2), ("sar_total_segments", "0x020E", 1),
                                        ("sar_segment_seqnum", "0x020F", 1))),
            [("group", "smsbox"), ("bearerbox-host", "127.0.0.1"), ("sendsms-port", self.send_port),
             ("log-file", self.folder / "smsbox.log"), ("log-level", 0), ("global-sender", SERVICE)],
            [("group", "sendsms-user"), ("username", "user"), ("password", "word"), ("max-messages", 10),
             ("concatenation", "true")],
            [("group", "sms-service"), ("keyword", "default"), ("catch-all", "true"), ("omit-empty", "true"),
             ("max-messages", 5), ("concatenation", "true"),
             ("get-url", f'"http://127.0.0.1:{self.web.port}/mo?from=%p&to=%P&text=%a&charset=%C"')]))
        self.box("bearerbox", config, self.box_port)
        self.box("smsbox", config, self.send_port)
        wait_for(lambda: answers(f"http://127.0.0.1:{self.send_port}/"), "an answer of smsbox, which listens before it can")
        if wait:
            wait_for(lambda: self.smsc.counter("receivers") == 1, "the bind of Kannel")

    def box(self, name, config, port):
        box = self.start([program(name), config], ready=False)
        wait_for(lambda: self._listens(port) or box.ended(), name)
        self.assertFalse(box.ended(), box.output())

    def send(self, text, **more):
        query = urllib.parse.urlencode({"username": "user", "password": "word", "from": SERVICE, "to": NUMBER,
                                        "text": text, "charset": "UTF-8", **more})
        with urllib.request.urlopen(f"http://127.0.0.1:{self.send_port}/cgi-bin/sendsms?{query}",
                                    timeout=PATIENCE) as answer:
            self.assertEqual(answer.status, 202)

    def asked(self, path):
        while True:
            asked, query = self.web.requests.get(timeout=PATIENCE)
            if asked == path:
                return query

    def message(self, text, **more):
        return self.smsc.call("messages", {"from": NUMBER, "to": SERVICE, "text": text, **more})["id"]

    def test_messages_of_phones_reach_kannel_and_its_answers_the_phones(self):
        self.connect()
        link = self.smsc.call("links")["links"][0]
        self.assertEqual((link["account"], link["mode"]), ("kannel", "transceiver"))
        self.web.answer = "MSGin5G Service ID: l3g-7.example"
        phone = subprocess.run([BIN / "msggw-sim", "phone", "--control", self.smsc.control, "--from", NUMBER, "--to",
                                SERVICE, "Grüße", "--wait", str(int(PATIENCE)), "--once"],
                               capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(phone.returncode, 0, phone.stderr)
        line = json.loads(phone.stdout)
        self.assertEqual((line["privateId"], line["bearer"], line["serviceId"], line["state"]),
                         (NUMBER, "sms", "l3g-7.example", "provisioned"))
        query = self.asked("/mo")
        self.assertEqual((query["from"], query["to"], query["text"]), (NUMBER, SERVICE, "Grüße"))
        # A long one in parts, each way, and one beyond the alphabet of GSM.
        self.web.answer = "x" * 300
        self.message("привет")
        self.assertEqual(self.asked("/mo")["text"], "привет")
        wait_for(lambda: "x" * 300 in self.smsc.texts(NUMBER), "the long answer")
        self.assertEqual(self.smsc.call(f"phones/{NUMBER}")["messages"][-1]["parts"], 2)

    def test_texts_and_data_of_phones_in_every_alphabet(self):
        self.connect()
        for encoding, text in ALPHABETS.items():
            with self.subTest(encoding=encoding):
                self.message(text, encoding=encoding)
                self.assertEqual(self.asked("/mo")["text"], text)
        self.smsc.call("messages", {"from": NUMBER, "to": SERVICE, "octets": "31322e35", "dataCoding": 4})
        self.assertEqual(self.asked("/mo")["text"], "12.5")

    def test_long_texts_of_phones_in_four_forms(self):
        self.connect()
        for form in ("udh8", "udh16", "sar", "payload"):
            for encoding, text in LONG.items():
                with self.subTest(form=form, encoding=encoding):
                    self.message(text, encoding=encoding, concatenation=form)
                    self.assertEqual(self.asked("/mo")["text"], text)

    def test_texts_and_data_for_phones_in_every_alphabet(self):
        self.connect()
        for coding, text in ((0, "Grüße {€}"), (2, "привет 😀")):
            self.send(text, coding=coding)
            wait_for(lambda text=text: text in self.smsc.texts(NUMBER), text)
        self.send(bytes([1, 2, 0xFE, 0xFF]), coding=1)
        wait_for(lambda: self.smsc.call(f"phones/{NUMBER}")["messages"][-1].get("octets") == "0102feff", "the data")
        self.assertEqual([entry["dataCoding"] for entry in self.smsc.journal("submit_sm", "in")], [0, 8, 4])

    def test_long_texts_for_phones_in_four_forms(self):
        self.connect()
        for coding, text in ((0, LONG["gsm7"]), (2, LONG["ucs2"])):
            self.send(text, coding=coding)
            wait_for(lambda text=text: text in self.smsc.texts(NUMBER), "the long text of udh8")
        first, second = "0123456789" * 15, "the rest"
        for number, part in ((2, second), (1, first)):
            self.send(part, udh=bytes([6, 8, 4, 1, 9, 2, number]), coding=0)
        wait_for(lambda: first + second in self.smsc.texts(NUMBER), "the long text of udh16")
        for number, part in ((2, second), (1, first)):
            self.send(part, **{"meta-data": f"?smpp?sar_msg_ref_num=263&sar_total_segments=2&sar_segment_seqnum={number}"})
        wait_for(lambda: self.smsc.texts(NUMBER).count(first + second) == 2, "the long text of sar")

    def test_receipts_find_their_messages(self):
        self.connect()
        url = f"http://127.0.0.1:{self.web.port}/receipt?state=%d"
        self.send("with a receipt", **{"dlr-mask": 31, "dlr-url": url})
        states = {self.asked("/receipt")["state"], self.asked("/receipt")["state"]}
        self.assertEqual(states, {"8", "1"})  # taken by the SMSC, delivered
        self.smsc.call("options", {"receiptState": "UNDELIV", "receiptDelay": "100ms", "receiptForm": "tlv"}, "PUT")
        self.send("never arrives", **{"dlr-mask": 2, "dlr-url": url})
        self.assertEqual(self.asked("/receipt")["state"], "2")
        self.assertEqual(self.smsc.counter("receiptsAccepted"), 2)

    def test_enquire_link_both_ways(self):
        self.connect()
        wait_for(lambda: self.smsc.counter("enquiriesReceived") >= 1, "enquire_link of Kannel")
        self.assertEqual(self.smsc.call("links/enquire", method="POST")["links"], 1)
        wait_for(lambda: self.smsc.journal("enquire_link_resp", "in"), "the answer of Kannel")

    def test_kannel_slows_down_when_it_is_throttled(self):
        self.connect()
        self.smsc.call("options", {"throttle": 2}, "PUT")
        texts = [f"message {i}" for i in range(4)]
        for text in texts:
            self.send(text)
        wait_for(lambda: set(self.smsc.texts(NUMBER)) >= set(texts), "all messages")
        statuses = self.smsc.call("counters")["submitStatuses"]
        self.assertEqual(statuses["ESME_ROK"], 4)
        self.assertGreater(statuses.get("ESME_RTHROTTLED", 0), 0)

    def test_kannel_comes_back_after_a_cut(self):
        self.connect()
        for cut, how in enumerate(("reset", "close", "unbind"), start=2):
            self.smsc.call("links/cut", {"how": how})
            wait_for(lambda: self.smsc.counter("binds") == cut and self.smsc.counter("receivers") == 1,
                     f"the bind after {how}")
        number = self.message("after the cuts")
        self.assertEqual(self.asked("/mo")["text"], "after the cuts")
        wait_for(lambda: self.smsc.call(f"messages/{number}")["state"] == "accepted", "accepted")

    def test_a_campaign_that_expects_answers_ends_by_itself(self):
        campaign = {"count": 60, "numbers": "+4930{:04}", "to": SERVICE, "expectAnswer": True, "patience": "30s"}
        self.connect("--campaign", json.dumps(campaign), "--campaign-report", wait=False)
        self.assertEqual(self.smsc.process.wait(), 0, self.smsc.process.output())
        report = json.loads(self.smsc.process.lines[-1])
        self.assertEqual((report["state"], report["accepted"], report["answers"]), ("done", 60, 60))
        self.assertGreaterEqual(report["answerMs"]["p50"], report["latencyMs"]["p50"])

    def test_over_tls_with_a_certificate_of_the_esme(self):
        certs = self.folder / "certs"
        subprocess.run([ROOT / "etc" / "make-certs", certs, "--gateway", "kannel"], check=True, capture_output=True)
        both = certs / "both.pem"
        both.write_text((certs / "kannel.key").read_text() + (certs / "kannel.crt").read_text())
        self.connect("--tls-cert", certs / "pf.crt", "--tls-key", certs / "pf.key", "--tls-client-ca",
                     certs / "ca.crt", certificate=both)
        self.message("over TLS")
        self.assertEqual(self.asked("/mo")["text"], "over TLS")
        without = ssl.create_default_context(cafile=certs / "ca.crt")
        with self.assertRaises(OSError), socket.create_connection(("127.0.0.1", self.smsc.port)) as plain, \
                without.wrap_socket(plain, server_hostname="localhost") as stranger:
            stranger.sendall(bytes.fromhex("00000010000000150000000000000001"))
            if not stranger.recv(16):
                raise OSError("closed")


if __name__ == "__main__":
    unittest.main(verbosity=2)
