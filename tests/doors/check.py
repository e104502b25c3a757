#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whoever holds one door of the core cannot do another's work: each line below is compiled where an adapter, the operator's
API, the provisioning client or the service stand, and must be refused by the compiler for the reason given; its
counterpart must be accepted, so that a refusal means something.  usage: check.py COMPILER ROOT"""
import subprocess
import sys

# Who holds which door, what it may do, and what it may not, with the word that the compiler's error must hold.
HOLDERS = {
    "core::Registrations& door": (
        "door.find_handle({}, core::Bearer::coap);",
        [("door.remove(core::DeviceNo{}, {});", "remove"),
         ("door.suspend(core::DeviceNo{}, {});", "suspend"),
         ("door.take_changes();", "take_changes"),
         ("door.next_ask();", "next_ask"),
         ("door.tables().mark_changed(core::DeviceNo{});", "discards qualifiers"),
         ("door.tables().outbox.answers.clear();", "discards qualifiers")]),
    "core::Operations& door": (
        "door.resume(core::DeviceNo{});",
        [("door.register_device({}, {});", "register_device"),
         ("door.committed(1);", "committed"),
         ("door.provisioned(core::DeviceNo{}, {}, {});", "provisioned")]),
    "core::ServerRegistrations& door": (
        "door.lost(core::DeviceNo{});",
        [("door.remove(core::DeviceNo{}, {});", "remove"),
         ("door.register_device({}, {});", "register_device"),
         ("door.take_changes();", "take_changes")]),
    "core::Journey& door": (
        "door.released(core::DeviceNo{});",
        [("door.remove(core::DeviceNo{}, {});", "remove"),
         ("door.committed(1);", "committed")]),
    "core::Commits& door": (
        "door.take_changes();",
        [("door.register_device({}, {});", "register_device"),
         ("door.remove(core::DeviceNo{}, {});", "remove")]),
    "messages::OperatorSide& door": (
        "door.remove(messages::MessageNo{}, {});",
        [("door.send({}, {});", "send"),
         ("door.deliver({}, {}, {}, {});", "deliver"),
         ("door.take_changes();", "take_changes"),
         ("door.queue().headers.erase(messages::MessageNo{});", "discards qualifiers")]),
    "credentials::OperatorSide& door": (
        "door.remove(core::DeviceNo{}, credentials::CredentialNo{});",
        [("door.psk_key({}, {});", "psk_key"),
         ("door.gone(core::DeviceNo{});", "gone")]),
    "credentials::Proofs& door": (
        "door.psk_key({}, {});",
        [("door.add(core::DeviceNo{}, {});", "add"),
         ("door.remove(core::DeviceNo{}, credentials::CredentialNo{});", "remove")]),
    "core::Turn& door": (
        "door.next_deadline();",
        [("door.committed(1);", "committed"),
         ("door.add_alias(core::DeviceNo{}, {});", "add_alias")]),
}

HEADERS = """#include "gateway/core/gateway.h"
#include "gateway/credentials/doors.h"
#include "gateway/messages/operator_side.h"
using namespace msggw;
"""


def errors_of(compiler, root, source):
    done = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-I", root, "-x", "c++", "-"],
                          input=source, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"})
    return [line for line in done.stderr.splitlines() if "error:" in line] or (["error: ?"] if done.returncode else [])


def main(compiler, root):
    cases = []
    for holder, (allowed, forbidden) in HOLDERS.items():
        cases += [(holder, allowed, None)] + [(holder, line, word) for line, word in forbidden]
    # One function a line: the compiler goes on after an error, so one run shows all.
    source = HEADERS + "".join(f"#line 1 \"line{n}\"\nvoid f{n}([[maybe_unused]] {holder}) {{ {line} }}\n"
                               for n, (holder, line, _) in enumerate(cases))
    errors = errors_of(compiler, root, source)
    problems = [error for error in errors if not error.startswith("line")]
    for n, (holder, line, word) in enumerate(cases):
        mine = [error for error in errors if error.startswith(f"line{n}:")]
        if word is None and mine:
            problems.append(f"{holder}: {line} is refused: {mine[0]}")
        if word is not None and not any(word in error for error in mine):
            problems.append(f"{holder}: {line} must be refused for '{word}', it got {mine or 'through'}")
    print("\n".join(problems) if problems else f"{len(cases)} lines, each where it belongs")
    return 1 if problems or len(cases) < 15 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
