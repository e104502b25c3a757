#!/usr/bin/env python3
"""Fails on an #include that is not an arrow of the table below (README.md, map of the code), and on a C library's
header outside the one file pair that may include it; and on words that have a better one.  usage: check.py ROOT"""
import pathlib
import re
import sys

# Room -> rooms whose headers it may include, beside its own and gateway/base.
ARROWS = {
    "gateway/base": [],
    "gateway/core": [],
    "gateway/loop": [],
    "gateway/service": ["gateway/core", "storage", "provisioning/client"],
    "gateway/config": ["options", "gateway/core", "adapters/sms/text"],
    "gateway/roster": ["gateway/core"],
    "gateway/admin": ["gateway/core", "gateway/roster", "adapters/http"],
    "gateway/cli": ["options", "gateway/core", "gateway/config", "gateway/roster", "storage"],
    "storage": ["gateway/core"],
    "adapters/payload": ["gateway/core"],
    "adapters/coap": ["gateway/core", "adapters/payload", "adapters/coap/transport"],
    "adapters/coap/transport": [],
    "adapters/mqtt": ["gateway/core", "adapters/payload"],
    "adapters/http": [],
    "adapters/sms": ["gateway/core", "adapters/payload", "adapters/sms/smpp", "adapters/sms/text"],
    "adapters/sms/smpp": [],
    "adapters/sms/text": [],
    "provisioning/protocol": ["gateway/core"],
    "provisioning/client": ["gateway/core", "provisioning/protocol", "adapters/http", "adapters/coap/transport"],
    "provisioning/tester": ["values", "adapters/http"],
    "provisioning/function": ["values", "provisioning/protocol", "provisioning/tester", "adapters/http", "adapters/coap/transport", "storage"],
    "tests/sim": [],  # an independent peer: it must not share the product's codecs
}
# Plain structs that configuration fills, and the plain values of the core.
OPTIONS = {
    "adapters/coap/options.h", "adapters/mqtt/options.h", "adapters/sms/options.h",
    "provisioning/client/options.h",
    "provisioning/function/gateway_options.h", "provisioning/function/options.h",
    "provisioning/function/policy_options.h", "provisioning/protocol/address.h", "provisioning/tester/options.h",
}
VALUES = {"gateway/core/ids.h", "gateway/core/private_id.h"}
# Header -> the only files (by prefix) that may include it: what a library does to us stays in one place.
LIBRARIES = {
    "coap3/": ["adapters/coap/transport/library", "tests/bench/"],
    "mosquitto.h": ["adapters/mqtt/link", "tests/sim/fleet/", "tests/bench/"],
    "lmdb.h": ["storage/lmdb."],
    "curl/": ["adapters/http/client", "adapters/http/curl_loop", "adapters/http/transfer", "tests/sim/smsc/phone"],
    "nghttp2/": ["adapters/http/http2"],
    "cbor": ["gateway/base/cbor"],
    "toml": ["gateway/config/toml_file"],
    "CLI/": ["gateway/cli/", "tests/sim/"],
    "libsmpp34/": ["adapters/sms/smpp/library", "tests/bench/"],
    "spdlog/": ["gateway/base/log"],
    "openssl/evp.h": ["gateway/base/block_cipher"],
    "openssl/rand.h": ["gateway/base/secrets"],
    "openssl/crypto.h": ["gateway/base/secrets"],
}
# Word -> what to use in its place, in all but tests.
WORDS = {"random_device": "gateway/base/secrets.h gives secrets and seeds"}
TEST = re.compile(r"(_test|/test_\w+)\.(cc|h)$")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


def room_of(path):
    parts = path.split("/")
    if path.startswith("adapters/coap/transport/"):
        return "adapters/coap/transport"
    if path.startswith(("adapters/sms/smpp/", "adapters/sms/text/")):
        return "/".join(parts[:3])
    if parts[0] == "storage":
        return "storage"
    if parts[0] == "gateway" and len(parts) == 2:
        return "main"
    if parts[0] == "tests" and parts[1] != "sim":
        return "tests"
    return "/".join(parts[:2])


def problems_of(path, text):
    room = room_of(path)
    for bracket, header in INCLUDE.findall(text):
        if bracket == '"':
            yield from arrow_problems(path, room, header)
        else:
            for prefix, owners in LIBRARIES.items():
                if header.startswith(prefix) and not any(path.startswith(owner) for owner in owners):
                    yield f"{path}: includes <{header}>, which only {', '.join(owners)} may"
    if not path.startswith("tests/") and not TEST.search(path):
        yield from (f"{path}: {word}; {instead}" for word, instead in WORDS.items() if word in text)


def arrow_problems(path, room, header):
    if room in ("main", "tests"):
        return
    target = room_of(header)
    allowed = ARROWS.get(room)
    if allowed is None:
        yield f"{path}: stands in no room of the table"
    elif target in (room, "gateway/base") or target in allowed:
        return
    elif "options" in allowed and header in OPTIONS or "values" in allowed and header in VALUES:
        return
    elif TEST.search(path):  # a test may play the part of the rooms around its own
        return
    else:
        yield f"{path}: {room} must not know {target} ({header})"


def main(root):
    files = [p for top in ("gateway", "adapters", "provisioning", "storage", "tests")
             for p in sorted((root / top).rglob("*")) if p.suffix in (".h", ".cc")]
    problems = [problem for path in files
                for problem in problems_of(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))]
    print("\n".join(problems) if problems else f"{len(files)} files keep to the arrows")
    return 1 if problems or len(files) < 50 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
