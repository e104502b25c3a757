// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/uri.h"

namespace msggw::coap {

namespace {

// RFC 3986: unreserved, sub-delims, ':' and '@'. In a query '&' parts the parameters, so it is
// escaped within one.
constexpr std::string_view kSegment = "-._~!$&'()*+,;=:@";
constexpr std::string_view kQuery = "-._~!$'()*+,;=:@/?";
constexpr std::size_t kMostSegmentOctets = 255;  // of Uri-Path, RFC 7252 5.10

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

std::optional<Transport> transport_of(base::Scheme scheme) noexcept {
  switch (scheme) {
    case base::Scheme::coap: return Transport::udp;
    case base::Scheme::coaps: return Transport::dtls;
    case base::Scheme::coap_tcp: return Transport::tcp;
    case base::Scheme::coaps_tcp: return Transport::tls;
    case base::Scheme::http:
    case base::Scheme::https: break;
  }
  return std::nullopt;
}

base::Result<Destination> destination_of(const base::Uri& uri) {
  const auto transport = transport_of(uri.scheme);
  if (!transport)
    return base::fail(base::Errc::malformed, base::origin_of(uri) + " is not spoken to over CoAP");
  Destination to{*transport, uri.host, uri.port, base::segments_of(uri)};
  for (const std::string& segment : to.path) {
    if (segment.size() > kMostSegmentOctets)
      return base::fail(base::Errc::malformed,
                        base::origin_of(uri) + " with a path segment above 255 octets");
  }
  return to;
}

}  // namespace msggw::coap
