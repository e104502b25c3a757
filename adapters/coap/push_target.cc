// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/push_target.h"

#include <algorithm>

#include "gateway/base/address.h"
#include "gateway/core/device.h"

namespace msggw::coap_adapter {

namespace {

namespace ip = boost::asio::ip;

/// One that a datagram can go to by the address alone, and to nobody else.
bool is_unicast(ip::address address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = ip::make_address_v4(ip::v4_mapped, address.to_v6());
  const bool is_link_local = address.is_v6() && address.to_v6().is_link_local();
  return !address.is_unspecified() && !address.is_multicast() && !is_link_local;
}

}  // namespace

base::Result<std::string> read_base(std::string_view text, const coap::Peer& source,
                                    std::span<const base::Network> networks) {
  const auto uri = base::parse_uri(text);
  if (!uri && uri.error().code == base::Errc::unsupported) return std::string();
  if (!uri)
    return base::fail(base::Errc::incorrect,
                      "base is \"" + base::printable_uri(text) + "\": " + uri.error().detail);
  const ip::address* const address = uri->host.numeric();
  if (uri->scheme != base::Scheme::coap || address == nullptr || !is_unicast(*address))
    return std::string();
  const bool may_be = coap::peer_at(*address, 0).address == source.address ||
                      std::any_of(networks.begin(), networks.end(),
                                  [&](const auto& one) { return one.holds(*address); });
  std::string kept = to_string(*uri);
  if (!may_be || kept.size() > core::Device::kMostPushTargetOctets) return std::string();
  return kept;
}

std::optional<PushTarget> target_of(std::string_view kept) {
  const auto uri = base::parse_uri(kept);
  if (!uri || uri->host.numeric() == nullptr) return std::nullopt;
  PushTarget target{coap::peer_at(*uri->host.numeric(), uri->port), segments_of(*uri)};
  if (!target.path.empty() && target.path.back().empty()) target.path.pop_back();  // "/x/"
  return target;
}

}  // namespace msggw::coap_adapter
