// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/proportion.h"

#include <chrono>
#include <cstring>

namespace msggw::coap {

namespace {

constexpr std::chrono::minutes kPeriod{5};
constexpr std::size_t kIpv6Headers = 48;
constexpr std::size_t kIpv4Headers = 28;

std::int64_t period_of(base::TimePoint now) noexcept {
  return now.time_since_epoch() / kPeriod;
}

std::size_t headers_of(const Peer& peer) noexcept {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  const bool is_ipv4 = std::memcmp(peer.address.data(), kMapped.data(), kMapped.size()) == 0;
  return is_ipv4 ? kIpv4Headers : kIpv6Headers;
}

}  // namespace

Proportion::Proportion(std::uint32_t octets_per_second, std::size_t sources)
    : beyond_(octets_per_second, sources, base::random_hash_key()) {}

std::string Proportion::echo_of(const Peer& peer, std::int64_t period) const {
  char made[sizeof peer.address + sizeof period];
  std::memcpy(made, peer.address.data(), sizeof peer.address);
  std::memcpy(made + sizeof peer.address, &period, sizeof period);
  const std::uint64_t hash = base::keyed_hash(key_, {made, sizeof made});
  static_assert(sizeof hash == kEchoOctets);
  return {reinterpret_cast<const char*>(&hash), sizeof hash};
}

bool Proportion::is_proof(const Peer& peer, std::string_view echo,
                          base::TimePoint now) const noexcept {
  if (echo.size() != kEchoOctets) return false;
  const std::int64_t period = period_of(now);
  return echo == echo_of(peer, period) || echo == echo_of(peer, period - 1);
}

bool Proportion::is_fair(const Peer& peer, std::size_t asked, std::size_t octets) noexcept {
  const std::size_t headers = headers_of(peer);
  return octets + headers <= kMostTimes * (asked + headers);
}

bool Proportion::allows(const Peer& peer, std::size_t asked, std::size_t octets,
                        base::TimePoint now) noexcept {
  if (is_fair(peer, asked, octets)) return true;
  const std::size_t headers = headers_of(peer);
  const std::size_t fair = kMostTimes * (asked + headers);
  const auto beyond = static_cast<std::uint32_t>(octets + headers - fair);
  return beyond_.pass(source_of(peer), now, beyond);
}

Response Proportion::short_of(const Peer& peer, const Response& response,
                              base::TimePoint now) const {
  Response answer;
  answer.code = response.code == Code::content ? Code::unauthorized : response.code;
  answer.location = response.location;
  answer.max_age_s = response.max_age_s;
  answer.block1 = response.block1;
  answer.echo = echo_of(peer, period_of(now));
  return answer;
}

}  // namespace msggw::coap
