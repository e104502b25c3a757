#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace msggw::protocol {

/// `coap_tcp`, `coaps_tcp`: "coap+tcp", "coaps+tcp" (RFC 8323 8.1 and 8.2).
enum class Scheme : std::uint8_t { http, https, coap, coaps, coap_tcp, coaps_tcp };

/// "https", "coap+tcp", ...
std::string_view name_of(Scheme scheme) noexcept;
/// Letter case does not matter.
std::optional<Scheme> scheme_of(std::string_view name) noexcept;
/// Whether what is said cannot be read on the way.
bool is_secure(Scheme scheme) noexcept;
/// Whether the binding is CoAP.
bool is_coap(Scheme scheme) noexcept;
/// 80, 443, 5683 or 5684.
std::uint16_t default_port(Scheme scheme) noexcept;

/// Where a Provisioning Function's API begins: the apiRoot of TS 29.501 4.4.1. A value.
struct ApiRoot {
  Scheme scheme = Scheme::https;
  std::string host;        ///< lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;  ///< always set: default_port() if none was given
  std::string path;        ///< percent-encoded, begins with '/' and does not end with one; or empty

  bool operator==(const ApiRoot&) const = default;
};

/// Of a URI that an operator configured. unsupported: another scheme. malformed: no
/// absolute URI, no host, a port outside of 1 to 65535, user information (credentials have their
/// own options), a query or a fragment. The detail quotes what is wrong in escaped form, never a
/// password.
base::Result<ApiRoot> parse_api_root(std::string_view uri);

/// What the well-known address is derived from (the contribution, 6.X.1.2; the form is TS 23.003
/// Annex E table E.1).
struct PlmnAddress {
  std::string mcc;  ///< three digits
  std::string mnc;  ///< two or three digits
  /// The fixed part that identifies the MSGin5G Service: DNS labels, not allocated by 3GPP and
  /// therefore an option.
  std::string label = "msgin5g-prov";
  /// `pub.` before 3gppnetwork.org: resolvable from the Internet (TS 23.003 Annex D).
  bool pub = false;
  Scheme scheme = Scheme::https;
  std::uint16_t port = 0;  ///< 0: the scheme's own
  std::string path = {};   ///< empty, or begins with '/'
};

/// `https://<label>.mnc<MNC>.mcc<MCC>.3gppnetwork.org`, an MNC of two digits padded with a zero at
/// the left (TS 23.003 28.2). missing: no MCC or MNC. malformed: not of their digits, a label that
/// DNS does not allow, a bad path.
base::Result<ApiRoot> derive_api_root(const PlmnAddress& plmn);

/// The URI of `root`, without the port if it is the scheme's own and without a slash at the end.
std::string to_uri(const ApiRoot& root);

/// The collection that provisioning requests are posted to.
std::string provisionings_url(const ApiRoot& root);
/// The resource of bulk requests; http and https only.
std::string bulk_url(const ApiRoot& root);
/// The resource of one Private ID, percent-encoded: GET and DELETE.
std::string provisioning_url(const ApiRoot& root, std::string_view private_id);
/// The resource that takes MSGin5G messages (envelope.h): `/msgin5g` below the root; CoAP only.
std::string message_url(const ApiRoot& root);

}  // namespace msggw::protocol
