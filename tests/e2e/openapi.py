# SPDX-License-Identifier: Apache-2.0
"""Exchanges over HTTP held against an OpenAPI 3 document: a proxy that records them, and the judgement."""
import dataclasses
import http.client
import http.server
import json
import re
import threading

import cbor2
import jsonschema
import yaml


@dataclasses.dataclass
class Exchange:
    method: str
    path: str
    request_type: str
    request_body: bytes
    status: int
    headers: dict  # names in lower case
    body: bytes

    def __str__(self):
        return f"{self.method} {self.path} -> {self.status} {self.body[:200]!r}"


class Recorder:
    """Passes every request on to 127.0.0.1:`port` and keeps what was said."""

    def __init__(self, port):
        self.exchanges = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                exchange = request(port, self.command, self.path, body, dict(self.headers))
                outer.exchanges.append(exchange)
                self.send_response(exchange.status)
                for name, value in exchange.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(exchange.body)

            do_GET = do_POST = do_DELETE = _pass_on

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def request(port, method, path, body=b"", headers=None):
    """One request on a connection of its own, as an Exchange."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        wanted = {name: value for name, value in (headers or {}).items() if name.lower() not in ("host", "connection")}
        connection.request(method, path, body, wanted)
        answer = connection.getresponse()
        content_type = next((v for n, v in wanted.items() if n.lower() == "content-type"), "")
        return Exchange(method, path, content_type, body or b"", answer.status,
                        {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


class Contract:
    """An OpenAPI 3 document, as a file or read; everything that it refers to is inside of it."""

    def __init__(self, document, prefix=""):
        self.document = document if isinstance(document, dict) else yaml.safe_load(document.read_text())
        self._resolver = jsonschema.RefResolver.from_schema(self.document)
        self._prefix = prefix
        for schema in self.document["components"]["schemas"].values():
            jsonschema.Draft202012Validator.check_schema(schema)

    def judge(self, exchange, good_request=True):
        """What the exchange says against the document, a list of sentences; and OPERATION STATUS, for coverage."""
        template, operation = self._operation(exchange)
        if operation is None:
            return [f"{exchange}: no such operation"], None
        found = operation["responses"].get(str(exchange.status))
        name = f"{operation.get('operationId', template)} {exchange.status}"
        if found is None:
            return [f"{exchange}: the status is not documented"], name
        wrong = list(self._judge_answer(self._follow(found), exchange))
        if good_request and exchange.status < 300 and "requestBody" in operation:
            wrong += self._judge_body(self._follow(operation["requestBody"])["content"], exchange.request_type,
                                      exchange.request_body)
        return [f"{exchange}: {sentence}" for sentence in wrong], name

    def request_schema(self, path):
        """Of the JSON that is POSTed there."""
        return self.document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]

    def resolved(self, schema):
        return self._follow(schema)

    def errors(self, schema, value):
        """What is wrong with the value by that schema, a list of sentences."""
        return self._errors(schema, value)

    def _operation(self, exchange):
        path = exchange.path.split("?")[0]
        for template, item in self.document["paths"].items():
            prefix = "" if "servers" in item else self._prefix
            pattern = re.escape(prefix) + re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, path) and exchange.method.lower() in item:
                return template, item[exchange.method.lower()]
        return None, None

    def _judge_answer(self, response, exchange):
        for name, header in response.get("headers", {}).items():
            header = self._follow(header)
            value = exchange.headers.get(name.lower())
            if value is None:
                if header.get("required"):
                    yield f"the header {name} is missing"
                continue
            schema = header["schema"]
            yield from self._errors(schema, int(value) if schema["type"] == "integer" else value)
        if "content" in response:
            yield from self._judge_body(response["content"], exchange.headers.get("content-type", ""), exchange.body)
        elif exchange.body:
            yield "a body where none is documented"

    def _judge_body(self, content, media_type, body):
        media_type = media_type.split(";")[0].strip()
        if media_type not in content:
            return [f"the type {media_type!r} is not documented"]
        value = cbor2.loads(body) if media_type.endswith("cbor") else json.loads(body)
        return list(self._errors(content[media_type]["schema"], value))

    def _errors(self, schema, value):
        validator = jsonschema.Draft202012Validator(schema, resolver=self._resolver)
        return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(value)]

    def _follow(self, item):
        while "$ref" in item:
            item = self._resolver.resolve(item["$ref"])[1]
        return item
