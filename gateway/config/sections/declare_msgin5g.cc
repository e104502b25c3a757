// SPDX-License-Identifier: Apache-2.0
// The sections [msgin5g...].
#include "gateway/config/sections/declare.h"

namespace msggw::config {

using config_language::OptionTable;

namespace {

constexpr std::size_t kMostApps = 1'000;
constexpr std::size_t kNameOctets = 64;

base::Result<base::Uri> parse_root(std::string_view text) {
  const bool is_http = text.starts_with("https://") || text.starts_with("http://");
  auto uri = base::parse_uri(text);
  if (!uri && !is_http)
    return base::fail(base::Errc::malformed, "is no https:// or http:// with a host behind it");
  if (!uri) return uri;
  if (base::is_coap(uri->scheme))
    return base::fail(base::Errc::unsupported, "a MSGin5G Server is spoken to by https or http");
  if (uri->path.ends_with('/')) uri->path.pop_back();
  return uri;
}

void declare_listener(OptionTable& table, msgin5g::Options& msgin5g) {
  table.numeric("address", msgin5g.address);
  table.number("port", msgin5g.port, 0, 65'535);
  table.flag("legacy_3gpp", msgin5g.face.legacy_3gpp);
  table.flag("non_3gpp", msgin5g.face.non_3gpp);
  table.optional_text("path", msgin5g.face.path_prefix);
  table.flag("allow_cleartext", msgin5g.allow_cleartext);
  table.list("client_names", msgin5g.face.client_names, 100);
  table.optional_secret("token", msgin5g.token);
  table.optional_text("token_file", msgin5g.token_file);
  table.optional_text("token_keys", msgin5g.token_keys);
  table.list("token_audiences", msgin5g.token_audiences, 100);
  table.list("token_issuers", msgin5g.token_issuers, 100);
  table.number("max_open_requests", msgin5g.max_open_requests, 1, 1'000'000);
  table.number("max_connections", msgin5g.max_connections, 1, 100'000);
}

void declare_content(OptionTable& table, msgin5g::Options& msgin5g) {
  using msgin5g::PayloadEncoding;
  table.choice("content_encoding", msgin5g.content_encoding,
               {{"text", PayloadEncoding::text}, {"base64", PayloadEncoding::base64}});
  table.list("text_apps", msgin5g.text_apps, kMostApps);
  table.list("base64_apps", msgin5g.base64_apps, kMostApps);
  table.octets("segment_octets", msgin5g.cutting.segment_octets, 4, 1 << 20);
  using msgin5g::SegmentCounts;
  table.choice("segment_counts", msgin5g.cutting.segment_counts,
               {{"content", SegmentCounts::content}, {"payload", SegmentCounts::payload}});
  table.number("max_segments", msgin5g.cutting.segments, 1, 65'536);
  table.flag("store_and_forward", msgin5g.store_and_forward);
}

base::Result<msgin5g::TokenUri> parse_token_uri(std::string_view text) {
  if (text == msgin5g::kNone) return msgin5g::TokenUri{};
  auto uri = base::parse_uri(text);
  if (!uri) return tl::unexpected(std::move(uri.error()));
  if (base::is_coap(uri->scheme))
    return base::fail(base::Errc::unsupported, "a token endpoint is spoken to by https or http");
  return msgin5g::TokenUri{std::move(*uri)};
}

void declare_token(OptionTable& table, msgin5g::TokenOptions& token) {
  table.parsed("token_uri", token.endpoint, parse_token_uri);
  table.optional_text("client_id", token.client_id, 255);
  table.optional_secret("client_secret", token.client_secret, msgin5g::TokenOptions::kMostSecret);
  table.optional_text("client_secret_file", token.client_secret_file);
  table.optional_text("nf_instance_id", token.nf_instance_id, 255);
  table.optional_text("nf_type", token.nf_type, 255);
  table.optional_text("target_nf_type", token.target_nf_type, 255);
  table.optional_text("scope", token.scope, 1'024);
}

base::Result<msgin5g::TargetUri> parse_target(std::string_view text) {
  if (text == msgin5g::kOwn) return msgin5g::TargetUri{};
  auto root = parse_root(text);
  if (!root) return tl::unexpected(std::move(root.error()));
  return msgin5g::TargetUri{std::move(*root)};
}

void declare_registration(OptionTable& table, msgin5g::Options& msgin5g) {
  using msgin5g::Registration;
  table.choice("registration", msgin5g.registration,
               {{"server", Registration::server}, {"none", Registration::none}});
  table.time("registration_lifetime", msgin5g.registration_lifetime, kMinute, 8760 * kHour);
  table.parsed("target_uri", msgin5g.target_uri, parse_target);
  table.time("register_within", msgin5g.register_within, kSecond, kHour);
}

void declare_servers(OptionTable& table, msgin5g::Options& msgin5g) {
  table.optional_text("servers_file", msgin5g.servers_file);
  table.number("breaker_failures", msgin5g.breaker_failures, 1, 1'000);
  table.time("probe_first", msgin5g.probe_first, kMillisecond, kHour);
  table.time("probe_most", msgin5g.probe_most, kMillisecond, kHour);
  table.time("retry_after_most", msgin5g.retry_after_most, 0 * kMillisecond, 24 * kHour);
}

void declare_limits(OptionTable& table, msgin5g::Limits& limits) {
  table.section("msgin5g.limits");
  table.taken(When::live);
  table.octets("body_octets", limits.body_octets, 4'096, 1 << 20);
  table.octets("address_octets", limits.address_octets, 8, 4'096);
  table.octets("message_id_octets", limits.message_id_octets, 16, 1'024);
  table.octets("application_octets", limits.application_octets, 2, 4'096);
  table.octets("segment_set_octets", limits.segment_set_octets, 16, 1'024);
  table.octets("failure_cause_octets", limits.failure_cause_octets, 16, 4'096);
  table.octets("content_octets", limits.content_octets, 2'048, 1 << 20);
  table.number("segments", limits.segments, 1, 65'536);
  table.number("invalid_params", limits.invalid_params, 1, 1'000);
  table.taken(When::at_start, {"body_octets"});
}

}  // namespace

void declare_msgin5g(OptionTable& table, msgin5g::Options& msgin5g) {
  table.section("msgin5g");
  table.taken(When::live);
  table.flag("enabled", msgin5g.enabled);
  declare_listener(table, msgin5g);
  declare_content(table, msgin5g);
  declare_registration(table, msgin5g);
  declare_servers(table, msgin5g);
  table.taken(When::at_start, {"enabled", "registration", "registration_lifetime"});
  table.section("msgin5g.tls");
  table.taken(When::live);
  table.optional_text("certificate", msgin5g.tls.certificate);
  table.optional_text("key", msgin5g.tls.key);
  table.optional_text("client_ca", msgin5g.tls.client_ca);
  table.optional_text("crl", msgin5g.tls.crl);
  table.section("msgin5g.server");
  table.taken(When::live);
  declare_server(table, msgin5g.server);
  declare_limits(table, msgin5g.face.limits);
}

void declare_server(OptionTable& table, msgin5g::ServerOptions& server) {
  table.text("name", server.name, kNameOctets);
  table.optional_text("service_id", server.service_id, 255);
  table.parsed_list("uris", server.uris, 16, parse_root);
  http::ClientOptions& http = server.http;
  using http::Version;
  table.choice(
      "version", http.version,
      {{"automatic", Version::automatic}, {"http1", Version::http1}, {"http2", Version::http2}});
  table.optional_text("ca", http.tls.ca);
  table.optional_text("crl", http.tls.crl);
  table.optional_text("certificate", http.tls.certificate);
  table.optional_text("key", http.tls.key);
  table.number("max_connections", http.max_connections, 1, 4'096);
  table.number("max_streams", http.max_streams, 1, 4'096);
  table.time("connect_timeout", http.connect_timeout, 10 * kMillisecond, 5 * kMinute);
  table.time("request_timeout", http.request_timeout, 10 * kMillisecond, 5 * kMinute);
  declare_token(table, server.token);
  table.taken(When::at_start, {"name"});
}

}  // namespace msggw::config
