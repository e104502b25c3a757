#include "provisioning/protocol/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <charconv>
#include <optional>

#include "gateway/base/path_segment.h"
#include "gateway/base/text.h"

namespace msggw::protocol {

namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr std::size_t kMostUriOctets = 2'048;
constexpr std::size_t kMostLabelOctets = 63;  // RFC 1035 2.3.4
constexpr std::size_t kMostNameOctets = 253;
constexpr std::string_view kProvisionings = "/msgin5g-provisioning/v1/provisionings";
constexpr std::string_view kMessages = "/msgin5g";

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_alnum(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string in_quotes(std::string_view text) {
  std::string out(1, '"');
  out.append(base::printable(text)).append("\"");
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

/// Takes the host off the front of `authority`.
Result<std::string> take_host(std::string_view& authority) {
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    std::string host(authority.substr(1, close == std::string_view::npos ? close : close - 1));
    in6_addr octets{};
    if (close == std::string_view::npos || inet_pton(AF_INET6, host.c_str(), &octets) != 1) {
      return fail(Errc::malformed, "the host " + in_quotes(authority) + " is no IPv6 address");
    }
    authority.remove_prefix(close + 1);
    return lower(host);
  }
  const std::string_view host = authority.substr(0, authority.find(':'));
  authority.remove_prefix(host.size());
  if (host.empty()) return fail(Errc::malformed, "the URI has no host");
  const auto in_name = [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_'; };
  if (!std::all_of(host.begin(), host.end(), in_name)) {
    return fail(Errc::malformed, "the host " + in_quotes(host) + " is no name and no address");
  }
  if (host.size() > kMostNameOctets) return fail(Errc::malformed, "the host name is too long");
  return lower(host);
}

/// `rest` is what follows the host: empty, ":" or ":port".
Result<std::uint16_t> port_in(std::string_view rest, Scheme scheme) {
  if (rest.empty() || rest == ":") return default_port(scheme);
  std::uint16_t port = 0;
  const char* const end = rest.data() + rest.size();
  const auto [stop, error] = std::from_chars(rest.data() + 1, end, port);
  if (rest.front() != ':' || error != std::errc{} || stop != end || port == 0) {
    return fail(Errc::malformed, "the port " + in_quotes(rest.substr(1)) + " is not in 1 to 65535");
  }
  return port;
}

/// Takes "SCHEME://" off the front of `uri`.
Result<Scheme> take_scheme(std::string_view& uri) {
  const std::size_t colon = uri.find(':');
  const std::string_view name = uri.substr(0, colon);
  const bool is_name = std::all_of(name.begin(), name.end(), [](char c) {
    return is_alnum(c) || c == '+' || c == '-' || c == '.';
  });
  if (colon == std::string_view::npos || name.empty() || !is_name) {
    return fail(Errc::malformed, "it is not an absolute URI such as https://host:port");
  }
  const auto scheme = scheme_of(name);
  if (!scheme) {
    return fail(Errc::unsupported, "the scheme " + in_quotes(name) +
                                       " is not spoken here: use https://, http://, coaps://, "
                                       "coap://, coaps+tcp:// or coap+tcp://");
  }
  uri.remove_prefix(colon + 1);
  if (!uri.starts_with("//")) return fail(Errc::malformed, "the URI has no host");
  uri.remove_prefix(2);
  return *scheme;
}

Result<std::string> normal_path(std::string_view given) {
  if (given.empty()) return std::string();
  const auto parsed = boost::urls::parse_origin_form({given.data(), given.size()});
  if (!parsed) return fail(Errc::malformed, "the path " + in_quotes(given) + " is none");
  boost::urls::url normal(*parsed);
  normal.normalize_path();
  std::string path(normal.encoded_path());
  while (!path.empty() && path.back() == '/') path.pop_back();
  return path;
}

Result<void> check_digits(const char* name, std::string_view digits, std::size_t least,
                          std::size_t most) {
  if (digits.empty()) return fail(Errc::missing, std::string("no ") + name + " is given");
  const bool good = digits.size() >= least && digits.size() <= most &&
                    std::all_of(digits.begin(), digits.end(), is_digit);
  if (good) return {};
  const std::string wanted =
      least == most ? std::to_string(most) : std::to_string(least) + " or " + std::to_string(most);
  return fail(Errc::malformed, std::string("the ") + name + " " + in_quotes(digits) + " is not " +
                                   wanted + " digits");
}

/// Letters, digits and hyphens, alphanumeric at both ends (TS 23.003 13.2 with RFC 1123 2.1).
bool is_dns_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= kMostLabelOctets && is_alnum(label.front()) &&
         is_alnum(label.back()) &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

bool are_dns_labels(std::string_view labels) noexcept {
  while (true) {
    const std::size_t dot = labels.find('.');
    if (!is_dns_label(labels.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    labels.remove_prefix(dot + 1);
  }
}

}  // namespace

std::string_view name_of(Scheme scheme) noexcept {
  switch (scheme) {
    case Scheme::http: return "http";
    case Scheme::https: return "https";
    case Scheme::coap: return "coap";
    case Scheme::coaps: return "coaps";
    case Scheme::coap_tcp: return "coap+tcp";
    case Scheme::coaps_tcp: return "coaps+tcp";
  }
  return {};
}

std::optional<Scheme> scheme_of(std::string_view name) noexcept {
  for (const Scheme scheme : {Scheme::https, Scheme::http, Scheme::coaps, Scheme::coap,
                              Scheme::coaps_tcp, Scheme::coap_tcp}) {
    const std::string_view known = name_of(scheme);
    const bool same =
        std::equal(name.begin(), name.end(), known.begin(), known.end(), [](char a, char b) {
          return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
        });
    if (same) return scheme;
  }
  return std::nullopt;
}

bool is_secure(Scheme scheme) noexcept {
  return scheme == Scheme::https || scheme == Scheme::coaps || scheme == Scheme::coaps_tcp;
}

bool is_coap(Scheme scheme) noexcept {
  return scheme != Scheme::http && scheme != Scheme::https;
}

std::uint16_t default_port(Scheme scheme) noexcept {
  switch (scheme) {
    case Scheme::http: return 80;
    case Scheme::https: return 443;
    case Scheme::coap:
    case Scheme::coap_tcp: return 5683;
    case Scheme::coaps:
    case Scheme::coaps_tcp: return 5684;
  }
  return 0;
}

// By hand up to the path: the answer decides whether cleartext stays on this machine, and Boost.URL
// 1.81 takes "http://127.0.0.1.example" for the host 127.0.0.1 and port 65537 for 1.
Result<ApiRoot> parse_api_root(std::string_view uri) {
  if (uri.size() > kMostUriOctets) return fail(Errc::malformed, "the URI is too long");
  const auto scheme = take_scheme(uri);
  if (!scheme) return tl::unexpected(scheme.error());
  std::string_view authority = uri.substr(0, uri.find_first_of("/?#"));
  uri.remove_prefix(authority.size());
  if (authority.find('@') != std::string_view::npos)
    return fail(Errc::malformed, "the URI has a user name or password in it");
  if (uri.find_first_of("?#") != std::string_view::npos) {
    return fail(Errc::malformed,
                "the URI has a query or fragment: it is the root of an API, not a resource");
  }
  auto host = take_host(authority);
  if (!host) return tl::unexpected(std::move(host.error()));
  const auto port = port_in(authority, *scheme);
  if (!port) return tl::unexpected(port.error());
  auto path = normal_path(uri);
  if (!path) return tl::unexpected(std::move(path.error()));
  return ApiRoot{*scheme, std::move(*host), *port, std::move(*path)};
}

Result<ApiRoot> derive_api_root(const PlmnAddress& plmn) {
  if (auto good = check_digits("MCC", plmn.mcc, 3, 3); !good) return tl::unexpected(good.error());
  if (auto good = check_digits("MNC", plmn.mnc, 2, 3); !good) return tl::unexpected(good.error());
  if (!are_dns_labels(plmn.label)) {
    return fail(Errc::malformed, "the label " + in_quotes(plmn.label) + " is no DNS name");
  }
  if (!plmn.path.empty() && plmn.path.front() != '/') {
    return fail(Errc::malformed, "the path " + in_quotes(plmn.path) + " does not begin with /");
  }
  ApiRoot root;
  root.scheme = plmn.scheme;
  root.port = plmn.port == 0 ? default_port(plmn.scheme) : plmn.port;
  root.host = plmn.label + ".mnc" + (plmn.mnc.size() == 2 ? "0" : "") + plmn.mnc + ".mcc" +
              plmn.mcc + (plmn.pub ? ".pub" : "") + ".3gppnetwork.org";
  root.path = plmn.path;
  return parse_api_root(to_uri(root));  // the same rules for a path and a host, however they came
}

std::string to_uri(const ApiRoot& root) {
  std::string uri(name_of(root.scheme));
  uri += "://";
  const bool is_ipv6 = root.host.find(':') != std::string::npos;
  if (is_ipv6) uri += '[';
  uri += root.host;
  if (is_ipv6) uri += ']';
  if (root.port != default_port(root.scheme)) uri.append(":").append(std::to_string(root.port));
  return uri.append(root.path);
}

std::string provisionings_url(const ApiRoot& root) {
  return to_uri(root).append(kProvisionings);
}

std::string bulk_url(const ApiRoot& root) {
  return provisionings_url(root).append("/bulk");
}

std::string provisioning_url(const ApiRoot& root, std::string_view private_id) {
  return provisionings_url(root).append("/").append(base::path_segment(private_id));
}

std::string message_url(const ApiRoot& root) {
  return to_uri(root).append(kMessages);
}

}  // namespace msggw::protocol
