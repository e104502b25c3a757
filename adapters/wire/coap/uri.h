// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/coap/message.h"
#include "gateway/base/address.h"
#include "gateway/base/result.h"

namespace msggw::coap {

/// Where a request goes and what it names there, as RFC 7252 6.4 and RFC 8323 8.4 take a URI apart.
struct Destination {
  Transport transport = Transport::udp;
  base::Host host;
  std::uint16_t port = 0;
  std::vector<std::string> path;  ///< unescaped segments, each of at most 255 octets
};

/// Returns `malformed` if the scheme is none of CoAP's or a segment of the path is too long for an
/// option.
base::Result<Destination> destination_of(const base::Uri& uri);

/// None: the scheme is none of CoAP's.
std::optional<Transport> transport_of(base::Scheme scheme) noexcept;

/// Appends `segment` to a path, with everything percent-encoded that may not stand there as it is.
void append_segment(std::string& path, std::string_view segment);
void append_query(std::string& queries, std::string_view query);
/// The octets that `text` stands for; a '%' without two hexadecimal digits stands for itself.
std::string unescape(std::string_view text);

}  // namespace msggw::coap
