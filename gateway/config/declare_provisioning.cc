// SPDX-License-Identifier: Apache-2.0
// The sections [provisioning...], the gateway's way to the Provisioning Function, and [pf...], the
// function itself.
#include "gateway/config/declare.h"

namespace msggw::config {
namespace {

void declare_wire(OptionTable& table, protocol::WireLimits& wire) {
  table.octets("body_octets", wire.body_octets, 256, 1 << 20, "The largest body.");
  table.octets("private_id_octets", wire.private_id_octets, 8, 255, "The longest Private ID.");
  table.octets("info_octets", wire.info_octets, 0, 1 << 20,
               "The longest information of a request, as compact JSON.");
  table.octets("service_id_octets", wire.service_id_octets, 8, 255, "The longest Service ID.");
  table.number("server_service_ids", wire.server_service_ids, 1, 256,
               "Server Service IDs in one response.");
  table.octets("service_info_octets", wire.service_info_octets, 0, 1 << 20,
               "The longest service information of a response, as compact JSON.");
  table.number("bulk_items", wire.bulk_items, 1, 4'096, "Requests in one bulk request.");
  table.octets("bulk_octets", wire.bulk_octets, 4'096, 64 << 20,
               "The largest body of a bulk request or its answer.");
}

void declare_derived(OptionTable& table, protocol::PlmnAddress& derived) {
  using base::Scheme;
  table.section("provisioning.derived",
                "The parts of the address that is derived from mcc and mnc: "
                "SCHEME://LABEL.mnc<MNC>.mcc<MCC>[.pub].3gppnetwork.org[:PORT][PATH].");
  table.text("label", derived.label, "What stands for the service; DNS labels.");
  table.flag("pub", derived.pub,
             "Writes .pub before 3gppnetwork.org: known to the Internet's DNS.");
  table.choice("scheme", derived.scheme,
               {{"https", Scheme::https},
                {"http", Scheme::http},
                {"coaps", Scheme::coaps},
                {"coap", Scheme::coap},
                {"coaps+tcp", Scheme::coaps_tcp},
                {"coap+tcp", Scheme::coap_tcp}},
               "How it is spoken to.");
  table.number("port", derived.port, 0, 65'535, "0: the one of the scheme.");
  table.optional_text("path", derived.path, "Where the API begins, \"/path\". Empty: at the root.");
}

void declare_http(OptionTable& table, http::ClientOptions& http) {
  table.section("provisioning.http", "The HTTP connections to the Provisioning Function.");
  using http::Version;
  table.choice(
      "version", http.version,
      {{"automatic", Version::automatic}, {"http1", Version::http1}, {"http2", Version::http2}},
      "automatic: for https HTTP/2 if the other side offers it, else HTTP/1.1; for http HTTP/1.1. "
      "http2 "
      "with http means prior knowledge.");
  table.number(
      "max_connections", http.max_connections, 1, 4'096,
      "Connections kept open. With HTTP/1.1 this is also how many requests are in flight at most.");
  table.number("max_streams", http.max_streams, 1, 4'096,
               "With HTTP/2, how many requests are in flight at most.");
  table.time("connect_timeout", http.connect_timeout, 10 * kMillisecond, 5 * kMinute,
             "The longest wait for a connection, TLS included.");
  table.time("request_timeout", http.request_timeout, 10 * kMillisecond, 5 * kMinute,
             "The longest wait for a whole answer, from the moment the request is started.");
  table.octets(
      "max_response_octets", http.max_response_octets, 256, 16 << 20,
      "The largest body of an answer to one request; bulk_octets of [provisioning.wire] to "
      "a bulk request.");
}

void declare_coap(OptionTable& table, client::CoapOptions& coap) {
  table.section("provisioning.coap",
                "Requests over CoAP (coaps, coap, coaps+tcp, coap+tcp) to the Provisioning "
                "Function.");
  table.number("max_in_flight", coap.max_in_flight, 1, 1'024, "Requests in flight at most.");
  table.time("connect_timeout", coap.connect_timeout, 10 * kMillisecond, 5 * kMinute,
             "The longest wait for a session or connection, its handshake included.");
  table.time("request_timeout", coap.request_timeout, 10 * kMillisecond, 5 * kMinute,
             "The longest wait for a whole answer, from the moment the request is started.");
  table.time("ack_timeout", coap.ack_timeout, 10 * kMillisecond, kMinute,
             "The wait before the first retransmission over UDP, ACK_TIMEOUT of RFC 7252; it "
             "doubles with each.");
  table.number("max_retransmit", coap.max_retransmit, 0, 10,
               "Retransmissions over UDP, MAX_RETRANSMIT of RFC 7252.");
  table.flag("message_binding", coap.message_binding,
             "Sends requests as MSGin5G messages to /msgin5g instead of to the resource.");
}

void declare_security(OptionTable& table, client::Options& client) {
  table.section("provisioning.tls",
                "Certificates for https, coaps and coaps+tcp; read again on "
                "SIGHUP.");
  http::ClientTls& tls = client.http.tls;
  table.optional_text(
      "ca", tls.ca,
      "PEM file with the certificates that may sign the Provisioning Function's. Empty: those that "
      "the system trusts.");
  table.optional_text("certificate", tls.certificate,
                      "PEM file with the gateway's own certificate, for mutual TLS. Needs key.");
  table.optional_text("key", tls.key, "PEM file with the private key of that certificate.");
}

void declare_load(OptionTable& table, client::Options& client) {
  table.number("max_queue", client.max_queue, 1, 1'000'000,
               "Devices asked for and not answered yet. Those above wait in the device table, "
               "nothing is lost.");
  table.number("rate", client.rate, 0, 1'000'000,
               "Private IDs asked for per second at most, alone or in bulk requests. 0: no limit.");
  table.number("burst", client.burst, 1, 1'000'000,
               "So many may go at once after a pause, if there is a rate.");
  table.flag("release", client.release,
             "Whether the Provisioning Function is asked (DELETE) to release the Service ID of a "
             "removed device. false: it knows no such thing, and the device is forgotten here "
             "alone.");
  table.number("bulk_most", client.bulk_most, 1, 4'096,
               "Private IDs in one request while many wait, over https and http. 1: no bulk "
               "requests.");
  table.number("bulk_in_flight", client.bulk_in_flight, 1, 64,
               "When so many requests are under way, those that wait gather for one bulk request.");
  table.time("bulk_retry", client.bulk_retry, kSecond, 24 * kHour,
             "An address that turned out to take no bulk requests is tried with one again after "
             "this.");
  table.number(
      "breaker_failures", client.breaker_failures, 1, 1'000,
      "After so many failures in a row only one probe at a time is sent until one succeeds.");
  table.time("probe_first", client.probe_first, kMillisecond, kHour,
             "Ceiling of the random wait between probes at first. It doubles with each failure.");
  table.time("probe_most", client.probe_most, kMillisecond, kHour,
             "The most that the ceiling grows to. Below one second, waiting devices are served "
             "within a second of "
             "the Provisioning Function coming back.");
  table.time("retry_after_most", client.retry_after_most, 0 * kMillisecond, 24 * kHour,
             "A longer Retry-After of the Provisioning Function is cut to this.");
}

void declare_policy(OptionTable& table, function::DefaultGrant& policy) {
  table.section(
      "pf.policy",
      "How Service IDs are made and what is told with them, unless the policy_file of [pf] "
      "says otherwise.");
  table.text(
      "service_id_template", policy.service_id_template,
      "New Service IDs. {id} is required and becomes 20 random lower-case letters and digits; "
      "{type} becomes "
      "ue, as, l3g or n3g by the type of endpoint. Service IDs given out before stay as they are.");
  table.list("server_service_ids", policy.server_service_ids, 256,
             "Service IDs of the MSGin5G Servers that an endpoint may use, the one to use first in "
             "front; at least one.");
  table.number("servers_told", policy.servers_told, 0, 256,
               "How many of them a response names. 0: all.");
  table.octets("segment_size", policy.segment_size, 0, 16 << 20,
               "Told in the service information as segmentSize: the largest piece of a message. 0: "
               "not told. A segmentSize in service_info takes the place of the default.");
  table.optional_text(
      "service_info", policy.service_info,
      "Service information for every response, a JSON object. Empty: the segment size "
      "alone.");
  table.time("lifetime", policy.lifetime, 0 * kMillisecond, 3'650 * 24 * kHour,
             "For how long servers and service information are good. Then the endpoint, or the "
             "gateway for it, asks again; its Service ID stays the same. 0s: for ever.");
}

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

void declare_provisioning(OptionTable& table, Config& config) {
  client::Options& client = config.provisioning;
  table.section(
      "provisioning",
      "Where and how the gateway obtains Service IDs. Either uris or mcc and mnc must be given.");
  table.parsed_list(
      "uris", client.uris, 16, protocol::parse_api_root,
      "API roots of the Provisioning Function, tried in this order: "
      "[\"https://pf.example\", \"coaps://pf.example\"]. The path "
      "/msgin5g-provisioning/v1/provisionings is appended. The first that answers serves.");
  table.optional_text(
      "mcc", client.derived.mcc,
      "Mobile country code, three digits. With mnc the address is derived when uris is empty: "
      "https://msgin5g-prov.mnc<MNC>.mcc<MCC>.3gppnetwork.org.");
  table.optional_text("mnc", client.derived.mnc,
                      "Mobile network code, two or three digits; two are padded with a zero.");
  table.flag("allow_cleartext", config.provisioning_allow_cleartext,
             "Allows http://, coap:// and coap+tcp:// to a Provisioning Function that is not on "
             "this machine. "
             "Private IDs, Service IDs and the token then cross the network for everybody to "
             "read.");
  table.optional_secret(
      "token", client.token, Text::kMostOctets,
      "Bearer token sent with every request over https and http. Empty: none. Keep "
      "this file readable "
      "to the gateway alone.");
  table.optional_text("psk_identity", client.psk_identity,
                      "Who the gateway is over coaps and coaps+tcp, with psk_key or psk_key_file. "
                      "Empty: certificates "
                      "are used, [provisioning.tls].");
  table.optional_secret(
      "psk_key", client.psk_key, Text::kMostOctets,
      "The pre-shared key of that identity. Keep this file readable to the gateway "
      "alone.");
  table.optional_text("psk_key_file", client.psk_key_file,
                      "File that holds the key instead; a line feed at its end does not count. "
                      "Read again on SIGHUP.");
  using protocol::Encoding;
  table.choice("encoding", client.encoding, {{"json", Encoding::json}, {"cbor", Encoding::cbor}},
               "How requests are written.");
  using core::Renewal;
  table.choice("renewal", config.limits.renewal,
               {{"keep", Renewal::keep}, {"ask_again", Renewal::ask_again}},
               "What happens when the lifetime of an answer has passed. keep: nothing. ask_again: "
               "when the device next shows itself it is asked for in the background, and servers "
               "and service information are brought up to date. The Service ID stays in any case.");
  declare_load(table, client);
  declare_derived(table, client.derived);
  declare_http(table, client.http);
  declare_coap(table, client.coap);
  declare_security(table, client);
  table.section("provisioning.wire",
                "The largest elements that the gateway takes from the Provisioning Function and "
                "sends to it.");
  declare_wire(table, client.wire);
}

void declare_function(OptionTable& table, Config& config) {
  function::Options& pf = config.pf;
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
