# SPDX-License-Identifier: Apache-2.0
"""What a Provisioning Function can do wrong, played by a scripted one (the real one cannot): each ends in the state
that provisioning/client/README.md documents, and no other device is blocked."""
import http.server
import json
import threading
import time
import unittest

from harness import PATIENCE, Case, Coap, wait_for

GOOD = "good"


class ScriptedFunction:
    """Answers by the Private ID: `behaviour[private_id](handler)` until it is taken away, else a good answer."""

    def __init__(self, port):
        self.behaviour = {}
        self.requests = []  # (time, private id)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802 (the base class's name)
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if self.path.endswith("/bulk"):  # this one takes no bulk requests
                    return answer(self, 404, {"status": 404})
                outer.requests.append((time.monotonic(), body["privateId"]))
                behave = outer.behaviour.get(body["privateId"]) or outer.behaviour.get("*")
                if behave:
                    behave(self)
                else:
                    answer(self, 201, {"serviceId": f"svc-{body['privateId']}", "serverServiceIds": ["m5s"]})

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self.server = Server(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def asked(self, private_id):
        return [at for at, asked in self.requests if asked == private_id]


def answer(handler, status, body, content_type="application/json", headers=()):
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("content-type", content_type)
    handler.send_header("content-length", str(len(octets)))
    for name, value in headers:
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(octets)


def problem(status, cause, headers=()):
    return lambda h: answer(h, status, {"status": status, "cause": cause, "detail": "scripted"},
                            "application/problem+json", headers)


def half(handler):
    handler.send_response(201)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"serviceId":')
    handler.close_connection = True


def reset(handler):
    handler.close_connection = True


OK_SERVERS = {"serverServiceIds": ["m5s"]}
# Answers of no use: the device stays recorded and is asked for again, the others do not notice.
USELESS = {
    "garbage": lambda h: answer(h, 201, b"\x00\xff garbage"),
    "content type": lambda h: answer(h, 201, {"serviceId": "x", **OK_SERVERS}, "text/html"),
    "no body": lambda h: answer(h, 201, b""),
    "array": lambda h: answer(h, 201, []),
    "missing field": lambda h: answer(h, 201, OK_SERVERS),
    "missing servers": lambda h: answer(h, 201, {"serviceId": "x"}),
    "no servers": lambda h: answer(h, 201, {"serviceId": "x", "serverServiceIds": []}),
    "empty Service ID": lambda h: answer(h, 201, {"serviceId": "", **OK_SERVERS}),
    "number for a Service ID": lambda h: answer(h, 201, {"serviceId": 7, **OK_SERVERS}),
    "endless Service ID": lambda h: answer(h, 201, {"serviceId": "x" * 5000, **OK_SERVERS}),
    "huge body": lambda h: answer(h, 201, b" " * 1_000_000),
    "204": lambda h: answer(h, 204, b""),
    "302": lambda h: answer(h, 302, b"", headers=[("location", "http://127.0.0.1:1/")]),
    "401": problem(401, "AUTHENTICATION_FAILED"),
    "404": problem(404, "CONTEXT_NOT_FOUND"),
    "500": problem(500, "SYSTEM_FAILURE"),
}
REFUSALS = {"403": problem(403, "POLICY_DENIED"), "400": problem(400, "MANDATORY_IE_INCORRECT"),
            "409": problem(409, "CONFLICT"), "413": problem(413, "PAYLOAD_TOO_LARGE")}


class PfFaults(Case):
    def device(self):
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        return coap

    def show_up(self, private_id):
        coap = self.device()
        coap.send(coap.message(2, [(11, b"rd"), (15, b"ep=" + private_id.encode())]))
        return coap

    def others_are_served(self, name):
        started = time.monotonic()
        self.assertEqual(self.device().register(name)["serviceId"], f"svc-{name}")
        return time.monotonic() - started

    def start_all(self, **sections):
        function = ScriptedFunction(self.pf_port)
        self.addCleanup(function.server.server_close)
        self.addCleanup(function.server.shutdown)
        return function, self.gateway(sections=sections)

    def test_answers_of_no_use(self):
        function, gateway = self.start_all(limits={"answer_within": "200ms", "provisioning_backoff_first": "50ms",
                                                   "provisioning_backoff_most": "200ms"})
        for number, (name, behave) in enumerate(USELESS.items()):
            with self.subTest(name=name):
                private_id = f"useless-{number}"
                function.behaviour[private_id] = behave
                device = self.show_up(private_id)
                _, code, _, _, options, body = device.receive()
                self.assertEqual(code, 0xA3, body)  # 5.03 pending
                self.assertIn(14, options)          # Max-Age
                self.assertEqual(json.loads(body)["state"], "pending")
                self.assertEqual(self.rows()[private_id]["state"], "recorded")
                self.others_are_served(f"other-{number}")
                wait_for(lambda: len(function.asked(private_id)) >= 2, "the second try")
                del function.behaviour[private_id]
                self.assertEqual(self.device().register(private_id)["serviceId"], f"svc-{private_id}")
        self.assertEqual(self.metric(gateway, "msggw_pf_up"), 1)
        gateway.stop()

    def test_refusals_are_final_and_named(self):
        function, gateway = self.start_all()
        for number, (name, behave) in enumerate(REFUSALS.items()):
            with self.subTest(name=name):
                private_id = f"refused-{number}"
                function.behaviour[private_id] = behave
                code, body = self.show_up(private_id).receive()[1::4]
                self.assertEqual(code, 0x83, body)  # 4.03
                self.assertEqual(json.loads(body)["state"], "refused")
                self.assertEqual(self.rows()[private_id]["state"], "refused")
                self.others_are_served(f"other-{number}")
                self.assertEqual(self.show_up(private_id).receive()[1], 0x83)
                self.assertEqual(len(function.asked(private_id)), 1)
        gateway.stop()
        self.gateway()  # durable
        self.assertEqual(self.show_up("refused-0").receive()[1], 0x83)
        self.assertEqual(len(function.asked("refused-0")), 1)

    def test_retry_after_is_honoured(self):
        function, gateway = self.start_all(limits={"answer_within": "200ms"})
        function.behaviour["*"] = problem(429, "NF_CONGESTION", [("retry-after", "2")])
        device = self.show_up("patient")
        self.assertEqual(device.receive()[1], 0xA3)
        wait_for(lambda: function.asked("patient"), "the first request")
        del function.behaviour["*"]
        wait_for(lambda: len(function.requests) >= 2, "the second request")
        self.assertGreaterEqual(function.requests[1][0] - function.requests[0][0], 2.0)
        self.assertEqual(self.device().register("patient")["serviceId"], "svc-patient")
        gateway.stop()

    def test_broken_connections(self):
        function, gateway = self.start_all(limits={"answer_within": "200ms"})
        for number, behave in enumerate((half, reset)):
            private_id = f"broken-{number}"
            function.behaviour[private_id] = behave
            self.assertEqual(self.show_up(private_id).receive()[1], 0xA3)
            self.others_are_served(f"beside-{number}")
            del function.behaviour[private_id]
            self.assertEqual(self.device().register(private_id)["serviceId"], f"svc-{private_id}")
        gateway.stop()

    def test_a_hung_connection_blocks_nobody(self):
        function, gateway = self.start_all(limits={"answer_within": "200ms"})
        released = threading.Event()
        self.addCleanup(released.set)
        function.behaviour["hung"] = lambda h: released.wait(PATIENCE) and reset(h)
        self.assertEqual(self.show_up("hung").receive()[1], 0xA3)
        for number in range(20):
            self.others_are_served(f"beside-{number}")
        self.assertEqual(len(function.asked("hung")), 1)
        released.set()
        del function.behaviour["hung"]
        self.assertEqual(self.device().register("hung")["serviceId"], "svc-hung")
        gateway.stop()

    def test_outage(self):
        """Devices are recorded, told "pending" within answer_within, and served within a second of the return."""
        gateway = self.gateway(sections={"limits": {"answer_within": "500ms"}})
        devices = {}
        for number in range(50):
            devices[f"early-{number}"] = self.show_up(f"early-{number}")
        started = time.monotonic()
        for device in devices.values():
            kind, code, *_ = device.receive()
            if code == 0:  # the empty ACK of a separate response
                kind, code, *_ = device.receive()
            self.assertEqual(code, 0xA3)
        self.assertLess(time.monotonic() - started, 20)
        wait_for(lambda: self.metric(gateway, "msggw_pf_up") == 0, "the open breaker")
        self.assertEqual({row["state"] for row in self.rows().values()}, {"recorded"})
        self.assertEqual(len(self.rows()), 50)
        function = ScriptedFunction(self.pf_port)
        self.addCleanup(function.server.server_close)
        self.addCleanup(function.server.shutdown)
        back = time.monotonic()
        wait_for(lambda: len({i for _, i in function.requests}) == 50, "all devices")
        took = time.monotonic() - back
        wait_for(lambda: self.metric(gateway, "msggw_devices_pending") == 0, "all Service IDs")
        self.assertEqual(len(function.requests), 50)  # and nobody was asked for twice
        print(f"50 waiting devices asked for within {took:.3f} s of the return", flush=True)
        self.assertLess(took, 1.0)
        gateway.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
