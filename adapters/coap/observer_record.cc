// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/observer_record.h"

#include <algorithm>

#include "gateway/base/bytes.h"

namespace msggw::coap_adapter {

namespace {

// view, token, address and local as 16 octets each, port, scope.
constexpr auto kLastView = static_cast<std::uint64_t>(View::octets);

template <std::size_t kSize>
std::string_view text_of(const std::array<std::uint8_t, kSize>& octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

bool take(base::ByteReader& in, std::array<std::uint8_t, 16>& to) {
  const std::string_view octets = in.bytes();
  if (octets.size() != to.size()) return false;
  std::copy(octets.begin(), octets.end(), to.begin());
  return true;
}

}  // namespace

std::string record_of(const Observation& observation) {
  std::string record;
  base::ByteWriter to(record);
  const coap::Observer& observer = observation.to;
  if (observer.peer.session != 0) return record;
  to.varint(static_cast<std::uint64_t>(observation.view));
  to.bytes(observer.token.view());
  to.bytes(text_of(observer.peer.address));
  to.bytes(text_of(observer.peer.local));
  to.varint(observer.peer.port);
  to.varint(observer.peer.scope);
  return record;
}

std::optional<Observation> observation_of(std::string_view record) {
  base::ByteReader in(record);
  Observation observation;
  coap::Observer& observer = observation.to;
  const std::uint64_t view = in.varint();
  const std::string_view token = in.bytes();
  const bool has_addresses = take(in, observer.peer.address) && take(in, observer.peer.local);
  const std::uint64_t port = in.varint();
  const std::uint64_t scope = in.varint();
  const bool is_good = in.ok() && in.at_end() && has_addresses && view <= kLastView &&
                       token.size() <= observer.token.octets.size() && port <= UINT16_MAX &&
                       scope <= UINT32_MAX;
  if (!is_good) return std::nullopt;
  observation.view = static_cast<View>(view);
  std::copy(token.begin(), token.end(), observer.token.octets.begin());
  observer.token.size = static_cast<std::uint8_t>(token.size());
  observer.peer.port = static_cast<std::uint16_t>(port);
  observer.peer.scope = static_cast<std::uint32_t>(scope);
  return observation;
}

}  // namespace msggw::coap_adapter
