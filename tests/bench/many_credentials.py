# SPDX-License-Identifier: Apache-2.0
"""A factory's list of credentials through a whole gateway: how long it is taken in, what that does to its loop, to its memory and to
its next start, and when the broker's plugin has all of it."""
import os
import re
import time

from harness import BenchError

GATEWAY_TOML = """\
[gateway]
folder = "{folder}/many"
watchdog_turn = "{turn}ms"
[log]
level = "info"
[coap]
address = "127.0.0.1"
port = {coap}
[coap.secure]
udp = true
port = {secure}
[mqtt]
port = {mqtt}
plugin_folder = "{shared}"
plugin_psks = true
topics_prove = true
[provisioning]
uris = ["http://127.0.0.1:{pf}"]
[admin]
port = {admin}
"""
MOST_TURN_MS = 50


class ManyCredentials:
    """Of Secure, whose rows and bars it adds to."""

    def __init__(self, secure):
        self.secure, self.bench = secure, secure.bench
        self.count, self.folder = secure.o.credentials, secure.folder
        self.program = os.path.join(self.bench.bin, "msggw")
        self.shared = os.path.join(self.folder, "shared")
        self.store = os.path.join(self.folder, "many")

    def run(self):
        os.mkdir(self.shared, 0o750)
        names = {"folder": self.folder, "coap": self.bench.coap, "mqtt": self.bench.mqtt, "pf": self.bench.pf_port}
        pf = self.bench.write("pf.toml", self.secure.registrations.PF_TOML.format(**names))
        self.toml = self.bench.write("many.toml", GATEWAY_TOML.format(**names, turn=MOST_TURN_MS, shared=self.shared, secure=self.secure.secure,
                                                                      admin=self.secure.admin))
        self.pf = self.bench.start("pf", [self.program, "pf", "-c", pf])
        self.start()
        keys, ids = self.lists()
        self.row_of_import("devices", "import", ids)
        self.secure.wait_for("the Service IDs", lambda: self.secure.metric("msggw_devices_provisioned_total") >= self.count, patience=600)
        self.gateway.stop()
        alone = self.start()
        self.secure.row(f"start with {self.count:,} devices", alone, "s")
        before = self.gateway.memory()[1]
        slow = len(self.slow_turns())
        self.row_of_import("credentials", "credential", "import", keys)
        begun = time.monotonic()
        self.secure.wait_for("the plugin's copy", lambda: self.secure.metric("msggw_broker_access_current") == 1, patience=600)
        self.secure.row("  and then until the broker's plugin has them", time.monotonic() - begun, "s")
        self.secure.row("  memory of each", (self.gateway.memory()[1] - before) / self.count, "octets")
        turns = self.slow_turns()[slow:]
        self.secure.row("  its longest turn (0: below the watchdog's)", max(turns, default=0), "ms")
        self.secure.bar("a turn while they are taken in", max(turns, default=0), "<=", MOST_TURN_MS, " ms")
        self.gateway.stop()
        slow = len(self.slow_turns())
        with_them = self.start()
        self.secure.row(f"start with {self.count:,} devices and credentials", with_them, "s")
        self.secure.row("  what credentials add to it", with_them - alone, "s")
        begun = time.monotonic()
        self.secure.wait_for("the plugin's copy", lambda: self.secure.metric("msggw_broker_access_current") == 1, patience=600)
        self.secure.row("  and then until the broker's plugin has them", time.monotonic() - begun, "s")
        turns = self.slow_turns()[slow:]
        self.secure.row("  its longest turn (0: below the watchdog's)", max(turns, default=0), "ms")
        self.secure.bar("a turn while the plugin's copy is written", max(turns, default=0), "<=", MOST_TURN_MS, " ms")
        self.secure.row("  memory of the gateway", self.gateway.memory()[1] / (1 << 20), "MiB")
        self.handshakes()
        self.gateway.stop()
        self.pf.stop()

    def start(self):
        """Seconds until it is ready."""
        # Before all that makes work for it, so that a turn is as long as what it does.
        first = ["nice", "-n", "-15"] if os.geteuid() == 0 else []
        self.gateway = self.bench.start("many", [*first, self.program, "run", "-c", self.toml])
        return self.gateway.seconds_to_ready

    def lists(self):
        keys, ids = os.path.join(self.folder, "keys.csv"), os.path.join(self.folder, "ids.csv")
        self.secure.run_tool(os.path.join(self.bench.bin, "msggw-sim"), "fleet", "--devices", self.count, "--psk", "--keys-from", "bench",
                             "--write-credentials", keys)
        with open(keys) as rows, open(ids, "w") as out:
            out.writelines(row.split(",", 1)[0] + "\n" for row in rows)
        return keys, ids

    def row_of_import(self, what, *command):
        begun, cpu = time.monotonic(), self.gateway.cpu()
        self.secure.run_tool(self.program, "devices", *command, "--dir", self.store)
        took = time.monotonic() - begun
        self.secure.row(f"import of {self.count:,} {what}", took, "s")
        self.secure.row("  CPU of the gateway for each", (self.gateway.cpu() - cpu) * 1e6 / self.count, "us")

    def slow_turns(self):
        """Their lengths in ms."""
        with open(self.gateway.log, errors="replace") as log:
            lines = [line for line in log if " slow_turn " in line]
        lengths = [re.search(r"took=(\d+(?:\.\d+)?)(ms|s)\b", line) for line in lines]
        if not all(lengths):
            raise BenchError(f"slow_turn: {lines[0]}")
        return [float(length[1]) * (1_000 if length[2] == "s" else 1) for length in lengths]

    def handshakes(self):
        """Of devices from all over the list."""
        from harness import fleet
        some = min(2_000, self.count)
        options = self.secure.devices(some, "--first", max(self.count - some, 0), "--window", 64, "--pending-retry")
        fleet(self.bench.o.build, options, [])
        cost = fleet(self.bench.o.build, options, [self.gateway]).cpu_us[self.gateway.name]
        self.secure.row(f"a handshake and a request beside {self.count:,} credentials", cost, "us")
