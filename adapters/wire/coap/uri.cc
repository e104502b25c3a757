#include "adapters/wire/coap/uri.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <optional>

#include "gateway/base/text.h"

namespace msggw::coap {

namespace {

// RFC 3986: unreserved, sub-delims, ':' and '@'. In a query '&' parts the parameters, so it is
// escaped within one.
constexpr std::string_view kSegment = "-._~!$&'()*+,;=:@";
constexpr std::string_view kQuery = "-._~!$'()*+,;=:@/?";

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void append_escaped(std::string& out, std::string_view text, std::string_view allowed) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_alphanumeric(c) || allowed.find(c) != std::string_view::npos) {
      out.push_back(c);
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    out.append({'%', kHex[octet >> 4], kHex[octet & 15]});
  }
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<Transport> transport_of(std::string_view scheme) {
  for (const auto transport : {Transport::udp, Transport::dtls, Transport::tcp, Transport::tls}) {
    if (scheme == scheme_of(transport)) return transport;
  }
  return std::nullopt;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

base::Result<Uri> bad(std::string_view text, const char* why) {
  return base::fail(base::Errc::incorrect, "\"" + base::printable(text, 200) + "\" " + why);
}

}  // namespace

void append_segment(std::string& path, std::string_view segment) {
  append_escaped(path, segment, kSegment);
}

void append_query(std::string& queries, std::string_view query) {
  append_escaped(queries, query, kQuery);
}

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escape = text[at] == '%' && at + 2 < text.size() && digit(text[at + 1]) >= 0 &&
                        digit(text[at + 2]) >= 0;
    if (!escape) {
      out.push_back(text[at]);
      continue;
    }
    out.push_back(static_cast<char>(digit(text[at + 1]) << 4 | digit(text[at + 2])));
    at += 2;
  }
  return out;
}

base::Result<Uri> parse_uri(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed) return bad(text, "is no absolute URI");
  const auto transport = transport_of(lower(parsed->scheme()));
  if (!transport) return bad(text, "is not coap:, coaps:, coap+tcp: or coaps+tcp:");
  if (!parsed->has_authority() || parsed->encoded_host().empty()) return bad(text, "names no host");
  if (parsed->has_userinfo()) return bad(text, "must not name a user");
  if (parsed->has_query() || parsed->has_fragment())
    return bad(text, "must have no query and no fragment");
  Uri uri;
  uri.transport = *transport;
  uri.host = parsed->host_address();
  uri.numeric = parsed->host_type() == boost::urls::host_type::ipv4 ||
                parsed->host_type() == boost::urls::host_type::ipv6;
  if (uri.host.size() > 255) return bad(text, "has too long a host");
  uri.port = is_secure(*transport) ? 5684 : 5683;
  if (parsed->has_port() && !parsed->port().empty()) {
    uri.port = parsed->port_number();
    if (uri.port == 0) return bad(text, "has no port from 1 to 65535");
  }
  if (parsed->encoded_path() != "/") {
    for (const auto segment : parsed->segments()) {
      if (segment.size() > 255) return bad(text, "has a path segment above 255 octets");
      uri.path.emplace_back(segment);
    }
  }
  return uri;
}

}  // namespace msggw::coap
