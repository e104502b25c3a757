# SPDX-License-Identifier: Apache-2.0
"""Requests that a gateway must refuse, made from the schemas of TS 29.538, and what must be said of each: every single fault
that a schema allows, and then, by a seed, bodies with several. The same seed makes the same requests."""
import dataclasses
import itertools
import json

JSON = "application/json"
OTHER_TYPES = {  # what a member of that type must not be; null too, since the schemas declare nothing nullable
    "string": (None, True, 7, 1.5, ["a"], {"a": "b"}),
    "boolean": (None, "true", 1, ["a"], {"a": "b"}),
    "integer": (None, "1", 1.5, False, ["a"], {"a": "b"}),
    "object": (None, True, "text", 7, [{"a": "b"}]),
}
GRAVITY = ("MANDATORY_IE_MISSING", "MANDATORY_IE_INCORRECT", "OPTIONAL_IE_INCORRECT")


@dataclasses.dataclass
class Invalid:
    path: str
    what: str  # is wrong with it, for the failure message
    body: bytes
    status: int
    cause: str
    causes: dict = dataclasses.field(default_factory=dict)  # of each element at fault, by its pointer
    content_type: str = JSON
    breaks_schema: bool = True  # and so must be found wrong by a validator of schemas too

    def gravest(self):
        """The pointers of which one is to be told first."""
        return {pointer for pointer, cause in self.causes.items() if cause == self.cause}


@dataclasses.dataclass(frozen=True)
class Element:
    pointer: str
    type: str
    mandatory: bool  # and all that it is in


def elements(contract, schema, pointer="", mandatory=True):
    """All members that the schema has, of the members too."""
    schema = contract.resolved(schema)
    for name, member in schema.get("properties", {}).items():
        member = contract.resolved(member)
        required = mandatory and name in schema.get("required", ())
        kind = member.get("type", "string")  # an open enumeration: any string
        yield Element(f"{pointer}/{name}", kind, required)
        if kind == "object":
            yield from elements(contract, member, f"{pointer}/{name}", required)


def at(body, pointer):
    """The object that the element is in, and its name there."""
    *above, name = pointer[1:].split("/")
    for one in above:
        body = body[one]
    return body, name


class Generator:
    def __init__(self, contract, rng, good_bodies):
        """`good_bodies` has a body with all its members for each path."""
        self._contract, self._rng, self._good = contract, rng, good_bodies

    def requests(self, most):
        """So many."""
        singles = [request for path in self._good for request in self._single_faults(path)]
        assert len(singles) < most, len(singles)
        yield from singles
        for number in range(most - len(singles)):
            yield self._several_faults(self._rng.choice(list(self._good)), 2 + number % 3)

    def _good_body(self, path):
        return json.loads(json.dumps(self._good[path]))

    def _elements(self, path):
        return list(elements(self._contract, self._contract.request_schema(path)))

    def _spoil(self, body, element, fault):
        """Makes the fault; says its cause."""
        within, name = at(body, element.pointer)
        if fault == "missing":
            del within[name]
            return "MANDATORY_IE_MISSING"
        within[name] = fault
        return "MANDATORY_IE_INCORRECT" if element.mandatory else "OPTIONAL_IE_INCORRECT"

    def _faults_of(self, element):
        return (*(["missing"] if element.mandatory else []), *OTHER_TYPES[element.type])

    def _single_faults(self, path):
        for element in self._elements(path):
            for fault in self._faults_of(element):
                body = self._good_body(path)
                cause = self._spoil(body, element, fault)
                yield Invalid(path, f"{element.pointer}: {fault!r}", json.dumps(body).encode(), 400, cause, {element.pointer: cause})
        yield from self._wrong_documents(path)
        yield from self._words_of_later_releases(path)

    def _several_faults(self, path, count):
        """In members of which none is in another."""
        while True:
            chosen = self._rng.sample(self._elements(path), count)
            if not any(a.pointer.startswith(b.pointer + "/") for a, b in itertools.permutations(chosen, 2)):
                break
        body = self._good_body(path)
        causes = {}
        for element in chosen:
            causes[element.pointer] = self._spoil(body, element, self._rng.choice(self._faults_of(element)))
        return Invalid(path, str(causes), json.dumps(body).encode(), 400, min(causes.values(), key=GRAVITY.index), causes)

    def _wrong_documents(self, path):
        whole = json.dumps(self._good_body(path)).encode()
        for body in (b"", b"null", b"[]", b"7", b'"text"', b"[" + whole + b"]"):
            yield Invalid(path, "no object", body, 400, "INVALID_MSG_FORMAT", breaks_schema=body != b"")
        cut = self._rng.randrange(1, len(whole))
        for what, body in (("cut short", whole[:cut]), ("something behind it", whole + b"}"), ("no UTF-8", whole[:-2] + b'\xff"}'),
                           ("a member twice", whole[:-1] + b',"msgId":"other"}')):
            yield Invalid(path, what, body, 400, "INVALID_MSG_FORMAT", breaks_schema=False)
        yield Invalid(path, "too long", whole[:-1] + b',"more":"' + b"x" * 70_000 + b'"}', 413, "PAYLOAD_TOO_LARGE",
                      breaks_schema=False)
        for content_type in ("text/plain", "application/cbor", "application/problem+json"):
            yield Invalid(path, content_type, whole, 415, "", {"header content-type": ""}, content_type, breaks_schema=False)

    def _words_of_later_releases(self, path):
        """Enumerations are open: such a word is good by the schema, and nobody here knows what it means."""
        words = {"addrType": "ADDR_TYPE_NOT_SUPPORTED", "delivSt": "DELIVERY_STATUS_NOT_SUPPORTED"}
        for element in self._elements(path):
            name = element.pointer.rsplit("/", 1)[1]
            if name in words:
                body = self._good_body(path)
                self._spoil(body, element, "REL19_WORD")
                yield Invalid(path, f"{element.pointer}: a word", json.dumps(body).encode(), 403, words[name],
                              {element.pointer: words[name]}, breaks_schema=False)
