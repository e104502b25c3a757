# SPDX-License-Identifier: Apache-2.0
"""The MSGin5G Server double `msggw-sim m5s`, its tester's interface, and a gateway of a few lines that it asks."""
import collections
import http.server
import json
import re
import threading
import urllib.error
import urllib.parse
import urllib.request

from harness import BIN, PATIENCE

OWN = "as-1@msgin5g.example"


def address(kind, service_id):
    return {"addrType": kind, "addr": service_id}


def message(sender, recipient, msg_id, **more):
    """A UEMessageDelivery; `recipient` is a Service ID of an Application Server, or an address."""
    return {"oriAddr": address("UE", sender),
            "destAddr": recipient if isinstance(recipient, dict) else address("AS", recipient),
            "msgId": msg_id, "stoAndFwInd": True, **more}


class Double:
    """A running double. `case` ends it."""

    def __init__(self, case, *arguments, port=0):
        self.process = case.start([BIN / "msggw-sim", "m5s", "--port", str(port), "--control-port", "0", *arguments])
        ports = [int(port) for port in re.findall(r"http://127\.0\.0\.1:(\d+)", self.process.output())]
        self.port, self.control_port = ports[:2]
        self.url = f"http://127.0.0.1:{self.port}"
        self.control_url = f"http://127.0.0.1:{self.control_port}"

    def ask(self, method, path, body=None, content_type="application/json"):
        """(status, headers, body) of a request of a gateway or an Application Server, over HTTP/1.1."""
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, method=method, data=data)
        if data is not None:
            request.add_header("content-type", content_type)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read()

    def deliver(self, body, operation="deliver-ue-message"):
        """The MessageDeliveryAck; the status must be 200."""
        status, _, answer = self.ask("POST", f"/msgs-msgdelivery/v1/{operation}", body)
        assert status == 200, answer
        return json.loads(answer)

    def register(self, service_id, target, kind="N3G", lifetime=600, **more):
        return self.ask("PUT", f"/msgs-ueregistration/v1/registrations/{service_id}",
                        {"gwType": kind, "targetUri": target, "lifetime": lifetime, **more})[0]

    def deregister(self, service_id):
        return self.ask("DELETE", f"/msgs-ueregistration/v1/registrations/{service_id}")[0]

    def control(self, path, body=None, method=None):
        """POSTs a body, GETs without one, unless `method` says otherwise."""
        request = urllib.request.Request(f"{self.control_url}/m5s/v1/{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"null")

    def journal(self, query=""):
        return self.control("journal" + query)["entries"]

    def inbox(self):
        return self.control("inbox")["entries"]


class Proxy:
    """Stands before a double and passes on what it is asked, over HTTP/1.1. While `page`, it answers with a page of its own;
    while there are `tokens`, with 401 to whoever shows none of them. It grants them too, at /token, by POST, the last one."""

    def __init__(self, case, double):
        self.page = False
        self.pages = 0
        self.tokens = []
        self.forms = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if outer.page:
                    outer.pages += 1
                    return self.write(404, "text/html", b"<html><h1>404 Not Found</h1>nginx</html>")
                if self.path == "/token":
                    outer.forms.append(urllib.parse.parse_qs(body.decode()))
                    grant = {"access_token": outer.tokens[-1], "token_type": "Bearer", "expires_in": 3600}
                    return self.write(200, "application/json", json.dumps(grant).encode())
                if outer.tokens and self.headers.get("authorization") not in ["Bearer " + token for token in outer.tokens]:
                    return self.write(401, None, b"")
                status, headers, answer = double.ask(self.command, self.path, body or None, self.headers.get("content-type"))
                self.write(status, headers.get("content-type"), answer)

            do_POST = do_PUT = do_DELETE = answer

            def write(self, status, content_type, body):
                self.send_response(status)
                if content_type:
                    self.send_header("content-type", content_type)
                if status != 204:
                    self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        case.addCleanup(self._server.server_close)
        case.addCleanup(self._server.shutdown)


class FakeGateway:
    """Answers 204, or what stands in `answers` ((status, headers, body) each), and keeps what it was asked."""

    def __init__(self, case):
        self.asked = []
        self.answers = collections.deque()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.asked.append((self.path, body))
                status, headers, answer = outer.answers.popleft() if outer.answers else (204, {}, b"")
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        case.addCleanup(self._server.server_close)
        case.addCleanup(self._server.shutdown)
