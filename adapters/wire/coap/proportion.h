// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/wire/coap/message.h"
#include "gateway/base/clock.h"
#include "gateway/base/keyed_hash.h"
#include "gateway/base/sources.h"

namespace msggw::coap {

/// Keeps what is sent to an address in proportion to what came from it, as long as nobody has shown
/// that he is there: or whoever writes another's address on his datagrams could have us send that
/// one many times what he sends (RFC 7252 11.3, RFC 9175 2.6). Over udp in the clear only.
///
/// An answer may have kMostTimes the octets of its request, headers of IP and UDP counted. What is
/// more, and whatever is repeated, goes on the account of its source, which may have so much a
/// second, ten seconds of it at once. Above that nothing is repeated, and an answer is made short:
/// it keeps its code, Location-Path and Max-Age; where the content is the answer (2.05), 4.01
/// stands in its place. A short answer has an Echo option, and whoever sends that back has shown
/// where he is: he is answered in full. Loop thread only.
class Proportion {
 public:
  static constexpr std::size_t kMostTimes = 3;
  static constexpr std::size_t kEchoOctets = 8;

  /// `octets_per_second` of each source beyond the proportion; 0: no limit.
  Proportion(std::uint32_t octets_per_second, std::size_t sources);

  bool is_limited() const noexcept { return allowance_.is_limited(); }
  void limit_to(std::uint32_t octets_per_second) noexcept {
    allowance_.limit_to(octets_per_second);
  }
  /// Whether `echo` was made for this peer's address in the last five to ten minutes.
  bool is_proof(const Peer& peer, std::string_view echo, base::TimePoint now) const noexcept;
  /// Whether an answer of `octets` (the message) to a request of `asked` is in proportion.
  static bool is_fair(const Peer& peer, std::size_t asked, std::size_t octets) noexcept;
  /// The same, or its source has so much left.
  bool allows(const Peer& peer, std::size_t asked, std::size_t octets,
              base::TimePoint now) noexcept;
  /// Whether so much may be sent once more, since nobody has acknowledged it: nothing was asked for
  /// it, so all of it goes on the account, whatever an Echo has shown before.
  bool allows_again(const Peer& peer, std::size_t octets, base::TimePoint now) noexcept;
  /// What to send instead.
  Response short_of(const Peer& peer, const Response& response, base::TimePoint now) const;

 private:
  std::string echo_of(const Peer& peer, std::int64_t period) const;

  base::HashKey key_ = base::random_hash_key();
  base::RateBySource allowance_;
};

}  // namespace msggw::coap
