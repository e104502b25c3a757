// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/address.h"

#include <algorithm>
#include <charconv>

#include "gateway/base/path_segment.h"
#include "gateway/base/text.h"

namespace msggw::base {

namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kMostUriOctets = 2'048;
constexpr std::size_t kMostNameOctets = 253;  // RFC 1035 2.3.4
constexpr std::size_t kMostLabelOctets = 63;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_alnum(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

template <class Test>
bool all(std::string_view text, Test test) {
  return std::all_of(text.begin(), text.end(), test);
}

std::string in_quotes(std::string_view text) {
  std::string out(1, '"');
  out.append(printable(text)).append("\"");
  return out;
}

/// `text` is without brackets. The octets are looked at first: Asio takes a zone, and reads up to a
/// NUL.
Result<Host> parse_v6(std::string_view text) {
  if (text.find('%') != std::string_view::npos)
    return fail(Errc::malformed, "the host " + in_quotes(text) +
                                     " has a zone, which only this machine would understand");
  boost::system::error_code error;
  const bool plain = all(text, [](char c) { return is_hex(c) || c == ':' || c == '.'; });
  const auto address = ip::make_address_v6(std::string(text), error);
  if (!plain || error)
    return fail(Errc::malformed, "the host " + in_quotes(text) + " is no IPv6 address");
  return Host(ip::address(address));
}

/// The rule by which browsers tell the two apart: what ends like a number is an address, or wrong.
bool ends_in_number(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('.') + 1);  // npos + 1 is 0
  if (all(last, is_digit)) return true;
  return (last.starts_with("0x") || last.starts_with("0X")) && all(last.substr(2), is_hex);
}

bool is_name(std::string_view text) {
  const auto in_label = [](char c) { return is_alnum(c) || c == '-' || c == '_'; };
  if (text.front() == '-') return false;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || label.size() > kMostLabelOctets || !all(label, in_label)) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

/// RFC 3986 3.3; '%' is looked at elsewhere.
bool is_pchar(char c) noexcept {
  return is_alnum(c) || std::string_view("-._~!$&'()*+,;=:@%").find(c) != std::string_view::npos;
}

/// With the digits of percent-encoded octets in upper case (RFC 3986 6.2.2.1).
void append_segment(std::string& path, std::string_view segment) {
  path += '/';
  std::size_t digits = 0;
  for (const char c : segment) {
    path += digits != 0 && c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    digits = c == '%' ? 2 : digits - (digits != 0);
  }
}

/// `text` is what stands behind the host: empty, or a colon and a port.
Result<std::uint16_t> parse_port(std::string_view text, std::uint16_t default_port) {
  if (text.empty()) return default_port;
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 1, end, port);
  if (text.front() != ':' || error != std::errc{} || stop != end || port == 0) {
    return fail(Errc::malformed, "the port " + in_quotes(text.substr(1)) + " is not in 1 to 65535");
  }
  return port;
}

/// Takes "SCHEME://" off the front of `uri`.
Result<Scheme> take_scheme(std::string_view& uri) {
  const std::size_t colon = uri.find(':');
  const std::string_view name = uri.substr(0, colon);
  const bool is_name =
      all(name, [](char c) { return is_alnum(c) || c == '+' || c == '-' || c == '.'; });
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

// By hand: Boost.URL 1.81 takes "http://127.0.0.1.example" for the host 127.0.0.1
// and port 65537 for 1.
Result<Uri> parts_of(std::string_view text) {
  if (text.size() > kMostUriOctets) return fail(Errc::malformed, "the URI is too long");
  const auto scheme = take_scheme(text);
  if (!scheme) return tl::unexpected(scheme.error());
  std::string_view authority = text.substr(0, text.find_first_of("/?#"));
  text.remove_prefix(authority.size());
  if (authority.find('@') != std::string_view::npos)
    return fail(Errc::malformed, "a user name");  // never told: parse_uri()
  if (authority.empty() || authority.front() == ':')
    return fail(Errc::malformed, "the URI has no host");
  if (authority.ends_with(':')) authority.remove_suffix(1);  // a port of no digits is none
  auto address = parse_address(authority, default_port(*scheme));
  if (!address) return tl::unexpected(std::move(address.error()));
  auto path = parse_path(text);
  if (!path) return tl::unexpected(std::move(path.error()));
  return Uri{*scheme, std::move(address->host), address->port, std::move(*path)};
}

}  // namespace

bool is_loopback(const ip::address& address) noexcept {
  if (address.is_v4()) return address.to_v4().is_loopback();
  const ip::address_v6 v6 = address.to_v6();
  return v6.is_loopback() || (v6.is_v4_mapped() && v6.to_bytes()[12] == 127);
}

/// A default one is made with each value that holds a Host, and spares what to_string() costs.
Host::Host(const ip::address& address)
    : text_(address == ip::address() ? "0.0.0.0" : address.to_string()), numeric_(address) {}

Result<Host> Host::parse(std::string_view text) {
  if (text.empty()) return fail(Errc::malformed, "there is no host");
  if (text.front() == '[') {
    if (text.size() < 2 || text.back() != ']')
      return fail(Errc::malformed, "the host " + in_quotes(text) + " is no IPv6 address");
    return parse_v6(text.substr(1, text.size() - 2));
  }
  if (text.find("://") != std::string_view::npos)
    return fail(Errc::malformed, "the host " + in_quotes(text) +
                                     " holds a scheme; a name or an address stands here, alone");
  if (text.find(':') != std::string_view::npos) return parse_v6(text);
  if (text.size() > kMostNameOctets) return fail(Errc::malformed, "the host name is too long");
  if (!is_name(text))
    return fail(Errc::malformed, "the host " + in_quotes(text) + " is no name and no address");
  if (ends_in_number(text)) {
    boost::system::error_code error;
    const auto address = ip::make_address_v4(std::string(text), error);
    if (!error) return Host(ip::address(address));
    return fail(Errc::malformed, "the host " + in_quotes(text) +
                                     " is no IPv4 address of four numbers such as 192.0.2.1, and "
                                     "no name ends in a number");
  }
  std::string name(text);
  std::transform(name.begin(), name.end(), name.begin(), lower);
  return Host(std::move(name));
}

bool Host::is_loopback() const noexcept {
  return numeric_ ? base::is_loopback(*numeric_) : text_ == "localhost";
}

std::string to_string(const Host& host) {
  const bool brackets = host.is_numeric() && host.numeric()->is_v6();
  return brackets ? "[" + host.text() + "]" : host.text();
}

Result<ip::address> parse_numeric(std::string_view text) {
  const auto host = Host::parse(text);
  if (host && host->is_numeric()) return *host->numeric();
  return fail(Errc::malformed, in_quotes(text) +
                                   " is not a numeric address, allowed are IPv4 such as 127.0.0.1 "
                                   "and IPv6 such as ::1");
}

Result<Address> parse_address(std::string_view text, std::uint16_t default_port) {
  const bool brackets = text.starts_with('[');
  if (!brackets && std::count(text.begin(), text.end(), ':') > 1)
    return fail(Errc::malformed, in_quotes(text) + ": an IPv6 address stands in brackets here");
  const std::size_t close = brackets ? text.find(']') : 0;
  const std::size_t end = std::min(text.find(':', close), text.size());
  const std::string_view authority = text.substr(0, end);
  if (close == std::string_view::npos || (brackets && close + 1 != end))
    return fail(Errc::malformed, "the host " + in_quotes(text) + " is no IPv6 address");
  auto host = Host::parse(authority);
  if (!host) return tl::unexpected(std::move(host.error()));
  const auto port = parse_port(text.substr(end), default_port);
  if (!port) return tl::unexpected(port.error());
  return Address{std::move(*host), *port};
}

std::string to_string(const Address& address) {
  return to_string(address.host) + ":" + std::to_string(address.port);
}

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
    if (std::equal(name.begin(), name.end(), known.begin(), known.end(),
                   [](char a, char b) { return lower(a) == b; }))
      return scheme;
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

Uri Uri::child(std::string_view segment) const {
  Uri below = *this;
  below.path.append("/").append(path_segment(segment));
  return below;
}

Result<Uri> parse_uri(std::string_view text) {
  auto uri = parts_of(text);
  if (uri || text.find('@') == std::string_view::npos) return uri;
  return fail(Errc::malformed,
              "the URI has an \"@\" in it: a user name and password have options of their own, and "
              "in a path it is written %40");
}

// By hand as well: the normal form of Boost.URL 1.81 has a slash for each %2F, and leaves "/.." be.
Result<std::string> parse_path(std::string_view text) {
  if (text.find_first_of("?#") != std::string_view::npos)
    return fail(Errc::malformed, "there is a query or fragment, which has no meaning here");
  if (!text.empty() && text.front() != '/')
    return fail(Errc::malformed, "the path " + in_quotes(text) + " does not begin with /");
  std::vector<std::string_view> kept;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view segment = rest.substr(1, rest.find('/', 1) - 1);
    const auto octets = octets_of_segment(segment);
    if (!octets || !all(segment, is_pchar))
      return fail(Errc::malformed, "the path " + in_quotes(text) + " is none");
    rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
    const bool up = *octets == "..";
    if (up && !kept.empty()) kept.pop_back();
    if (!up && *octets != ".") {
      kept.push_back(segment);
    } else if (rest.empty()) {
      kept.emplace_back();  // "/a/." is "/a/" (RFC 3986 5.2.4)
    }
  }
  std::string path;
  for (const std::string_view segment : kept) append_segment(path, segment);
  return path == "/" ? std::string() : path;
}

std::string origin_of(const Uri& uri) {
  std::string out(name_of(uri.scheme));
  out.append("://").append(to_string(uri.host));
  if (uri.port != default_port(uri.scheme)) out.append(":").append(std::to_string(uri.port));
  return out;
}

std::string to_string(const Uri& uri) {
  return origin_of(uri).append(uri.path);
}

std::vector<std::string> segments_of(const Uri& uri) {
  std::vector<std::string> segments;
  std::string_view rest = uri.path;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the slash
    const std::string_view segment = rest.substr(0, rest.find('/'));
    auto octets = octets_of_segment(segment);
    ensure(octets.has_value(), "the path of a URI is percent-encoded");
    segments.push_back(std::move(*octets));
    rest.remove_prefix(segment.size());
  }
  return segments;
}

std::string printable_uri(std::string_view text) {
  constexpr std::size_t kMostShown = 200;
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return printable(text, kMostShown);
  const std::size_t slashes = text.find("://");
  const std::size_t begin = slashes < at ? slashes + 3 : 0;
  return printable(text.substr(0, begin), kMostShown) + "***" +
         printable(text.substr(at), kMostShown);
}

}  // namespace msggw::base
