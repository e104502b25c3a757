// SPDX-License-Identifier: Apache-2.0
// The sections [provisioning...], the gateway's way to the Provisioning Function.
#include "gateway/config/sections/declare.h"

namespace msggw::config {

using config_language::OptionTable;

namespace {

void declare_derived(OptionTable& table, protocol::PlmnAddress& derived) {
  using base::Scheme;
  table.section("provisioning.derived");
  table.taken(When::live);
  table.text("label", derived.label);
  table.flag("pub", derived.pub);
  table.choice("scheme", derived.scheme,
               {{"https", Scheme::https},
                {"http", Scheme::http},
                {"coaps", Scheme::coaps},
                {"coap", Scheme::coap},
                {"coaps+tcp", Scheme::coaps_tcp},
                {"coap+tcp", Scheme::coap_tcp}});
  table.number("port", derived.port, 0, 65'535);
  table.optional_text("path", derived.path);
}

void declare_http(OptionTable& table, http::ClientOptions& http) {
  table.section("provisioning.http");
  table.taken(When::live);
  using http::Version;
  table.choice(
      "version", http.version,
      {{"automatic", Version::automatic}, {"http1", Version::http1}, {"http2", Version::http2}});
  table.number("max_connections", http.max_connections, 1, 4'096);
  table.number("max_streams", http.max_streams, 1, 4'096);
  table.time("connect_timeout", http.connect_timeout, 10 * kMillisecond, 5 * kMinute);
  table.time("request_timeout", http.request_timeout, 10 * kMillisecond, 5 * kMinute);
  table.octets("max_response_octets", http.max_response_octets, 256, 16 << 20);
}

void declare_coap(OptionTable& table, client::CoapOptions& coap) {
  table.section("provisioning.coap");
  table.taken(When::live);
  table.number("max_in_flight", coap.max_in_flight, 1, 1'024);
  table.time("connect_timeout", coap.connect_timeout, 10 * kMillisecond, 5 * kMinute);
  table.time("request_timeout", coap.request_timeout, 10 * kMillisecond, 5 * kMinute);
  table.time("ack_timeout", coap.ack_timeout, 10 * kMillisecond, kMinute);
  table.number("max_retransmit", coap.max_retransmit, 0, 10);
  table.flag("message_binding", coap.message_binding);
}

void declare_security(OptionTable& table, client::Options& client) {
  table.section("provisioning.tls");
  table.taken(When::live);
  http::ClientTls& tls = client.http.tls;
  table.optional_text("ca", tls.ca);
  table.optional_text("crl", tls.crl);
  table.optional_text("certificate", tls.certificate);
  table.optional_text("key", tls.key);
}

void declare_load(OptionTable& table, client::Options& client) {
  table.number("max_queue", client.max_queue, 1, 1'000'000);
  table.number("rate", client.rate, 0, 1'000'000);
  table.number("burst", client.burst, 1, 1'000'000);
  table.flag("release", client.release);
  table.number("bulk_most", client.bulk_most, 1, 4'096);
  table.number("bulk_in_flight", client.bulk_in_flight, 1, 64);
  table.time("bulk_retry", client.bulk_retry, kSecond, 24 * kHour);
  table.number("breaker_failures", client.breaker_failures, 1, 1'000);
  table.time("probe_first", client.probe_first, kMillisecond, kHour);
  table.time("probe_most", client.probe_most, kMillisecond, kHour);
  table.time("retry_after_most", client.retry_after_most, 0 * kMillisecond, 24 * kHour);
}

}  // namespace

void declare_provisioning(OptionTable& table, Config& config) {
  client::Options& client = config.provisioning;
  table.section("provisioning");
  table.taken(When::live);
  table.parsed_list("uris", client.uris, 16, protocol::parse_api_root);
  table.optional_text("mcc", client.derived.mcc);
  table.optional_text("mnc", client.derived.mnc);
  table.flag("allow_cleartext", config.provisioning_allow_cleartext);
  table.optional_secret("token", client.token);
  table.optional_text("token_file", client.token_file);
  table.optional_text("psk_identity", client.psk_identity);
  table.optional_secret("psk_key", client.psk_key);
  table.optional_text("psk_key_file", client.psk_key_file);
  using protocol::Encoding;
  table.choice("encoding", client.encoding, {{"json", Encoding::json}, {"cbor", Encoding::cbor}});
  using core::Renewal;
  table.choice("renewal", config.limits.renewal,
               {{"keep", Renewal::keep}, {"ask_again", Renewal::ask_again}});
  declare_load(table, client);
  table.taken(When::at_start, {"encoding"});
  declare_derived(table, client.derived);
  declare_http(table, client.http);
  declare_coap(table, client.coap);
  declare_security(table, client);
  table.section("provisioning.wire");
  table.taken(When::live);
  declare_wire(table, client.wire);
}

}  // namespace msggw::config
