#include "gateway/config/api_root.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace msggw::config {
namespace {

constexpr std::size_t kMostOctets = 2'048;
constexpr std::size_t kMostHostOctets = 253;  // RFC 1035 2.3.4, as text

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

/// RFC 3986 3.3, percent-encoding included.
bool is_path(std::string_view path) {
  constexpr std::string_view kOther = "/:@!$&'()*+,;=~%";
  if (!path.empty() && path.front() != '/') return false;
  return std::all_of(path.begin(), path.end(), [&](char c) {
    return is_name_character(c) || kOther.find(c) != std::string_view::npos;
  });
}

tl::unexpected<base::Error> wrong(std::string_view what) {
  return base::fail(base::Errc::malformed,
                    std::string(what) + ", allowed is https://HOST[:PORT][/PATH]");
}

/// Takes the host off the front of `authority`; empty if there is none.
std::string take_host(std::string_view& authority) {
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return {};
    std::string host(authority.substr(1, close - 1));
    authority.remove_prefix(close + 1);
    in6_addr octets{};
    return inet_pton(AF_INET6, host.c_str(), &octets) == 1 ? host : std::string();
  }
  std::string host(authority.substr(0, authority.find(':')));
  authority.remove_prefix(host.size());
  const bool good =
      host.size() <= kMostHostOctets && std::all_of(host.begin(), host.end(), is_name_character);
  return good ? host : std::string();
}

}  // namespace

base::Result<ApiRoot> parse_api_root(std::string_view text) {
  ApiRoot root;
  if (text.size() > kMostOctets) return wrong("is longer than 2048 octets");
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return wrong("is not a URI");
  const auto scheme = text.substr(0, colon);
  if (scheme != "https" && scheme != "http") {
    return base::fail(base::Errc::unsupported,
                      "has a scheme that is not spoken here, allowed are https and http");
  }
  root.tls = scheme == "https";
  text.remove_prefix(colon + 3);
  if (text.find_first_of("?#@") != std::string_view::npos)
    return wrong("has a user, a query or a fragment");
  auto authority = text.substr(0, text.find('/'));
  if (!is_path(text.substr(authority.size()))) return wrong("has a path that is not one");
  root.host = take_host(authority);
  if (root.host.empty()) return wrong("names no usable host");
  if (authority.empty()) return root;
  const auto* end = authority.data() + authority.size();
  const auto [stop, error] = std::from_chars(authority.data() + 1, end, root.port);
  if (authority.front() != ':' || error != std::errc{} || stop != end || root.port == 0) {
    return wrong("names no usable port");
  }
  return root;
}

}  // namespace msggw::config
