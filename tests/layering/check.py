#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on an #include that is not an arrow of the table below (docs/architecture.md), and on a C library's
header outside the one file pair that may include it; and on words that have a better one.  usage: check.py ROOT"""
import pathlib
import re
import sys

# Room -> its namespace below msggw, and the rooms whose headers it may include beside its own and gateway/base.
ROOMS = {
    "gateway": ("", [
        "gateway/cli", "gateway/commands", "gateway/config/files", "gateway/config/language", "gateway/config/sections",
        "gateway/demo", "gateway/process"]),  # main.cc
    "gateway/base": ("base", []),
    "gateway/core": ("core", []),
    "gateway/messages": ("messages", ["gateway/core"]),
    "gateway/credentials": ("credentials", ["gateway/core"]),
    "gateway/broker": ("broker", ["gateway/core", "gateway/credentials", "adapters/mqtt/access"]),
    "gateway/loop": ("loop", []),
    "gateway/service": ("service", ["gateway/core", "gateway/credentials", "gateway/messages", "storage", "provisioning/client"]),
    "gateway/config/language": ("config_language", []),
    "gateway/config/sections": ("config", ["options", "gateway/config/language", "gateway/core", "adapters/sms/text"]),
    "gateway/config/files": ("config_files", ["options", "gateway/config/language", "gateway/config/sections", "gateway/core"]),
    "gateway/roster": ("roster", ["gateway/core"]),
    "gateway/admin": ("admin", ["gateway/core", "gateway/credentials", "gateway/messages", "gateway/roster", "adapters/wire/http"]),
    "gateway/cli": ("cli", [
        "options", "gateway/core", "gateway/config/language", "gateway/config/sections", "gateway/roster", "storage"]),
    # The roof: nothing below knows it.
    "gateway/process": ("process", [
        "gateway/broker", "adapters/coap", "adapters/mqtt", "adapters/msgin5g", "adapters/sms", "adapters/wire/http", "adapters/wire/tls", "gateway/admin", "gateway/config/files",
        "gateway/config/language", "gateway/config/sections", "gateway/core", "gateway/credentials", "gateway/loop", "gateway/messages", "gateway/roster", "gateway/service", "options", "provisioning/client", "provisioning/function", "provisioning/tester", "storage"]),
    "gateway/commands": ("commands", [
        "adapters/wire/http", "gateway/admin", "gateway/cli", "gateway/config/files", "gateway/config/language", "gateway/config/sections",
        "gateway/core", "gateway/credentials", "gateway/messages", "gateway/process",
        "gateway/roster", "options", "provisioning/client", "provisioning/function", "provisioning/protocol", "storage"]),
    "gateway/demo": ("demo", ["adapters/mqtt", "gateway/cli", "gateway/config/sections", "gateway/process", "options"]),
    "storage": ("storage", ["gateway/core", "gateway/credentials", "gateway/messages"]),
    "adapters/elements": ("elements", ["gateway/messages"]),
    "adapters/payload": ("payload", ["gateway/core", "gateway/messages", "adapters/elements"]),
    "adapters/coap": ("coap_adapter", ["gateway/core", "gateway/credentials", "gateway/messages", "adapters/elements", "adapters/payload", "adapters/wire/coap"]),
    "adapters/mqtt": ("mqtt", ["gateway/core", "gateway/credentials", "gateway/messages", "adapters/elements", "adapters/payload", "adapters/mqtt/protocol", "adapters/wire/tls"]),
    "adapters/mqtt/protocol": ("mqtt::protocol", []),
    # What the broker's process has of ours: it shares with the gateway no more than these.
    "adapters/mqtt/access": ("mqtt::access", ["values", "gateway/credentials", "storage"]),
    "adapters/mqtt/plugin": ("mqtt::plugin", ["adapters/mqtt/access"]),
    "adapters/sms": ("sms", ["gateway/core", "gateway/credentials", "gateway/messages", "adapters/payload", "adapters/sms/smpp", "adapters/sms/text", "adapters/wire/tls"]),
    "adapters/sms/smpp": ("smpp", []),
    "adapters/sms/text": ("sms_text", []),
    "adapters/msgin5g": ("msgin5g", ["gateway/core", "gateway/messages", "adapters/elements", "adapters/wire/http", "adapters/wire/peers", "adapters/wire/tls"]),
    # Protocols as such: no device, no Service ID, no gateway.
    "adapters/wire/tls": ("tls", []),
    "adapters/wire/peers": ("peers", []),
    "adapters/wire/coap": ("coap", ["adapters/wire/tls"]),
    "adapters/wire/http": ("http", ["adapters/wire/tls"]),
    "provisioning/protocol": ("protocol", ["gateway/core"]),
    "provisioning/client": ("client", [
        "gateway/core", "provisioning/protocol", "adapters/wire/coap", "adapters/wire/http", "adapters/wire/peers"]),
    "provisioning/tester": ("tester", ["values", "adapters/wire/http"]),
    "provisioning/function": ("function", [
        "values", "provisioning/protocol", "provisioning/tester", "adapters/wire/http", "adapters/wire/coap", "storage"]),
    # An independent peer: it must not share the product's codecs. Of TLS the codec is OpenSSL's on both sides in any case.
    "tests/sim": (None, ["adapters/wire/tls"]),
}
# Plain structs that configuration fills, and the plain values of the core.
OPTIONS = {
    "gateway/credentials/options.h", "gateway/messages/limits.h", "gateway/messages/policy.h", "adapters/coap/options.h", "adapters/mqtt/options.h", "adapters/msgin5g/options.h", "adapters/sms/options.h",
    "provisioning/client/options.h",
    "provisioning/function/gateway_options.h", "provisioning/function/options.h",
    "provisioning/function/policy_options.h", "provisioning/protocol/address.h", "provisioning/tester/options.h",
}
VALUES = {"gateway/core/ids.h", "gateway/core/private_id.h"}
# Header -> the only files (by prefix) that may include it: what a library does to us stays in one place.
LIBRARIES = {
    "coap3/": ["tests/bench/"],
    "mosquitto.h": ["adapters/mqtt/plugin/plugin.", "tests/sim/fleet/", "tests/bench/"],
    "mosquitto_": ["adapters/mqtt/plugin/plugin."],
    "lmdb.h": ["storage/lmdb.", "adapters/mqtt/access/lmdb_file."],
    "curl/": ["adapters/wire/http/client_", "adapters/wire/http/curl_", "adapters/wire/http/transfer", "tests/sim/smsc/control_client"],
    "nghttp2/": ["adapters/wire/http/http2", "adapters/wire/http/test_http2", "tests/sim/m5s/http2"],
    "cbor": ["gateway/base/cbor"],
    "toml": ["gateway/config/language/toml_file"],
    "CLI/": ["gateway/cli/", "tests/sim/"],
    "libsmpp34/": ["adapters/sms/smpp/test_library", "tests/bench/"],
    "spdlog/": ["gateway/base/log"],
    **{header: ["adapters/wire/tls/", "tests/bench/dtls_echo"] for header in ("openssl/ssl.h", "openssl/err.h", "openssl/pem.h",
                                                        "openssl/ec", "openssl/param_build.h", "openssl/core_names.h")},
    "openssl/x509": ["adapters/wire/tls/", "adapters/mqtt/plugin/plugin.", "tests/bench/dtls_echo"],
    "openssl/evp.h": ["gateway/base/block_cipher", "gateway/base/digest.", "gateway/credentials/", "adapters/wire/tls/"],
    "openssl/rand.h": ["gateway/base/secrets", "tests/bench/dtls_echo"],
    "openssl/crypto.h": ["gateway/base/secrets"],
}
# Word -> what to use in its place, in all but tests.
WORDS = {"random_device": "gateway/base/secrets.h gives secrets and seeds"}
TEST = re.compile(r"(_test|/test_\w+)\.(cc|h)$")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


def room_of(path):
    """The deepest room of the table around the file; tests but for the sim stand in none."""
    folders = path.split("/")[:-1]
    if folders[0] == "tests" and folders[1:2] != ["sim"]:
        return "tests"
    for depth in range(len(folders), 0, -1):
        if "/".join(folders[:depth]) in ROOMS:
            return "/".join(folders[:depth])
    return "/".join(folders)


def problems_of(path, text):
    room = room_of(path)
    for bracket, header in INCLUDE.findall(text):
        if bracket == '"':
            yield from arrow_problems(path, room, header)
        else:
            for prefix, owners in LIBRARIES.items():
                if header.startswith(prefix) and not any(path.startswith(owner) for owner in owners):
                    yield f"{path}: includes <{header}>, which only {', '.join(owners)} may"
    yield from namespace_problems(path, room, text)
    if not path.startswith("tests/") and not TEST.search(path):
        yield from (f"{path}: {word}; {instead}" for word, instead in WORDS.items() if word in text)


def namespace_problems(path, room, text):
    """One room, one namespace; `test` below it is for what only tests use."""
    name = ROOMS.get(room, (None, []))[0]
    if name is None:
        return
    wanted = "msggw::" + name if name else "msggw"
    for opened in re.findall(r"^(?:inline )?namespace (msggw[\w:]*) \{", text, re.MULTILINE):
        if opened != wanted and not opened.startswith(wanted + "::"):
            yield f"{path}: opens namespace {opened}, and {room} is {wanted}"


def arrow_problems(path, room, header):
    if room == "tests":
        return
    target = room_of(header)
    allowed = ROOMS[room][1] if room in ROOMS else None
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
    loose = [path.relative_to(root).as_posix() for folder in ("gateway", "gateway/config")
             for path in sorted((root / folder).glob("*.*")) if path.suffix in (".h", ".cc")]
    problems += [f"{path}: only gateway/main.cc stands in no room" for path in loose if path != "gateway/main.cc"]
    print("\n".join(problems) if problems else f"{len(files)} files keep to the arrows")
    return 1 if problems or len(files) < 50 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
