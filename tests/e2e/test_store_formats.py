# SPDX-License-Identifier: Apache-2.0
"""A folder of store format 2, as a program before there were drafts left it (store_format_2.dump, made by mdb_dump of what the
gateway of commit 3b8d56f had written): this program opens it, and sees its devices and their messages, however long ago that was.
A newer one is refused."""
import pathlib
import subprocess
import unittest

from harness import PATIENCE, Coap, wait_for
from messaging import SUCCESS, CoapDevice, MessagingCase
from phones import Smsc
from server_double import OWN

DUMP = pathlib.Path(__file__).parent / "store_format_2.dump"
METER, MAC, PHONE = "meter-1", "001b638445e6", "+4915112345678"
SERVICE_IDS = {METER: "n3g-ozx4ctxrl7n86z1d5zr3@msgin5g.example", MAC: "n3g-h283luecubx82l0mlqve@msgin5g.example"}
HANDLE = b"_tzSLw4s06AMOl2wYvGuPg"  # what the meter was told


class Meter(CoapDevice):
    """The device that has registered with the older program, and has kept its handle."""

    def __init__(self, case):  # without registering anew
        self.coap, self.handle = Coap(case.coap_port), HANDLE
        case.addCleanup(self.coap.close)


class StoreFormats(MessagingCase):
    def load(self, text):
        """Makes the folder of the gateway anew from what mdb_dump has written."""
        folder = self.folder / "gateway"
        folder.mkdir(mode=0o700, exist_ok=True)
        for old in folder.glob("*"):
            old.unlink()
        subprocess.run(["mdb_load", folder], input=text, text=True, check=True, capture_output=True, timeout=PATIENCE)
        (folder / "data.mdb").chmod(0o600)

    def format(self):
        """The row of the table `_format`."""
        dump = subprocess.run(["mdb_dump", "-p", "-s", "_format", self.folder / "gateway"], check=True, capture_output=True,
                              text=True, timeout=PATIENCE)
        return dump.stdout.splitlines()[-2].strip()

    def test_devices_and_messages_of_format_2(self):
        self.load(DUMP.read_text())
        self.assertEqual(self.format(), "msggw store 2")
        self.assertEqual({name: row["serviceId"] for name, row in self.rows().items()}, SERVICE_IDS)
        self.assertEqual(self.format(), "msggw store 2")  # who looks changes nothing

        smsc = Smsc(self, "--retry", "20ms")
        self.start_all(sections={"sms": {"enabled": True, "addresses": [f"127.0.0.1:{smsc.port}"]},
                                 "messages": {"default_recipient": "AS " + OWN}, "limits": {"longest_outage": "0s"}})
        self.assertIn("store_upgraded", self.running.output())
        self.assertEqual(self.format(), "msggw store 4")
        rows = self.rows()
        self.assertEqual({name: row["serviceId"] for name, row in rows.items()}, SERVICE_IDS)
        self.assertEqual(rows[MAC]["aliases"], [PHONE])
        self.assertEqual(self.arrived("up-1")["payload"], "21.5")
        device = Meter(self)
        self.assertEqual([device.poll()["payload"] for _ in range(2)], ["open valve 1", "open valve 2"])
        for n in (1, 2):
            self.assertEqual(self.reported(f"down-{n}")["delivSt"], SUCCESS)
        # What format 2 had no table for.
        smsc.call("messages", {"from": PHONE, "to": "12345", "text": "x" * 400})
        long = "x" * 400
        wait_for(lambda: any(entry.get("message", {}).get("payload") == long for entry in self.double.inbox()), "the long text")
        self.running.stop()

    def test_a_newer_format_is_refused(self):
        newer = DUMP.read_text().replace(b"msggw store 2".hex(), b"msggw store 5".hex())
        self.load(newer)
        self.assertEqual(self.format(), "msggw store 5")
        gateway = self.gateway(ready=False)
        self.assertEqual(gateway.wait(), 1)
        self.assertIn("its format is 'msggw store 5', this program reads 'msggw store 4'", gateway.output())
        self.assertEqual(self.format(), "msggw store 5")


if __name__ == "__main__":
    unittest.main()
