#include "provisioning/protocol/address.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <optional>

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

std::uint16_t default_port(Scheme scheme) noexcept {
  return scheme == Scheme::http ? 80 : 443;
}
std::string_view name_of(Scheme scheme) noexcept {
  return scheme == Scheme::http ? "http" : "https";
}

Result<Scheme> scheme_of(const boost::urls::url_view& uri) {
  switch (uri.scheme_id()) {
    case boost::urls::scheme::http: return Scheme::http;
    case boost::urls::scheme::https: return Scheme::https;
    default: break;  // Boost.URL knows more schemes than are meant here, and may learn others
  }
  return fail(Errc::unsupported, "the scheme " + in_quotes(std::string(uri.scheme())) +
                                     " is not spoken here: use http:// or https://");
}

Result<std::string> host_of(const boost::urls::url_view& uri) {
  std::string host = uri.host_address();
  if (host.empty()) return fail(Errc::malformed, "the URI has no host");
  const bool is_address = uri.host_type() == boost::urls::host_type::ipv4 ||
                          uri.host_type() == boost::urls::host_type::ipv6;
  const auto in_name = [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_'; };
  if (!is_address && !std::all_of(host.begin(), host.end(), in_name)) {
    return fail(Errc::malformed, "the host " + in_quotes(host) + " is no name and no address");
  }
  if (host.size() > kMostNameOctets) return fail(Errc::malformed, "the host name is too long");
  std::transform(host.begin(), host.end(), host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return host;
}

Result<std::uint16_t> port_of(const boost::urls::url_view& uri, Scheme scheme) {
  const std::string digits(uri.port());
  if (digits.empty()) return default_port(scheme);
  // Boost.URL 1.81 gives a port that does not fit modulo 65536.
  std::uint16_t port = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, port);
  if (error != std::errc{} || stop != end || port == 0)
    return fail(Errc::malformed, "the port " + base::printable(digits) + " is not in 1 to 65535");
  return port;
}

Result<std::string> path_of(const boost::urls::url_view& uri) {
  // Boost.URL 1.81 takes "http://host:port" for an empty port and the path "port".
  const std::string given(uri.encoded_path());
  if (!given.empty() && given.front() != '/') {
    return fail(Errc::malformed, "the port " + in_quotes(given) + " is no number");
  }
  boost::urls::url normal(uri);
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
  return fail(Errc::malformed,
              std::string("the ") + name + " " + in_quotes(digits) + " is not " + wanted + " digits");
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

Result<ApiRoot> parse_api_root(std::string_view uri) {
  if (uri.size() > kMostUriOctets) return fail(Errc::malformed, "the URI is too long");
  const auto parsed = boost::urls::parse_uri({uri.data(), uri.size()});
  if (!parsed) {
    return fail(Errc::malformed, in_quotes(uri) + " is not an absolute URI such as https://host:port");
  }
  const auto scheme = scheme_of(*parsed);
  if (!scheme) return tl::unexpected(scheme.error());
  if (!parsed->has_authority()) return fail(Errc::malformed, "the URI has no host");
  if (parsed->has_userinfo())
    return fail(Errc::malformed, "the URI has a user name or password in it");
  if (parsed->has_query() || parsed->has_fragment()) {
    return fail(Errc::malformed,
                "the URI has a query or fragment: it is the root of an API, not a resource");
  }
  auto host = host_of(*parsed);
  if (!host) return tl::unexpected(host.error());
  const auto port = port_of(*parsed, *scheme);
  if (!port) return tl::unexpected(port.error());
  auto path = path_of(*parsed);
  if (!path) return tl::unexpected(path.error());
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

}  // namespace msggw::protocol
