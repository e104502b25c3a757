// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/proportion.h"

#include <boost/asio/ip/address_v6.hpp>
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
  return boost::asio::ip::address_v6(peer.address).is_v4_mapped() ? kIpv4Headers : kIpv6Headers;
}

/// Octets that an answer has beyond the proportion.
std::size_t beyond(const Peer& peer, std::size_t asked, std::size_t octets) noexcept {
  const std::size_t headers = headers_of(peer);
  const std::size_t fair = Proportion::kMostTimes * (asked + headers);
  return octets + headers > fair ? octets + headers - fair : 0;
}

}  // namespace

Proportion::Proportion(std::uint32_t octets_per_second, std::size_t sources)
    : allowance_(octets_per_second, sources, base::random_hash_key()) {}

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
  return beyond(peer, asked, octets) == 0;
}

bool Proportion::allows(const Peer& peer, std::size_t asked, std::size_t octets,
                        base::TimePoint now) noexcept {
  const std::size_t more = beyond(peer, asked, octets);
  return more == 0 || allowance_.pass(source_of(peer), now, static_cast<std::uint32_t>(more));
}

bool Proportion::allows_again(const Peer& peer, std::size_t octets, base::TimePoint now) noexcept {
  const std::size_t all = octets + headers_of(peer);
  return allowance_.pass(source_of(peer), now, static_cast<std::uint32_t>(all));
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
