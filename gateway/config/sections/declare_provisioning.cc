// SPDX-License-Identifier: Apache-2.0
// The sections [provisioning...], the gateway's way to the Provisioning Function.
#include "gateway/config/sections/declare.h"

namespace msggw::config {

using config_language::OptionTable;

namespace {

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
      "token", client.token, config_language::Text::kMostOctets,
      "Bearer token sent with every request over https and http. Empty: none. Keep "
      "this file readable "
      "to the gateway alone.");
  table.optional_text("psk_identity", client.psk_identity,
                      "Who the gateway is over coaps and coaps+tcp, with psk_key or psk_key_file. "
                      "Empty: certificates "
                      "are used, [provisioning.tls].");
  table.optional_secret(
      "psk_key", client.psk_key, config_language::Text::kMostOctets,
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

}  // namespace msggw::config
