# SPDX-License-Identifier: Apache-2.0
"""The documents by which gateway and MSGin5G Server speak, and what of it was recorded, held against them.

msgin5g.yaml is what the tests know of TS 29.538. Where the environment variable MSGGW_3GPP_OPENAPI names a folder with the
OpenAPI files of TS 29.538 V18 and TS 29.571, everything is held against those as well."""
import functools
import json
import os
import pathlib

import yaml
from openapi import Contract, Exchange

HERE = pathlib.Path(__file__).resolve().parent
REGISTRATION = "/msgs-ueregistration/v1"
FILES_OF_3GPP = os.environ.get("MSGGW_3GPP_OPENAPI")


def bundle(folder):
    """The files of that folder as one document: paths with the names of their APIs before them, references inside of it."""
    whole = {"openapi": "3.0.3", "info": {"title": "TS 29.538", "version": "1"}, "paths": {},
             "components": {"schemas": {}, "responses": {}}}
    files = sorted(pathlib.Path(folder).glob("TS29538_*.yaml")) + [pathlib.Path(folder) / "TS29571_CommonData.yaml"]
    for file in files:
        document = yaml.safe_load(file.read_text())
        prefix = document.get("servers", [{"url": ""}])[0]["url"].replace("{apiRoot}", "")
        whole["paths"].update({prefix + path: item for path, item in document["paths"].items()})
        for kind, components in whole["components"].items():
            for name, component in document["components"].get(kind, {}).items():
                assert name not in components, f"{file}: {name} is there twice"
                components[name] = component
    return inside(whole)


def inside(item):
    """With every reference to another file as one into the same document."""
    if isinstance(item, list):
        return [inside(one) for one in item]
    if not isinstance(item, dict):
        return item
    return {key: "#" + value.split("#")[1] if key == "$ref" else inside(value) for key, value in item.items()}


@functools.cache
def contracts():
    """What is said between servers and gateways, each in turn."""
    excerpt = [Contract(HERE / "msgin5g.yaml")]
    return excerpt + ([Contract(bundle(FILES_OF_3GPP))] if FILES_OF_3GPP else [])


@functools.cache
def registration():
    return Contract(HERE.parents[1] / "docs" / "msgs-ueregistration.yaml", REGISTRATION)


def judge(exchange, good_request=True):
    """What is wrong with it, by all documents; and OPERATION STATUS, as the first of them names it."""
    if exchange.path.startswith(REGISTRATION):
        return registration().judge(exchange, good_request)
    ours = exchange.path.startswith("/as/")  # the double's way to Application Servers, of which 3GPP says nothing
    judged = [contract.judge(exchange, good_request) for contract in contracts()[:1 if ours else None]]
    return [sentence for wrong, _ in judged for sentence in wrong], judged[0][1]


def recorded(journal):
    """The exchanges in a double's journal file (`--journal`), but for those that a fault spoilt or nobody answered."""
    for entry in map(json.loads, journal.read_text().splitlines()):
        if entry.get("fault") or entry["status"] == 0:
            continue
        def octets(name):
            return json.dumps(entry[name]).encode() if name in entry else b""
        yield Exchange(entry["method"], entry["target"], entry.get("requestType", ""), octets("request"), entry["status"],
                       entry.get("fields", {}), octets("answer"))
