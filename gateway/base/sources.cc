// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/sources.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "gateway/base/result.h"

namespace msggw::base {

Source source_of(const boost::asio::ip::address& address) noexcept {
  namespace ip = boost::asio::ip;
  const auto of_v4 = [](const ip::address_v4& v4) {
    return Source{0xff00'0000'0000'0000 | v4.to_uint()};
  };
  if (address.is_v4()) return of_v4(address.to_v4());
  const ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return of_v4(ip::make_address_v4(ip::v4_mapped, v6));
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < sizeof prefix; ++i) prefix = prefix << 8 | v6.to_bytes()[i];
  // ::1 and what else begins with zeros is somebody too.
  return Source{prefix == 0 ? 0xff03'0000'0000'0000 : prefix};
}

std::string to_string(Source source) {
  namespace ip = boost::asio::ip;
  if (source == Source::none) return "unknown";
  const auto number = static_cast<std::uint64_t>(source);
  const auto rest = static_cast<std::uint32_t>(number);
  switch (number >> 48) {
    case 0xff00: return ip::address_v4(rest).to_string();
    case 0xff01: return "broker";
    case 0xff02: return "smsc:" + std::to_string(rest + 1);
    case 0xff03: return "::/64";
    default: break;
  }
  ip::address_v6::bytes_type octets{};
  for (std::size_t i = 0; i < sizeof number; ++i)
    octets[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  return ip::address_v6(octets).to_string() + "/64";
}

RateBySource::RateBySource(std::uint32_t per_second, std::size_t places, const HashKey& key)
    : per_second_(per_second), key_(key), places_(std::bit_ceil(std::max(places, kWays))) {}

bool RateBySource::pass(Source source, TimePoint now, std::uint32_t times) noexcept {
  if (!is_limited()) return true;
  const std::int64_t now_ns = std::chrono::nanoseconds(now.time_since_epoch()).count();
  char octets[sizeof source];
  std::memcpy(octets, &source, sizeof source);
  const std::size_t set = keyed_hash(key_, {octets, sizeof octets}) & (places_.size() / kWays - 1);
  Place* const first = &places_[set * kWays];
  Place* place = std::find_if(first, first + kWays,
                              [source](const Place& each) { return each.source == source; });
  if (place == first + kWays) {
    place = std::min_element(first, first + kWays, [](const Place& a, const Place& b) {
      return a.used_until_ns < b.used_until_ns;
    });
    *place = {source, 0};
  }
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  constexpr std::int64_t kBurstNs = std::chrono::nanoseconds(kBurst).count();
  const std::int64_t takes = (times * kSecondNs + per_second_ - 1) / per_second_;
  const std::int64_t used = std::max(place->used_until_ns, now_ns) + takes;
  if (used - now_ns > kBurstNs) return false;
  place->used_until_ns = used;
  return true;
}

bool ShareBySource::enter(Source source) {
  std::size_t& count = counts_[source];
  if (most_ != 0 && count >= most_) return false;
  ++count;
  return true;
}

void ShareBySource::leave(Source source) {
  const auto found = counts_.find(source);
  ensure(found != counts_.end(), "a source leaves what it entered");
  if (--found->second == 0) counts_.erase(found);
}

std::size_t ShareBySource::of(Source source) const noexcept {
  const auto found = counts_.find(source);
  return found == counts_.end() ? 0 : found->second;
}

bool RoomBySource::take(Source source, std::size_t amount) {
  if (taken_ > size_ || amount > size_ - taken_) return false;
  if (amount == 0) return true;
  const auto found = taken_by_.find(source);
  const std::size_t own = found == taken_by_.end() ? 0 : found->second;
  if (own + amount > size_ - taken_ - amount) return false;
  taken_ += amount;
  found == taken_by_.end() ? void(taken_by_.emplace(source, amount))
                           : void(found->second += amount);
  return true;
}

void RoomBySource::give_back(Source source, std::size_t amount) {
  if (amount == 0) return;
  const auto found = taken_by_.find(source);
  ensure(found != taken_by_.end() && found->second >= amount, "a source gives back what it took");
  taken_ -= amount;
  if ((found->second -= amount) == 0) taken_by_.erase(found);
}

}  // namespace msggw::base
