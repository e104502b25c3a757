// SPDX-License-Identifier: Apache-2.0
// The sections [pf...], but for [pf.policy].
#include "gateway/config/sections/declare.h"

namespace msggw::config {

using config_language::OptionTable;

namespace {

void declare_coap(OptionTable& table, function::CoapOptions& coap) {
  table.section(
      "pf.coap",
      "The Provisioning Function over CoAP. Each port is opened twice, for UDP and for TCP.");
  table.flag("enabled", coap.enabled, "Whether there is CoAP at all.");
  table.number("coap_port", coap.coap_port, 0, 65'535,
               "Port for cleartext: coap:// on UDP, coap+tcp:// on TCP. As with HTTP, opened on an "
               "address that other machines can reach only with allow_cleartext. 0 takes any free "
               "ones.");
  table.number(
      "coaps_port", coap.coaps_port, 0, 65'535,
      "Port for coaps:// (DTLS on UDP) and coaps+tcp:// (TLS on TCP), opened if [pf.tls] "
      "names a certificate or a gateway of gateways_file has a PSK. 0 takes any free ones.");
  table.number("max_idle_peers", coap.max_idle_peers, 1, 100'000,
               "Peers of coap:// remembered without an open request. All are looked through for "
               "each batch of datagrams.");
  table.number("max_idle_sessions", coap.max_idle_sessions, 1, 1'000'000,
               "DTLS sessions kept without an open request, about 46 kB each. A gateway whose "
               "session is gone makes another handshake.");
  table.time("session_timeout", coap.session_timeout, kSecond, 24 * kHour,
             "Sessions of DTLS, TCP and TLS that are silent for so long are closed.");
  table.number("max_remembered_answers", coap.max_remembered_answers, 16, 10'000'000,
               "Answers that a repeated request gets again, of each listener.");
  table.number("max_partial_bodies", coap.max_partial_bodies, 1, 1'000'000,
               "Request bodies that arrive block by block, of each listener. Above this the one "
               "that waited longest is given up.");
  table.time("piggyback_within", coap.piggyback_within, kMillisecond, 2 * kSecond,
             "An answer that takes longer is sent as a message of its own after an empty "
             "acknowledgement.");
  table.octets("receive_buffer_octets", coap.receive_buffer_octets, 4'096, 1 << 30,
               "Receive buffer asked of the system for each UDP socket.");
}

void declare_test(OptionTable& table, tester::Options& test) {
  table.section("pf.test",
                "A tester's controls of the Provisioning Function: journal, faults on request "
                "(docs/tester.md). Whoever reaches the listener can break it at will.");
  table.flag("enabled", test.enabled, "Opens the listener and keeps the journal.");
  table.numeric("address", test.address, "Address to listen on, numeric.");
  table.number("port", test.port, 0, 65'535, "TCP port. 0 takes any free one.");
  table.number(
      "journal_entries", test.journal_entries, 1, 100'000'000,
      "Private IDs asked for that the journal keeps; the oldest give way. About 300 octets "
      "of memory each.");
  table.optional_text("scenario", test.scenario,
                      "JSON file with faults from the start on. Empty: none.");
}

}  // namespace

void declare_function(OptionTable& table, function::Options& pf) {
  table.section(
      "pf",
      "The bundled Provisioning Function, started by `msggw pf`. The gateway does not read this.");
  table.text("folder", pf.folder,
             "Holds the assignments (an LMDB environment), made with mode 0700 if it is missing. "
             "Whoever loses it "
             "loses every Service ID given out.");
  table.flag("volatile_store", pf.volatile_store,
             "Keeps nothing on disk: every start begins with no Service IDs. For tests.");
  table.numeric("address", pf.address, "Address to listen on, numeric.");
  table.number("port", pf.port, 0, 65'535,
               "TCP port for cleartext HTTP/1.1 and HTTP/2. 0 takes any free one.");
  table.number("tls_port", pf.tls_port, 0, 65'535,
               "TCP port for TLS, used if [pf.tls] names a certificate.");
  table.number(
      "admin_port", pf.admin_port, 0, 65'535,
      "TCP port of the operator's listener of `msggw pf` on 127.0.0.1: /metrics, /healthz and "
      "/readyz; 0: none.");
  table.flag("allow_cleartext", pf.allow_cleartext,
             "Opens the cleartext port also on an address that other machines can reach. Without "
             "it such an address "
             "has the TLS port alone.");
  table.number("max_connections", pf.max_connections, 1, 1'000'000,
               "Open connections of each listener.");
  table.number("max_assignments", pf.max_assignments, 1, 1'000'000'000,
               "Private IDs that may have a Service ID. Above this new ones are answered 403 "
               "QUOTA_EXCEEDED. Memory is "
               "about 120 octets each.");
  table.number("max_unanswered", pf.max_unanswered, 1, 10'000'000,
               "Requests that wait until their assignment is on disk. Above this the answer is 503 "
               "NF_CONGESTION.");
  table.optional_text(
      "policy_file", pf.policy_file,
      "TOML file with rules: who is refused, whose Service IDs look how, quotas, servers by "
      "weight, "
      "service information (docs/policy.md). Read again on SIGHUP. Empty: [pf.policy] for all.");
  table.optional_text(
      "gateways_file", pf.gateways_file,
      "TOML file with the gateways that may ask: certificate names, tokens, PSK identities with "
      "their keys, and what each may ask for (docs/gateways.md). Keep it readable to the "
      "Provisioning Function alone. Read again on SIGHUP. Empty: nobody is told apart.");
  table.flag("require_known_gateway", pf.require_known_gateway,
             "Answers 401 to everybody who is not one of the gateways of gateways_file.");
  table.text("service_id", pf.service_id,
             "The MSGin5G Service ID of the Provisioning Function itself, as the sender of its "
             "answers to MSGin5G messages.");
  table.section("pf.tls", "Certificates of the TLS ports, of HTTP and of CoAP (DTLS too).");
  table.optional_text(
      "certificate", pf.tls.certificate,
      "PEM file with the certificate chain, the server's own first. Empty: no TLS port.");
  table.optional_text("key", pf.tls.key, "PEM file with the private key of that certificate.");
  table.optional_text(
      "client_ca", pf.tls.client_ca,
      "PEM file with the certificates that may sign a client's. Naming it makes TLS mutual.");
  declare_coap(table, pf.coap);
  declare_policy(table, pf.policy);
  table.section("pf.wire", "The largest elements that the Provisioning Function takes and sends.");
  declare_wire(table, pf.wire);
  declare_test(table, pf.test);
}

}  // namespace msggw::config
