# SPDX-License-Identifier: Apache-2.0
"""What each key of a configuration may become so that a reload has something to take over: another value that is allowed, from
what the manual says of the key (range, words, default), and from the table below where sense is asked for."""
import pathlib
import re

MANUAL = pathlib.Path(__file__).resolve().parents[2] / "etc" / "msggw.toml"
SECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
OCTETS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
SOMEBODY = "AS as-1@msgin5g.example"

# Where the manual alone leads to nothing that is allowed, or to what is another thing altogether.
OTHER = {
    "log.level": '"warn"', "admin.hosts": '["gw.example"]', "coap.private_id_kinds": '["opaque", "mac48"]',
    "coap.push_networks": '["192.0.2.0/24"]', "coap.secure.certificate_names": '["{privateId}.example"]',
    "coap.secure.private_id_kinds": '["opaque"]', "coap.address": '"127.0.0.2"', "admin.address": '"127.0.0.2"',
    "mqtt.private_id_kinds": '["opaque", "mac48"]', "mqtt.proof": '"none"', "mqtt.user": '"gw"', "mqtt.password": '"word"',
    "coap.secure.admission": '"known"', "sms.bare_numbers": '"refuse"', "sms.numbers": '["+4*"]',
    "provisioning.bulk_most": "200", "sms.first_contact": '"known"', "sms.system_id": '"gw"', "sms.password": '"word"', "sms.system_type": '"VMA"', "sms.address_range": '"^49"',
    "sms.service_type": '"CMT"', "sms.trusted_numbers": '["+49*"]', "sms.country_code": '"49"', "sms.national_prefix": '"1"',
    "sms.international_prefix": '"011"', "sms.alias_prefix": '"#"', "sms.aliases": f'["ops {SOMEBODY}"]',
    "sms.number_recipients": f'["+4* {SOMEBODY}"]', "sms.service_recipients": f'["12345 {SOMEBODY}"]',
    "sms.port_applications": '["16000 org.example.meter"]', "sms.source": '"12345"', "sms.sources": '["12345"]',
    "sms.answer": '"{serviceId}"', "sms.answer_refused": '"{cause}"', "sms.keyword_status": '"STATUS"',
    "sms.keyword_stop": '"STOP"', "sms.answer_status": '"{state}"', "sms.answer_stop": '"gone"', "sms.answer_unsent": '"{cause}"',
    "sms.source_ton": "1", "sms.source_npi": "1", "sms.destination_ton": "1", "sms.destination_npi": "1",
    "sms.range_ton": "1", "sms.range_npi": "1", "sms.bind": '"transmitter+receiver"',
    "messages.recipients": '["UE", "AS"]', "messages.legacy_3gpp_recipient": f'"{SOMEBODY}"',
    "messages.non_3gpp_recipient": f'"{SOMEBODY}"', "messages.default_recipient": '"AS as-2@msgin5g.example"',
    "msgin5g.address": '"127.0.0.2"', "msgin5g.path": '"/gw"', "msgin5g.target_uri": '"http://gw.example"',
    "msgin5g.registration": '"none"', "msgin5g.token": '"word"', "msgin5g.text_apps": '["a"]', "msgin5g.base64_apps": '["b"]',
    "msgin5g.server.service_id": '"m5s-9@msgin5g.example"', "msgin5g.server.scope": '"msgs-msgdelivery msgs-ueregistration"',
    "msgin5g.server.nf_instance_id": '"6c2b3b9e-5f0a-4d4f-9a8e-1d2c3b4a5f60"', "msgin5g.server.nf_type": '"AF"',
    "msgin5g.server.target_nf_type": '"AF"', "provisioning.encoding": '"cbor"', "provisioning.token": '"word"',
    "provisioning.derived.label": '"other"', "provisioning.derived.path": '"/p"', "provisioning.derived.scheme": '"http"',
    "pf.address": '"127.0.0.2"', "pf.test.address": '"127.0.0.2"', "pf.test.hosts": '["pf.example"]',
    "pf.policy.service_id_template": '"{type}-{id}@other.example"', "pf.policy.service_info": '"{\\"a\\":1}"',
    "pf.policy.server_service_ids": '["m5s-1@msgin5g.example", "m5s-9@msgin5g.example"]', "log.format": '"json"',
}
# Those that need others beside them, which are changed with them.
COMPANY = {
    "mqtt.password": {"mqtt.user": '"gw"'}, "sms.numbers": {"sms.first_contact": '"pattern"'}, "sms.national_prefix": {"sms.country_code": '"49"'},
    "sms.answer_stop": {"sms.keyword_stop": '"STOP"'}, "provisioning.mcc": {"provisioning.mcc": '"262"', "provisioning.mnc": '"01"'},
    "provisioning.mnc": {"provisioning.mcc": '"262"', "provisioning.mnc": '"02"'},
    "provisioning.psk_identity": {"provisioning.psk_identity": '"gw"', "provisioning.psk_key": '"a key of sixteen"'},
    "provisioning.psk_key": {"provisioning.psk_identity": '"gw"', "provisioning.psk_key": '"another of sixteen"'},
}


def read_manual():
    """{key: (range or None, words or None)}; a range is two texts, as they stand there."""
    known, section, paragraph = {}, "", []
    for line in MANUAL.read_text().splitlines():
        if found := re.fullmatch(r"\[([\w.]+)\]", line):
            section = found[1]
        elif found := re.fullmatch(r"#(\w+) = .*", line):
            text = " ".join(paragraph)
            allowed = re.search(r"Allowed: (\S+) to (\S+?)(?: or \"auto\")?\.(?: |$)", text)
            words = re.search(r"One of: ([\w ,+.-]+)\.(?: |$)", text)
            known[f"{section}.{found[1]}"] = (allowed and allowed.groups(), words and words[1].split(", "))
        if line.startswith("# "):
            paragraph.append(line[2:])
        else:
            paragraph = []
    return known


def _number(text):
    """(the number, in milliseconds or octets if it has a unit; the units it is of)."""
    found = re.fullmatch(r'"?([\d_]+)([A-Za-z]*)"?', text)
    if not found:
        return None
    units = SECONDS if found[2] in SECONDS else OCTETS
    return int(found[1].replace("_", "")) * units[found[2]], units


def _nearby(value, limits):
    """A little more, or a little less where there is no more: nothing is refused by it. What is 0 has no limit, so most."""
    number, units = _number(value)
    least, most = (_number(limit)[0] for limit in limits)
    step = max(1, number // 10)
    if units is SECONDS and number >= 1_000:
        step = -(-step // 1_000) * 1_000
    if number == 0:
        number = most
    else:
        number = number + step if number + step <= most else max(least, number - step)
    return f'"{number}ms"' if units is SECONDS else str(number)


def other(key, value, manual):
    """Another value that is allowed, as TOML; none: none is known."""
    if key in OTHER:
        return OTHER[key]
    if value in ("true", "false"):
        return "false" if value == "true" else "true"
    limits, words = manual[key]
    if words:
        return f'"{words[(words.index(value.strip(chr(34))) + 1) % len(words)]}"'
    if limits and _number(value):
        return _nearby(value, limits)
    return None


def changes_of(key, value, manual, here):
    """{key: value} with which that key is another; `here`: what only the caller knows. None: not here."""
    if key in here:
        return here[key]
    value = other(key, value, manual)
    company = COMPANY.get(key, {})
    return {key: value, **company} if value is not None or key in company else None


def read_options(text):
    """{key: value} of a configuration whose every option stands in a line."""
    options, section = {}, ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif " = " in line:
            key, value = line.split(" = ", 1)
            options[f"{section}.{key}"] = value
    return options


def write_options(options):
    sections = {}
    for key, value in options.items():
        section, name = key.rsplit(".", 1)
        sections.setdefault(section, []).append(f"{name} = {value}\n")
    return "".join(f"[{section}]\n" + "".join(lines) for section, lines in sections.items())
