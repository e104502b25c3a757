#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/coap/message.h"
#include "gateway/base/result.h"

namespace msggw::coap {

/// An absolute URI of a CoAP scheme, taken apart as RFC 7252 6.4 and RFC 8323 8.4 say.
struct Uri {
  Transport transport = Transport::udp;
  std::string host;      ///< without brackets
  bool numeric = false;  ///< the host is an IP address
  std::uint16_t port = 0;
  std::vector<std::string> path;  ///< unescaped segments
};

/// incorrect: no such URI; the detail says why. A query, a fragment and user information are
/// refused.
base::Result<Uri> parse_uri(std::string_view text);

/// Appends `segment` to a path, with everything percent-encoded that may not stand there as it is.
void append_segment(std::string& path, std::string_view segment);
void append_query(std::string& queries, std::string_view query);
/// The octets that `text` stands for; a '%' without two hexadecimal digits stands for itself.
std::string unescape(std::string_view text);

}  // namespace msggw::coap
