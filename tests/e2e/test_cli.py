# SPDX-License-Identifier: Apache-2.0
"""The command line as an operator uses it: check, provision, devices, and what each says when something is wrong."""
import http.server
import json
import socket
import subprocess
import threading
import unittest

from harness import BIN, PATIENCE, Case, Coap, answers, free_port, wait_for


def msggw(*arguments):
    done = subprocess.run([BIN / "msggw", *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


class CommandLine(Case):
    def provision(self, *more, kind="ue", private_id="imei:490154203237518", port=None):
        return msggw("provision", "--type", kind, "--private-id", private_id, "--pf",
                     f"http://127.0.0.1:{port or self.pf_port}", *more)

    def test_provision(self):
        self.pf()
        code, out, err = self.provision("--info", "deviceType=meter", "--json")
        self.assertEqual((code, err), (0, ""))
        first = json.loads(out)
        self.assertTrue(first["serviceId"])
        self.assertTrue(first["serverServiceIds"])
        for kind in ("as", "legacy", "non3gpp"):  # one Private ID, one Service ID, whoever asks
            code, out, _ = self.provision("--json", kind=kind, private_id="490154203237518")
            self.assertEqual((code, json.loads(out)["serviceId"]), (0, first["serviceId"]))
        code, out, _ = self.provision()
        self.assertEqual(code, 0)
        self.assertIn(first["serviceId"], out)

    def test_a_name_that_begins_like_an_address_is_looked_up_and_its_port_is_used(self):
        for scheme in ("coap", "coap+tcp", "http"):
            root = f"{scheme}://127.9.9.9.invalid:48483"
            asked = ["provision", "--type", "ue", "--private-id", "x", "--pf", root]
            with self.subTest(root):
                self.assertEqual(msggw(*asked)[0], 2, "in cleartext over the network")
                code, _, err = msggw(*asked, "--allow-cleartext")
                self.assertEqual(code, 4)
                self.assertIn(root, err)
                self.assertRegex(err, "no address|resolve")

    def test_provision_says_what_made_an_answer_useless(self):
        class Babbler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Babbler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            code, out, err = self.provision("--json", port=server.server_address[1])
            server.shutdown()
        self.assertNotEqual(code, 0)
        self.assertEqual(json.loads(out)["detail"], 'a success with content type "text/html"', err)

    def test_provision_says_by_its_exit_code_what_went_wrong(self):
        code, _, err = self.provision(port=free_port())
        self.assertEqual(code, 4, err)
        self.assertIn("127.0.0.1", err)
        self.assertEqual(self.provision(kind="toaster")[0], 2)
        self.assertEqual(msggw("provision", "--type", "ue", "--private-id", "x", "--pf", "ftp://h")[0], 2)
        self.pf()
        secret = msggw("provision", "--type", "ue", "--private-id", "x", "--pf", "http://user:geheim@127.0.0.1")
        self.assertEqual(secret[0], 2)
        self.assertNotIn("geheim", secret[1] + secret[2])
        code, _, err = self.provision(private_id="x" * 300)
        self.assertEqual(code, 3, err)
        self.assertIn("MANDATORY_IE_INCORRECT", err)

    def test_check_names_file_line_and_key(self):
        good = self.folder / "good.toml"
        good.write_text('[provisioning]\nuris = ["http://127.0.0.1:7480"]\n')
        code, out, err = msggw("check", "-c", good)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("http://127.0.0.1:7480", out)
        derived = self.folder / "derived.toml"
        derived.write_text('[provisioning]\nmcc = "262"\nmnc = "01"\n')
        self.assertIn("https://msgin5g-prov.mnc001.mcc262.3gppnetwork.org", msggw("check", "-c", derived)[1])
        bad = self.folder / "bad.toml"
        bad.write_text('[provisioning]\nuris = ["http://127.0.0.1:7480"]\n[coap]\nprot = 5683\nport = "many"\n')
        code, _, err = msggw("check", "-c", bad)
        self.assertEqual(code, 2)
        self.assertIn(f"{bad}:4: [coap] prot", err)
        self.assertIn("port", err)
        self.assertIn(f"{bad}:5: [coap] port", err)
        self.assertEqual(msggw("run", "-c", bad)[0], 2)
        self.assertEqual(msggw("run", "-c", self.folder / "absent.toml")[0], 2)

    def test_check_says_who_gave_a_value_and_which_ports_are_taken(self):
        file = self.folder / "file"
        file.write_text("")
        good = self.folder / "good.toml"
        good.write_text(f'[gateway]\nfolder = "{self.folder / "new"}"\n[coap]\naddress = "127.0.0.1"\n'
                        '[provisioning]\nuris = ["http://127.0.0.1:7480"]\n')
        code, _, err = msggw("check", "-c", good, "-s", f"gateway.folder={file}/below")
        self.assertEqual(code, 2)
        self.assertTrue(err.startswith("command line: [gateway] folder: "), err)
        off = ["-s", "coap.enabled=false", "-s", "mqtt.enabled=false"]
        self.assertIn("\nwarning: no device can reach this gateway", msggw("check", "-c", good, *off)[1])
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            for taken in (tcp, udp):
                taken.bind(("127.0.0.1", 0))
            tcp.listen()
            port, coap_port = (taken.getsockname()[1] for taken in (tcp, udp))
            gateway = ["-c", good, "-s", f"admin.port={port}", "-s", "mqtt.enabled=false"]
            code, out, _ = msggw("check", *gateway, "-s", f"coap.port={coap_port}")
            self.assertEqual(code, 0)
            self.assertIn(f"\nwarning: taken now: [coap] port {coap_port}, [admin] port {port}. ", out)
            code, _, err = msggw("run", *gateway, "-s", "coap.port=0")
            self.assertEqual(code, 1)
            self.assertIn("another process serves it: stop that one or set another admin.port", err)
            pf = ["-s", f"pf.folder={self.folder / 'pf'}", "-s", f"pf.port={port}", "-s", "pf.admin_port=0",
                  "-s", "pf.coap.enabled=false"]
            code, out, _ = msggw("check", "--pf", *pf)  # without a file, as msggw pf runs
            self.assertEqual(code, 0)
            self.assertTrue(out.startswith("defaults: good\n"), out)
            self.assertIn(f"\nwarning: taken now: [pf] port {port}. ", out)
            code, _, err = msggw("pf", *pf)
            self.assertEqual(code, 1)
            self.assertIn("set another pf.port", err)

    def test_devices_beside_a_running_gateway(self):
        self.pf()
        self.gateway()
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        service_id = coap.register("00-1B-63-84-45-E6")["serviceId"]
        folder = self.folder / "gateway"
        code, out, _ = msggw("devices", "list", "--dir", folder)
        self.assertEqual(code, 0)
        self.assertIn("001b638445e6", out)
        self.assertIn(service_id, out)
        code, out, _ = msggw("devices", "show", "00:1b:63:84:45:e6", "--dir", folder, "--json")
        self.assertEqual((code, json.loads(out)["serviceId"]), (0, service_id))
        self.assertEqual(msggw("devices", "list", "--state", "refused", "--json", "--dir", folder)[:2], (0, ""))
        self.assertEqual(msggw("devices", "show", "nobody", "--dir", folder)[0], 1)
        code, _, err = msggw("devices", "list", "--dir", self.folder / "nowhere")
        self.assertNotEqual(code, 0)
        self.assertIn("nowhere", err)

    def test_what_cannot_be_printed_is_a_failure(self):
        self.pf()
        self.gateway()
        folder = self.folder / "gateway"
        coap = Coap(self.coap_port)
        self.addCleanup(coap.close)
        coap.register("00-1B-63-84-45-E6")
        good, bad = self.folder / "good.toml", self.folder / "bad.csv"
        good.write_text("")
        bad.write_text("private_id,type\nmeter-1,toaster\n")
        pf = f"http://127.0.0.1:{self.pf_port}"
        for code, *arguments in (
                (1, "msggw", "--help"), (1, "msggw", "--version"), (1, "msggw", "run", "--help"),
                (1, "msggw", "check", "--defaults"), (1, "msggw", "check", "--pf", "-c", good),
                (1, "msggw", "check", "-c", self.folder / "gateway.toml", "-s", f"gateway.folder={self.folder / 'new'}"),
                (1, "msggw", "pf", "--explain", "meter-42"), (1, "msggw", "pf", "--explain", "meter-42", "--json"),
                (1, "msggw", "provision", "--type", "ue", "--private-id", "x", "--pf", pf),
                (1, "msggw", "devices", "list", "--dir", folder), (1, "msggw", "devices", "list", "--json", "--dir", folder),
                (1, "msggw", "devices", "show", "001b638445e6", "--dir", folder),
                (1, "msggw", "devices", "add", "meter-1", "--dir", folder),
                *((1, "msggw", "devices", operation, "001b638445e6", "--dir", folder)
                  for operation in ("suspend", "resume", "reprovision", "remove")),
                (1, "msggw", "devices", "import", bad, "--dir", folder), (1, "msggw", "status", "--dir", folder),
                (2, "msggw-sim", "--help"),
                (2, "msggw-sim", "fleet", "--coap", f"127.0.0.1:{self.coap_port}", "--devices", "1", "--json")):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                done = subprocess.run([BIN / arguments[0], *map(str, arguments[1:])], stdout=full, stderr=subprocess.PIPE,
                                      text=True, timeout=PATIENCE)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn("standard output cannot be written", done.stderr)
        code, _, err = msggw("devices", "import", bad, "--errors", "/dev/full", "--dir", folder)
        self.assertEqual(code, 1)
        self.assertIn("cannot write /dev/full", err)

    def test_a_gateway_whose_output_cannot_be_written_says_so_at_its_end(self):
        self.gateway().stop()  # its configuration stays
        self.ends_without_output([BIN / "msggw", "run", "-c", self.folder / "gateway.toml"], self.folder / "gateway")

    def test_check_and_the_start_say_what_is_exposed(self):
        token, rules = self.folder / "token", self.folder / "rules.toml"
        token.write_text("sixteen-letters-or-more")
        token.chmod(0o644)
        rules.write_text("")
        rules.chmod(0o606)
        pf = self.pf(policy_file=str(rules))
        gateway = self.gateway(sections={"provisioning": {"token_file": str(token)}})
        gateway.stop()
        pf.stop()
        for process, what, *check in ((gateway, f"{token} is readable by every user", "-c", self.folder / "gateway.toml"),
                                      (pf, f"{rules} is writable by every user", "--pf", "-c", self.folder / "pf.toml")):
            with self.subTest(what):
                self.assertTrue(any(" exposed " in line and what in line for line in process.lines), process.output())
                self.assertIn(f"\nwarning: {what}", msggw("check", *check)[1])
        token.chmod(0o600)
        self.assertNotIn("warning", msggw("check", "-c", self.folder / "gateway.toml")[1])

    def test_a_closed_output_takes_nothing_into_the_store(self):
        folder = self.folder / "pf"
        started = subprocess.Popen(
            ["/bin/sh", "-c", 'exec "$0" "$@" <&- >&-', BIN / "msggw", "pf", "-s", f"pf.folder={folder}", "-s",
             f"pf.port={self.pf_port}", "-s", "pf.coap.enabled=false", "-s", "pf.admin_port=0"], stderr=subprocess.PIPE, text=True)
        self.addCleanup(started.kill)
        wait_for(lambda: answers(f"http://127.0.0.1:{self.pf_port}"), "an answer")
        self.assertIn("pf_ready", started.stderr.readline())
        started.terminate()
        self.assertIn("standard output cannot be written", started.communicate(timeout=PATIENCE)[1])
        self.assertEqual(started.returncode, 1)
        for file in folder.iterdir():
            self.assertNotIn(b"Provisioning Function", file.read_bytes(), file)

    def test_a_second_gateway_on_the_same_folder_or_port_is_refused(self):
        self.pf()
        self.gateway()
        second = self.gateway(ready=False)
        self.assertEqual(second.wait(), 1)
        self.assertIn(str(self.folder / "gateway"), second.output())
        third = self.gateway(ready=False, sections={"gateway": {"folder": str(self.folder / "other")}})
        self.assertEqual(third.wait(), 1)
        self.assertIn(str(self.coap_port), third.output())

    def test_the_defaults_are_a_good_configuration(self):
        code, out, _ = msggw("check", "--defaults")
        self.assertEqual(code, 0)
        whole = self.folder / "whole.toml"
        whole.write_text(out)
        self.assertEqual(msggw("check", "-c", whole, "-s", "provisioning.uris=[\"http://127.0.0.1:7480\"]")[::2], (0, ""))

    def test_help_and_version(self):
        for arguments in (["--help"], ["--version"], *([c, "--help"] for c in ("demo", "run", "pf", "check", "provision"))):
            code, out, err = msggw(*arguments)
            self.assertEqual((code, err), (0, ""))
            self.assertTrue(out)
        self.assertEqual(msggw("frobnicate")[0], 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
