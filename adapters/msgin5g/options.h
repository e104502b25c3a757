// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/elements/limits.h"
#include "adapters/wire/http/client.h"
#include "adapters/wire/http/server.h"
#include "gateway/base/address.h"
#include "gateway/base/clock.h"

namespace msggw::msgin5g {

/// How content stands in the JSON string `payload`, for which TS 29.538 has no rule. Chosen by
/// configuration for an application, a device or the gateway, never by looking at a message.
enum class PayloadEncoding : std::uint8_t {
  text,   ///< UTF-8 as it is; other octets cannot be sent
  base64  ///< RFC 4648 4, both ways
};

/// What the segment size of a MSGin5G Server counts (TS 23.554 8.5.1 says octets of the payload).
enum class SegmentCounts : std::uint8_t {
  content,  ///< octets of the sender's application
  payload   ///< octets of the string `payload`, before it is escaped in JSON
};

struct Cutting {
  std::size_t segment_octets = 2'048;  ///< the most that a segment has; TS 23.554 8.5.1
  SegmentCounts segment_counts = SegmentCounts::content;
  std::size_t segments = 4'096;  ///< the most that a message is cut into
};

/// The most of what a MSGin5G Server may say. Octets are of the text without its escapes.
struct Limits {
  std::size_t body_octets = 64 * 1'024;  ///< of a request or an answer
  std::size_t address_octets = elements::kMostAddressOctets;
  std::size_t message_id_octets = elements::kMostMessageIdOctets;
  std::size_t application_octets = elements::kMostApplicationOctets;
  std::size_t segment_set_octets = 128;
  std::size_t failure_cause_octets = elements::kMostFailureCauseOctets;
  /// Of one message or segment, once it is no longer base64; standards ask for 2,048.
  std::size_t content_octets = 16 * 1'024;
  std::uint32_t segments = 4'096;   ///< the highest number of a segment, and of segments
  std::size_t invalid_params = 16;  ///< wrong elements that one refusal names
};

/// What a MSGin5G Server finds at the gateway.
struct FaceOptions {
  bool legacy_3gpp = true;  ///< serves msgg-l3gdelivery
  bool non_3gpp = true;     ///< serves msgg-n3gdelivery
  /// The path of `{apiRoot}` as base::parse_path() gives it: empty, or "/gw-1".
  std::string path_prefix;
  /// Whose certificates may call: at least one name of it is one of these. Empty: nobody is asked
  /// for a name here.
  std::vector<std::string> client_names;
  Limits limits;
};

/// The word for none of TokenUri.
inline constexpr std::string_view kNone = "none";

/// Where access tokens are asked for; none: there are none.
struct TokenUri {
  std::optional<base::Uri> uri;

  bool operator==(const TokenUri&) const = default;
};
/// As it stands in the configuration.
inline std::string to_string(const TokenUri& token) {
  return token.uri ? base::to_string(*token.uri) : std::string(kNone);
}

/// Whence a MSGin5G Server's access tokens come (RFC 6749 4.4, TS 29.510 6.3), and for whom.
struct TokenOptions {
  static constexpr std::size_t kMostSecret = 1'024;

  TokenUri endpoint;
  std::string client_id;
  std::string client_secret;                 ///< empty: the certificate is the proof
  std::filesystem::path client_secret_file;  ///< holds it instead; read when the configuration is
  std::string nf_instance_id;                ///< of this gateway; empty: not said, as all below
  std::string nf_type;
  std::string target_nf_type;
  std::string scope = "msgs-msgdelivery";

  bool operator==(const TokenOptions&) const = default;
};

/// One MSGin5G Server: a [[server]] of the file, or the section [msgin5g.server] itself.
struct ServerOptions {
  std::string name = "server";  ///< in events, metrics, status
  std::string service_id;       ///< as the Provisioning Function tells it to devices
  std::vector<base::Uri> uris;  ///< API roots, http or https, tried in this order
  http::ClientOptions http{http::Version::http2, {}};
  TokenOptions token;
};

/// How MSGin5G Servers learn of devices.
enum class Registration : std::uint8_t {
  server,  ///< the gateway registers them (docs/msgs-ueregistration.yaml)
  none     ///< in a way that the gateway has no part in
};

/// The word for none of TargetUri.
inline constexpr std::string_view kOwn = "own";

/// The apiRoot at which servers are told to reach this gateway; none: own_uri().
struct TargetUri {
  std::optional<base::Uri> root;
};
/// As it stands in the configuration.
inline std::string to_string(const TargetUri& target) {
  return target.root ? base::to_string(*target.root) : std::string(kOwn);
}

/// The [msgin5g] section of the configuration; etc/msggw.toml explains each under the same name.
struct Options {
  bool enabled = false;
  boost::asio::ip::address address = boost::asio::ip::address_v4::loopback();
  std::uint16_t port = 8'081;  ///< 0: any free one (tests)
  /// Http on an address, or to one, that is not loopback.
  bool allow_cleartext = false;
  http::ServerTls tls;                       ///< [msgin5g.tls]; no certificate: http
  std::string token;                         ///< bearer token of who calls; empty: none
  std::filesystem::path token_file;          ///< holds it instead; read when the configuration is
  std::filesystem::path token_keys;          ///< of those who issue access tokens; empty: none
  std::vector<std::string> token_audiences;  ///< for one of which an access token must be
  std::vector<std::string> token_issuers;    ///< one of which must have issued it; empty: any
  FaceOptions face;                          ///< its limits are [msgin5g.limits]
  std::size_t max_open_requests = 10'000;    ///< whose answer waits for the store
  std::size_t max_connections = 256;         ///< of MSGin5G Servers
  PayloadEncoding content_encoding = PayloadEncoding::text;
  std::vector<std::string> text_apps;    ///< appIds whose content is text in any case
  std::vector<std::string> base64_apps;  ///< ... is base64
  Cutting cutting;                       ///< its size is that of profiles that name none
  bool store_and_forward = true;         ///< stoAndFwInd of what devices send
  Registration registration = Registration::server;
  std::chrono::seconds registration_lifetime{3'600};  ///< that servers are asked for
  TargetUri target_uri;
  std::chrono::seconds register_within{10};  ///< a lost device; then its message goes in any case
  ServerOptions server;                ///< what [msgin5g.server] says; the defaults of [[server]]
  std::filesystem::path servers_file;  ///< of [[server]]; empty: there is one server, `server`
  /// Filled when the configuration is loaded, at least one. Purpose::look and a gateway without
  /// MSGin5G do not read the file and have `server` there.
  std::vector<ServerOptions> servers;
  unsigned breaker_failures = 3;   ///< in a row, after which one probe at a time is sent
  base::Duration probe_first{50};  ///< ceiling of the first wait between probes; doubles, jitter
  base::Duration probe_most{800};
  base::Duration retry_after_most{300'000};  ///< a longer Retry-After is cut to this
};

/// Where the listener is, `port` being its port. Requires a path that is one.
inline base::Uri own_uri(const Options& options, std::uint16_t port) {
  const bool is_tls = !options.tls.certificate.empty();
  std::string path = base::parse_path(options.face.path_prefix).value_or(std::string());
  if (path.ends_with('/')) path.pop_back();
  return {is_tls ? base::Scheme::https : base::Scheme::http, base::Host(options.address), port,
          std::move(path)};
}

/// Why the gateway must not listen, as the end of a sentence that begins with the address; empty:
/// it may. On a network only those may call who show a certificate or a token.
inline std::string_view why_not_open(const Options& options) noexcept {
  if (base::is_loopback(options.address)) return {};
  const bool is_tls = !options.tls.certificate.empty();
  const bool wants_token = !options.token.empty() || !options.token_keys.empty();
  if ((!is_tls || options.tls.client_ca.empty()) && !wants_token) {
    return "is open to the network, and whoever reaches it could pass for a MSGin5G Server; name "
           "certificate and client_ca in [msgin5g.tls] or set a token or token_keys";
  }
  if (!is_tls && !options.allow_cleartext) {
    return "is open to the network in cleartext, name a certificate in [msgin5g.tls] or set "
           "allow_cleartext = true";
  }
  return {};
}

}  // namespace msggw::msgin5g
