// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "adapters/wire/coap/message.h"
#include "gateway/base/clock.h"
#include "gateway/base/keyed_hash.h"

namespace msggw::coap {

/// Peers that have lately shown to be at their address and port: they answered what was sent there.
/// In fixed memory: one may push another out, who is then asked to show it again. Loop thread only.
///
/// A Message ID of 16 bits is what an answer to a ping has to name, and whoever writes another's
/// address on his datagrams could try them all. So some wrong ones are taken for what they mostly
/// are, repetitions, and after that nobody at that address and port shows anything by one.
class ProvenPeers {
 public:
  static constexpr std::chrono::minutes kFor{10};
  /// Of an address and port in that time: a guess is right once in 65536.
  static constexpr std::uint32_t kMostWrong = 256;

  /// 40 octets for each of `places`.
  explicit ProvenPeers(std::size_t places) : proven_(places), doubted_(places) {}

  void add(const Peer& peer, base::TimePoint now) noexcept {
    const std::uint64_t hash = hash_of(key_, without_local(peer));
    proven_[hash % proven_.size()] = {hash, now + kFor};
  }
  bool holds(const Peer& peer, base::TimePoint now) const noexcept {
    return find(proven_, peer, now) != nullptr;
  }

  /// A Message ID came that was not waited for.
  void wrong(const Peer& peer, base::TimePoint now) noexcept {
    const std::uint64_t hash = hash_of(key_, without_local(peer));
    Doubted& place = doubted_[hash % doubted_.size()];
    if (place.peer != hash || now >= place.until) place = {hash, now + kFor, 0};
    if (place.times < kMostWrong) ++place.times;
  }
  /// Whether one that was waited for may be a guess.
  bool may_guess(const Peer& peer, base::TimePoint now) const noexcept {
    const Doubted* const place = find(doubted_, peer, now);
    return place != nullptr && place->times >= kMostWrong;
  }

 private:
  struct Proven {
    std::uint64_t peer = 0;
    base::TimePoint until{};
  };
  struct Doubted {
    std::uint64_t peer = 0;
    base::TimePoint until{};
    std::uint32_t times = 0;
  };

  template <class Place>
  const Place* find(const std::vector<Place>& places, const Peer& peer,
                    base::TimePoint now) const noexcept {
    const std::uint64_t hash = hash_of(key_, without_local(peer));
    const Place& place = places[hash % places.size()];
    return place.peer == hash && now < place.until ? &place : nullptr;
  }

  base::HashKey key_ = base::random_hash_key();
  std::vector<Proven> proven_;
  std::vector<Doubted> doubted_;
};

}  // namespace msggw::coap
