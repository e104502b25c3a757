// SPDX-License-Identifier: Apache-2.0
// The `base` of a registration, which says where the gateway is to send to: refused, not kept, or
// an address that is the source's or of a network that is allowed.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "adapters/coap/push_target.h"
#include "gateway/base/result.h"
#include "gateway/base/text.h"
#include "gateway/core/device.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace msggw;
  using base::ensure;
  static const std::array networks{base::Network::parse("192.0.2.0/24").value(),
                                   base::Network::parse("2001:db8::/32").value()};
  static const coap::Peer source =
      coap::peer_at(boost::asio::ip::make_address("198.51.100.7"), 40'000);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto kept = coap_adapter::read_base(text, source, networks);
  if (!kept) {
    ensure(!base::has_control(kept.error().detail), "a diagnostic is printable");
    return 0;
  }
  // What is in the store may be older than the rules.
  const auto stored = coap_adapter::target_of(text);
  ensure(!stored || std::none_of(stored->path.begin(), stored->path.end(),
                                 [](const auto& part) { return part.size() > size_t{65'535}; }),
         "a path is no longer than what it was read from");
  if (kept->empty()) return 0;
  ensure(kept->size() <= core::Device::kMostPushTargetOctets, "a row has room for it");
  const auto target = coap_adapter::target_of(*kept);
  ensure(target.has_value(), "what is kept is a target");
  const boost::asio::ip::address_v6 v6(target->peer.address);
  boost::asio::ip::address address = v6;
  if (v6.is_v4_mapped()) address = boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6);
  ensure(target->peer.address == source.address ||
             std::any_of(networks.begin(), networks.end(),
                         [&](const auto& network) { return network.holds(address); }),
         "nothing is sent to where nothing may be sent");
  const auto again = coap_adapter::read_base(*kept, source, networks);
  ensure(again && *again == *kept, "its normal form has one spelling");
  return 0;
}
