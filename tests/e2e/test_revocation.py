# SPDX-License-Identifier: Apache-2.0
"""Certificates that are revoked, with CAs and CRLs that openssl makes: devices over DTLS and TLS with libcoap's client, and both ways
between gateway and Provisioning Function."""
import os
import pathlib
import re
import signal
import subprocess
import unittest

from harness import BIN, PATIENCE, Case, free_port, wait_for

CONFIGURATION = """
[ca]
default_ca = it
[it]
dir = {folder}
database = $dir/index.txt
serial = $dir/serial
crlnumber = $dir/crlnumber
new_certs_dir = $dir
certificate = $dir/{name}.crt
private_key = $dir/{name}.key
default_md = sha256
default_days = {days}
default_crl_days = 30
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = none
[none]
"""


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode:
        raise AssertionError(done.stderr)


class Authority:
    """A CA as `openssl ca` keeps it."""

    def __init__(self, folder, name="ca", days=60):
        folder.mkdir()
        self.folder, self.name = folder, name
        self.conf = folder / "openssl.cnf"
        self.conf.write_text(CONFIGURATION.format(folder=folder, name=name, days=days))
        (folder / "index.txt").write_text("")
        (folder / "serial").write_text("1000\n")
        (folder / "crlnumber").write_text("1000\n")
        self._key("req", "-x509", "-days", days, "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE",
                  "-addext", "keyUsage=keyCertSign,cRLSign", "-keyout", folder / f"{name}.key", "-out", self.ca)
        self.crl = folder / "crl.pem"
        self.publish()

    @property
    def ca(self):
        return self.folder / f"{self.name}.crt"

    def _key(self, command, *arguments):
        openssl(command, "-config", self.conf, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *arguments)

    def certificate(self, name, names="", days=60):
        """(certificate, key)"""
        key, request, out = (self.folder / f"{name}.{end}" for end in ("key", "csr", "crt"))
        self._key("req", "-subj", f"/CN={name}", "-addext", f"subjectAltName={names or 'DNS:' + name}", "-keyout", key, "-out", request)
        openssl("ca", "-batch", "-notext", "-config", self.conf, "-days", days, "-in", request, "-out", out)
        return out, key

    def revoke(self, name):
        openssl("ca", "-config", self.conf, "-revoke", self.folder / f"{name}.crt")

    def publish(self, *times):
        """As one does it: whole, or not at all."""
        openssl("ca", "-config", self.conf, "-gencrl", *times, "-out", self.folder / "new.pem")
        os.replace(self.folder / "new.pem", self.crl)

    def publish_expired(self):
        self.publish("-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200201000000Z")


class Revocation(Case):
    def hang_up(self, process):
        before = process.output().count("restart_needed")  # nothing of it, but the lines are read
        self.assertEqual(before, 0)
        os.kill(process.pid, signal.SIGHUP)

    def start_secure(self):
        self.devices = Authority(self.folder / "devices")
        own = self.devices.certificate("gateway", "IP:127.0.0.1,DNS:localhost")
        self.secure_port = free_port()
        self.pf()
        self.sections = {"coap.secure": {"udp": True, "tcp": True, "port": self.secure_port, "certificate": str(own[0]),
                                         "key": str(own[1]), "client_ca": str(self.devices.ca), "crl": str(self.devices.crl)}}
        self.running = self.gateway(sections=self.sections)
        for name in ("meter-a", "meter-b"):
            self.devices.certificate(name)
            self.msggw("devices", "add", name)
            self.msggw("devices", "credential", "add", name, "--kind", "certificate", "--name", name)

    def msggw(self, *arguments, code=0):
        place = () if arguments[0] == "check" else ("--dir", self.folder / "gateway")
        done = subprocess.run([BIN / "msggw", *map(str, arguments), *place], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def ask(self, name, *more, scheme="coaps", method="post", path=None):
        """The code of the answer; None: there was none."""
        at = self.devices.folder
        done = subprocess.run(["coap-client-openssl", "-v", "6", "-B", "3", "-c", at / f"{name}.crt", "-j", at / f"{name}.key", "-C",
                               self.devices.ca, "-m", method, *more,
                               f"{scheme}://127.0.0.1:{self.secure_port}/{path or 'rd?ep=' + name}"],
                              capture_output=True, text=True, timeout=PATIENCE)
        codes = [code for code in re.findall(r"c:(\d\.\d\d)", done.stdout + done.stderr) if not code.startswith("7.")]
        return codes[-1] if codes else None

    def session(self, version):
        """One of meter-a that is open, and in which nothing is asked."""
        at = self.devices.folder
        process = subprocess.Popen(["openssl", "s_client", version, "-connect", f"127.0.0.1:{self.secure_port}", "-CAfile",
                                    self.devices.ca, "-cert", at / "meter-a.crt", "-key", at / "meter-a.key"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for end in (process.wait, process.stdout.close, process.stdin.close, process.kill):
            self.addCleanup(end)
        while b"Verify return code" not in process.stdout.readline():
            self.assertIsNone(process.poll())
        process.stdin.write(b"\x00\xe1" if "dtls" not in version else b"")  # over TLS a CSM (RFC 8323 5.3)
        process.stdin.flush()
        return process

    def failed(self, reason):
        return self.metric(self.running, "msggw_coap_handshakes_failed_total", f'{{reason="{reason}"}}')

    def test_a_device_that_is_revoked_loses_its_session_and_gets_no_other(self):
        self.start_secure()
        for scheme in ("coaps", "coaps+tcp"):
            self.assertEqual([self.ask(name, scheme=scheme) for name in ("meter-a", "meter-b")], ["2.01", "2.01"])
        before = self.metric(self.running, "msggw_coap_sessions")
        open_ones = [self.session("-tls1_3"), self.session("-dtls1_2")]
        wait_for(lambda: self.metric(self.running, "msggw_coap_sessions") == before + 2, "the sessions")
        self.devices.revoke("meter-a")
        self.devices.publish()
        self.assertEqual(self.ask("meter-b"), "2.01")  # not read yet
        self.hang_up(self.running)
        wait_for(lambda: self.metric(self.running, "msggw_coap_sessions_revoked_total") == 2, "the end of the sessions")
        wait_for(lambda: open_ones[0].poll() is not None, "the end of the TLS connection")
        for scheme in ("coaps", "coaps+tcp"):
            self.assertIsNone(self.ask("meter-a", scheme=scheme))
            self.assertEqual(self.ask("meter-b", scheme=scheme), "2.01")
        self.assertGreaterEqual(self.failed("revoked"), 2)
        self.assertIn("coap_session_revoked", self.running.output())
        self.assertRegex(self.running.output(), r"coap_handshake_failed .*reason=revoked")
        self.running.stop()

    def test_an_expired_crl_keeps_all_out_until_there_is_a_newer_one(self):
        self.start_secure()
        self.devices.publish_expired()
        config = self.folder / "gateway.toml"
        said = self.msggw("check", "-c", config, code=2)
        self.assertIn(f"[coap.secure] crl: {self.devices.crl}: the CRL of CN=ca has expired on 2020-02-01", said)
        self.hang_up(self.running)
        wait_for(lambda: "reload_refused" in self.running.output(), "that the older one stays")
        self.assertEqual(self.ask("meter-b"), "2.01")
        self.running.stop()
        self.running = self.gateway(sections=self.sections)  # which has nothing better
        wait_for(lambda: "certificate_ended" in self.running.output(), "the event of the CRL")
        self.assertIsNone(self.ask("meter-b"))
        self.assertGreaterEqual(self.failed("crl_expired"), 1)
        self.assertRegex(self.running.output(), r"coap_handshake_failed .*reason=crl_expired")
        self.devices.crl.write_text("half a CRL")
        self.hang_up(self.running)
        wait_for(lambda: "reload_refused" in self.running.output(), "that it cannot be used")
        self.devices.publish()
        self.hang_up(self.running)
        wait_for(lambda: self.ask("meter-b") == "2.01", "meter-b is let in")
        self.running.stop()

    def test_gateway_and_provisioning_function_refuse_each_other(self):
        ca = Authority(self.folder / "pki")
        pf_own = ca.certificate("pf", "IP:127.0.0.1")
        gateway_own = ca.certificate("gw-1", days=20)
        tls_port = free_port()
        pf = self.pf(tls_port=tls_port, sections={"pf.tls": {"certificate": str(pf_own[0]), "key": str(pf_own[1]), "client_ca": str(ca.ca),
                                                             "crl": str(ca.crl)}})
        sections = {"provisioning": {"uris": [f"https://127.0.0.1:{tls_port}"]},
                    "provisioning.tls": {"ca": str(ca.ca), "crl": str(ca.crl), "certificate": str(gateway_own[0]),
                                         "key": str(gateway_own[1])}}
        gateway = self.gateway(sections=sections)
        self.assertRegex(gateway.output(), r'certificate_ends_soon file=\S+gw-1.crt use=certificate subject="CN=gw-1" .* days=19')
        self.assertIn(f"warning: [provisioning.tls] certificate: {gateway_own[0]}: that of CN=gw-1 ends in 19 days, on ",
                      self.msggw("check", "-c", self.folder / "gateway.toml"))
        self.assertGreater(self.metric(gateway, "msggw_certificate_expiry_timestamp_seconds",
                                       f'{{file="{gateway_own[0]}",use="certificate"}}'), 1.7e9)
        self.msggw("devices", "add", "meter-1")
        wait_for(lambda: self.rows()["meter-1"].get("serviceId"), "the Service ID")
        ca.revoke("gw-1")
        ca.publish()
        self.hang_up(pf)  # the gateway's connection is open
        wait_for(lambda: re.search(r"http_connection_ended .*revoked", pf.output()), "the end of the gateway's connection")
        self.msggw("devices", "add", "meter-2")
        wait_for(lambda: re.search(r"http_tls_refused .*revoked", pf.output()), "the refusal of the gateway")
        wait_for(lambda: re.search(r"pf_unavailable .*revoked", gateway.output()), "that the gateway is told why")
        gateway.stop()

        ca.revoke("pf")
        ca.publish()
        sections["provisioning.tls"].update(crl=str(ca.crl), certificate="", key="")
        gateway = self.gateway(sections=sections)
        wait_for(lambda: re.search(r"pf_unavailable .*the peer's certificate, or a CA above it, is revoked", gateway.output()),
                 "the refusal of the Provisioning Function")
        gateway.stop()
        pf.stop()


if __name__ == "__main__":
    unittest.main()
