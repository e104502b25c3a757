# SPDX-License-Identifier: Apache-2.0
"""Our plugin in the real Mosquitto, with passwords: who may come in, what he may do, and that it ends. With valid credentials of one
device everything is tried as another."""
import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import time
import unittest

from harness import PATIENCE, wait_for
from mqtt import Lost, Mqtt
from plugin_broker import PLUGIN, PluginCase

DENIED = 0x87  # MQTT 5, 2.4: not authorized
BROKERS_USER = any(user.pw_name == "mosquitto" for user in pwd.getpwall())


class Plugin(PluginCase):
    def test_a_device_speaks_and_hears_for_itself_alone(self):
        gateway = self.begin()
        snoop = self.device("c")
        tried = ["msgin5g/+/registration", "msgin5g/a/registration", "msgin5g/a/down", "msgin5g/+/ack", "msgin5g/#", "#", "+/+/down",
                 "$share/x/msgin5g/a/down", "$share/x/#", "$share/x/msgin5g/c/down", "$SYS/#", "$SYS/broker/clients/connected",
                 "msgin5g/c/#", "msgin5g/A/down", "msgin5g/a/answers/#", "$CONTROL/#"]
        for topic in tried:
            self.assertEqual(snoop.subscribe(topic), 0x80, topic)
        for topic in ("registration", "down", "ack", "reports", "answers/#"):
            self.assertEqual(snoop.subscribe(f"msgin5g/c/{topic}"), 1, topic)
        a, b = self.registers("a"), self.registers("b")
        self.assertEqual({topic for topic, _, __ in b.messages}, {"msgin5g/b/registration"})
        written = ["msgin5g/a/register", "msgin5g/b/deregister", "msgin5g/a/status", "msgin5g/a/send", "msgin5g/a/up", "msgin5g/a/report",
                   "msgin5g/c/down", "msgin5g/c/ack", "msgin5g/c/reports", "msgin5g/c/registration", "msgin5g/a/registration",
                   "msgin5g/a/answers/1", "msgin5g/c/answers/1", "msgin5g/A/up", "msgin5g/a /up", "msgin5g//up", "other",
                   "$SYS/broker/connection/x/state", "$CONTROL/dynamic-security/v1"]
        for topic in written:
            for retain in (False, True):
                # One each: Mosquitto 2.0 may close the connection behind its no.
                self.assertEqual(self.device("c", version=5).publish(topic, "{}", retain=retain), DENIED, topic)
        self.assertNotEqual(self.device("c", version=5).publish("msgin5g/c/register"), DENIED)
        self.assertEqual(snoop.hear(lambda topic, _, body: '"serviceId"' in body)[0], "msgin5g/c/registration")
        self.assertEqual({topic for topic, _, __ in snoop.messages}, {"msgin5g/c/registration"})
        wait_for(lambda: self.refused(gateway, "topic") >= len(tried) + 2 * len(written) - 2, "that all of it is counted")
        a.close()
        gateway.stop()

    def test_no_way_leads_around_the_rules(self):
        gateway = self.begin()
        a = self.registers("a", client_id="id-of-a")
        a.publish("msgin5g/a/status", "online")
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_received_total", '{kind="status"}') == 1, "a's own status")
        for version in (4, 5):
            self.device("c", version, will=("msgin5g/a/status", "offline")).close()  # its Will is published, or would be
            self.device("c", version, will=("msgin5g/a/registration", "{}")).close()
        # The client identifier of another who is connected; his own session, and what waits in it.
        with self.assertRaises(Lost):
            self.device("c", client_id="id-of-a")
        self.assertTrue(self.is_connected(a))
        wait_for(lambda: self.refused(gateway, "client_id") == 1, "that it is counted")
        sleeper = self.device("b", client_id="id-of-b", lasting=True)
        sleeper.subscribe("msgin5g/b/registration")
        sleeper.disconnect()
        self.device("b").publish("msgin5g/b/register")
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_published_total", '{kind="registration"}') == 2, "the registrations")
        thief = self.device("c", client_id="id-of-b", lasting=True)
        thief.publish("msgin5g/c/register")
        thief.subscribe("msgin5g/c/registration")
        self.assertTrue(thief.hear(lambda topic, _, __: topic == "msgin5g/c/registration"))
        self.assertEqual({topic for topic, _, __ in thief.messages}, {"msgin5g/c/registration"})
        self.assertEqual(self.metric(gateway, "msggw_mqtt_received_total", '{kind="status"}'), 1)
        # An answer at a topic of another.
        bad = self.device("c", version=5)
        bad.publish("msgin5g/c/register", properties=b"\x08\x00\x12msgin5g/a/register")
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_refused_total", '{reason="response_topic"}') == 1, "that it is refused")
        gateway.stop()

    def test_all_spellings_of_an_own_private_id_are_its_own(self):
        gateway = self.begin()
        self.add("00-1B-63-84-45-E6", "--alias", "meter-x")
        self.credential("add", "00-1B-63-84-45-E6", "--kind", "password", "--name", "meter", "--secret", "-", stdin="of-meter\n")
        self.until_in("meter")
        for spelling in ("00:1b:63:84:45:e6", "001b638445e6", "meter-x"):
            meter = self.device("meter")
            self.assertEqual(meter.subscribe(f"msgin5g/{spelling}/registration"), 1)
            meter.publish(f"msgin5g/{spelling}/register")
            self.assertTrue(meter.hear(lambda topic, _, body: '"serviceId"' in body, PATIENCE), spelling)
        self.assertEqual(self.device("meter").subscribe("msgin5g/meter/registration"), 0x80)  # its user name is none
        gateway.stop()

    def test_credentials_that_are_not_good(self):
        gateway = self.begin()
        self.until_in("a")
        for user, password in (("a", "of-b"), ("a", ""), ("nobody", "of-a"), ("msggw", "of-a"), ("", ""), ("A", "of-a")):
            self.assertFalse(self.comes_in(user, password=password), user)
        with self.assertRaises(Lost):
            Mqtt(self.broker_port, "anonymous")
        self.credential("add", "b", "--kind", "password", "--name", "late", "--secret", "-", "--not-after", "2020-01-01", stdin="x\n")
        self.credential("add", "b", "--kind", "password", "--name", "early", "--secret", "-", "--not-before", "2099-01-01", stdin="x\n")
        self.credential("add", "b", "--kind", "password", "--name", "now", "--secret", "-", "--not-after", "2099-01-01", stdin="x\n")
        self.until_in("now", password="x")
        self.assertFalse(self.comes_in("late", password="x"))
        self.assertFalse(self.comes_in("early", password="x"))
        wait_for(lambda: self.refused(gateway, "login") >= 9, "that all are counted")
        # Rotated: both, then the new one alone.
        device = self.device("a", client_id="long")
        self.credential("add", "a", "--kind", "password", "--secret", "-", stdin="new\n")
        self.until_in("a", password="new")
        self.assertTrue(self.is_connected(device))
        self.credential("remove", "a", "1", "--last")
        wait_for(lambda: not self.is_connected(device), "the end of what came by the old one")
        self.assertFalse(self.comes_in("a"))
        self.assertTrue(self.comes_in("a", password="new"))
        wait_for(lambda: self.refused(gateway, "ended") >= 1, "that it is counted")
        gateway.stop()

    def test_what_the_gateway_wrote_is_good_without_it_and_written_anew_with_it(self):
        gateway = self.begin()
        self.until_in("c")
        a = self.device("a")
        gateway.kill()
        self.assertTrue(self.comes_in("b"))
        self.assertTrue(self.is_connected(a))
        gateway = self.served()
        self.assertTrue(self.is_connected(a))
        self.assertTrue(self.comes_in("b"))
        self.assertEqual(len(list(self.shared.glob("*.mdb"))), 1)
        self.credential("remove", "b", "2", "--last")
        wait_for(lambda: not self.comes_in("b"), "that it is refused")
        self.running.stop()
        gateway.stop()

    def test_a_gateway_that_ends_tells_first_what_is_gone(self):
        gateway = self.begin()
        for name in "ab":
            self.until_in(name)
        gateway.stop()
        self.shared.chmod(0o2770)  # the gateway writes nothing where others may, and tries again after 1, 2 and 4 s
        gateway = self.gateway(mqtt=True, sections=self.sections())
        wait_for(lambda: "broker_access_failed" in gateway.output(), "that it cannot write")
        self.credential("remove", "b", "2", "--last")
        self.assertTrue(self.comes_in("b"))
        self.shared.chmod(0o2750)
        gateway.stop()
        self.assertNotIn("broker_access_untold", gateway.output())
        self.assertFalse(self.comes_in("b"))
        self.assertTrue(self.comes_in("a"))

    def test_a_gateway_that_cannot_tell_what_is_gone_says_so_and_ends(self):
        gateway = self.begin()
        self.until_in("b")
        gateway.stop()
        self.shared.chmod(0o2770)
        gateway = self.gateway(mqtt=True, sections=self.sections())
        wait_for(lambda: "broker_access_failed" in gateway.output(), "that it cannot write")
        self.credential("remove", "b", "2", "--last")
        begun = time.monotonic()
        gateway.stop()
        self.assertLess(time.monotonic() - begun, 4)  # of the 5 s that it may take
        self.assertIn("broker_access_untold", gateway.output())
        self.shared.chmod(0o2750)
        gateway = self.served()
        self.assertFalse(self.comes_in("b"))
        gateway.stop()

    def test_who_is_connected_is_known_without_a_word_of_the_device(self):
        gateway = self.begin()
        a, b = self.registers("a"), self.registers("b")
        for device, name in ((a, "a"), (b, "b")):
            device.publish(f"msgin5g/{name}/status", "online", retain=True)
        seen = "msggw_broker_devices_connected"
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_devices_online") == 2 and self.metric(gateway, seen) == 2, "both")
        a.close()  # it has no Will
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_devices_online") == 1, "that a is gone")
        gateway.stop()
        gateway = self.served()
        wait_for(lambda: self.metric(gateway, seen) == 1, "that the next gateway is told of b")
        # What is retained of a is all that this one knows of it: it may be somewhere that the plugin does not see.
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_devices_online") == 2, "what is retained")
        # A broker that dies publishes no Wills either.
        self.running.kill()
        wait_for(lambda: self.metric(gateway, "msggw_broker_plugin_connected") == 0, "that the plugin is lost")
        self.running = self.broker(self.lines())
        wait_for(lambda: self.metric(gateway, "msggw_broker_plugin_connected") == 1, "that it is back")
        wait_for(lambda: self.metric(gateway, "msggw_mqtt_devices_online") == 1, "that b is gone")
        gateway.stop()

    def test_a_broker_that_reads_its_settings_anew_has_no_more_devices_by_that(self):
        gateway = self.begin()
        self.until_in("c")
        a = self.device("a")
        sleeper = self.device("b", lasting=True)
        sleeper.subscribe("msgin5g/b/down")
        sleeper.disconnect()
        seen = "msggw_broker_devices_connected"
        wait_for(lambda: self.metric(gateway, seen) == 1, "that a alone is there")
        os.kill(self.running.pid, signal.SIGHUP)
        wait_for(lambda: "Reloading config." in self.running.output(), "the reload")
        c = self.device("c")
        self.assertTrue(self.is_connected(a))
        wait_for(lambda: self.metric(gateway, seen) >= 2, "that c is there")
        a.close()
        c.close()
        wait_for(lambda: self.metric(gateway, seen) == 0, "that nobody is")
        gateway.stop()

    def test_a_broker_that_never_tells_the_time_lets_nobody_in(self):
        self.pf()
        self.running = self.broker("per_listener_settings true\n" + self.lines())
        gateway = self.gateway(mqtt=True, sections=self.sections())
        self.add("a")
        self.credential("add", "a", "--kind", "password", "--secret", "-", stdin="of-a\n")
        wait_for(lambda: not self.comes_in("a") and "per_listener_settings must be false" in self.running.output(), "that the plugin says so")
        self.assertFalse(self.comes_in("a"))
        os.kill(self.running.pid, signal.SIGHUP)  # nor by the question of a broker that asks of all once more
        wait_for(lambda: "Reloading config." in self.running.output(), "the reload")
        for name in ("a", "nobody"):
            self.assertFalse(self.comes_in(name))
        gateway.stop()

    @unittest.skipUnless(os.geteuid() == 0 and BROKERS_USER, "needs root, and the user that Debian's Mosquitto runs as")
    def test_the_brokers_user_reads_what_is_there_and_can_do_nothing_else(self):
        group = pwd.getpwnam("mosquitto").pw_gid
        os.chown(self.shared, 0, group)
        self.shared.chmod(0o2750)
        self.folder.chmod(0o755)
        plugin = shutil.copy(PLUGIN, self.folder / "plugin.so")
        lines = self.lines().replace(str(PLUGIN), str(plugin)) + "user mosquitto\n"
        self.lines = lambda: lines
        gateway = self.begin()
        self.until_in("a")
        seen = "msggw_broker_devices_connected"
        a = self.device("a")
        wait_for(lambda: self.metric(gateway, seen) == 1, "that the plugin is heard")

        def goes(user, group, *command):
            return subprocess.run([str(part) for part in command], user=user, group=group, extra_groups=[], capture_output=True).returncode == 0

        files = sorted(self.shared.iterdir())
        self.assertEqual({path.suffix for path in files}, {"", ".mdb", ".log", ".key", ".sock"})
        for path in files:
            self.assertEqual(path.lstat().st_gid, group, path)
            for command in (("rm", "-f", path), ("mv", path, self.shared / "x"), ("ln", "-sfn", "/etc/passwd", path), ("chmod", "777", path),
                            ("truncate", "-s", "0", path), ("dd", "if=/dev/zero", f"of={path}", "count=1", "conv=notrunc")):
                self.assertFalse(goes("mosquitto", group, *command), command)
            if path.suffix != ".sock":
                self.assertTrue(goes("mosquitto", group, "cat", path), path)
                self.assertFalse(goes("nobody", pwd.getpwnam("nobody").pw_gid, "cat", path), path)
        self.assertFalse(goes("mosquitto", group, "touch", self.shared / "x"))
        # Whatever it locks is in nobody's way.
        locks = "import fcntl, sys, time\nfiles = [open(f) for f in sys.argv[1:]]\nfor f in files: fcntl.flock(f, fcntl.LOCK_EX)\nprint('ready', flush=True)\ntime.sleep(600)"
        readable = [str(path) for path in files if path.suffix in (".mdb", ".log", ".key")]
        self.start(["setpriv", "--reuid", "mosquitto", "--regid", "mosquitto", "--clear-groups", "/usr/bin/python3", "-c", locks, *readable])
        self.credential("remove", "b", "2", "--last")
        wait_for(lambda: not self.comes_in("b"), "that b is refused")
        self.assertTrue(self.is_connected(a))
        # Of what the gateway has open there nothing is a lock, and nothing is to be written to by its group.
        seen = [(path, path.stat().st_mode) for path in self.shared.iterdir() if path.suffix != ".sock"]
        for link in pathlib.Path(f"/proc/{gateway.pid}/fd").iterdir():
            with contextlib.suppress(OSError):  # it is closed by now
                if link.resolve().parent == self.shared.resolve():
                    seen.append((link.resolve(), link.stat().st_mode))
        self.assertGreater(len(seen), len(files) - 1, "of all files, and the list of changes as the gateway has it open")
        for path, mode in seen:
            self.assertFalse(path.name.endswith("-lock"), path)
            self.assertEqual(mode & 0o022, 0, path)
        gateway.stop()

    def test_whoever_guesses_is_not_in_the_way_of_others(self):
        gateway = self.begin()
        self.until_in("a")
        for _ in range(70):
            self.assertFalse(self.comes_in("b", password="guess"))
        wait_for(lambda: self.refused(gateway, "too_many") > 0, "that he is refused untried")
        self.assertTrue(self.comes_in("a"))  # its password is remembered
        gateway.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
