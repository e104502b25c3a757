# SPDX-License-Identifier: Apache-2.0
"""What a gateway and a Provisioning Function tell the service manager that has started them."""
import os
import pathlib
import signal
import socket
import unittest

from harness import PATIENCE, Case, wait_for


class Manager:
    """The end of NOTIFY_SOCKET that systemd has."""

    def __init__(self, folder, name, watchdog_ms):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(folder / name))
        self.socket.settimeout(PATIENCE)
        self.env = {"NOTIFY_SOCKET": str(folder / name), "WATCHDOG_USEC": str(watchdog_ms * 1000)}

    def hear(self, word):
        """The first message with that word, after what else is said."""
        while True:
            lines = self.socket.recv(4096).decode().split("\n")
            if word in lines:
                return lines

    def is_silent(self, seconds):
        """Whether nothing comes once what has come is taken."""
        self.socket.setblocking(False)
        try:
            while self.socket.recv(4096):
                pass
        except BlockingIOError:
            pass
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(4096)
            return False
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(PATIENCE)


def stands(pid):
    """Whether all its threads are stopped."""
    return all(pathlib.Path(task, "stat").read_text().rpartition(") ")[2].startswith("T") for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


class Service(Case):
    def look_at(self, start, name, well):
        manager = Manager(self.folder, name, watchdog_ms=200)
        self.addCleanup(manager.socket.close)
        process = start(manager.env)
        self.assertIn("WATCHDOG=1", manager.hear("READY=1"))
        manager.hear(f"STATUS={well}")
        os.kill(process.pid, signal.SIGHUP)
        self.assertTrue(any(line.startswith("MONOTONIC_USEC=") for line in manager.hear("RELOADING=1")))
        manager.hear("READY=1")
        process.pause()  # as if its loop were stuck: no beat comes, and systemd would end it
        wait_for(lambda: stands(process.pid), "the pause")
        self.assertTrue(manager.is_silent(1))
        process.resume()
        manager.hear("WATCHDOG=1")
        os.kill(process.pid, signal.SIGTERM)
        manager.hear("STOPPING=1")
        wait_for(process.ended, "the end")
        self.assertEqual(process.code(), 0, process.output())
        self.assertRegex(process.output(), r"stopping signal=\"?SIGTERM")

    def test_a_provisioning_function_is_a_service(self):
        self.look_at(lambda env: self.pf(env=env), "pf.socket", "serving")

    def test_a_gateway_is_a_service_and_says_which_part_is_not_well(self):
        self.look_at(lambda env: self.gateway(env=env, mqtt=True), "gw.socket", "serving; not well: broker")


if __name__ == "__main__":
    unittest.main(verbosity=2)
