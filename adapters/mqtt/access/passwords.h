// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "gateway/base/clock.h"
#include "gateway/base/keyed_hash.h"
#include "gateway/base/sources.h"

namespace msggw::mqtt::access {

/// Passwords that were right a while ago, so that they cost no slow hash again. Kept are 128 bits
/// of hashes under keys that never leave the process, of the name, the password and what it was
/// held against: a new password of the name, or another hash, is not remembered. Bounded: two
/// halves, of which the older is forgotten when the newer is full or has become old.
class RightPasswords {
 public:
  using Digest = std::pair<std::uint64_t, std::uint64_t>;
  static constexpr std::size_t kMostInHalf = 65'536;
  static constexpr base::Duration kHalf{10 * 60 * 1'000};

  Digest digest(std::string_view name, std::string_view password, std::string_view hash) const;
  /// Whether it was right; if so it is remembered for longer.
  bool has(const Digest& digest);
  void add(const Digest& digest);
  /// Whether the older half has been forgotten just now: what is still in use should be added
  /// again.
  bool grow_old(base::TimePoint now);
  std::size_t size() const noexcept { return halves_[0].size() + halves_[1].size(); }

 private:
  struct Hash {
    std::size_t operator()(const Digest& digest) const noexcept { return digest.first; }
  };

  std::array<base::HashKey, 2> keys_{base::random_hash_key(), base::random_hash_key()};
  std::array<std::unordered_set<Digest, Hash>, 2> halves_;  ///< the newer first
  base::TimePoint turn_at_{};
};

/// What a broker, which has one thread for all, spends on slow hashes: at most one of so many parts
/// of its time, and a few tries a second for each address. What may be spent ahead addresses share
/// as in base::RoomBySource: none takes more of it than it leaves to others.
class HashBudget {
 public:
  static constexpr std::uint32_t kPerSecond = 5;  ///< of one address; ten seconds of it at once
  static constexpr std::size_t kAddresses = 4'096;
  static constexpr base::Duration kAtOnce{2'000};  ///< so much time may be spent ahead

  explicit HashBudget(int parts) : parts_(parts) {}

  /// Whether a try from there may be hashed now, which is then counted.
  bool allows(base::Source source, base::TimePoint now);
  /// Also what was not asked for.
  void spent(base::Source source, base::Duration took, base::TimePoint now);

 private:
  int parts_;
  base::RateBySource tries_{kPerSecond, kAddresses, base::random_hash_key()};
  base::TimePoint asked_at_{};
  base::TimePoint spent_until_{};
  std::unordered_map<base::Source, base::TimePoint> spent_by_;  ///< of those who have, ahead
};

/// One ceiling for all: half of the broker's time. Who comes from its own machine, as the gateway
/// does, has all of that while nobody else waits, and a quarter of the time however many do; others
/// have what he leaves, a quarter at least.
class HashTime {
 public:
  bool allows(base::Source source, bool is_here, base::TimePoint now);
  /// Requires that it was allowed.
  void spent(base::Source source, bool is_here, base::Duration took, base::TimePoint now);

 private:
  static constexpr base::Duration kPatience{2'000};
  bool others_wait(base::TimePoint now) const noexcept {
    return now < others_until_ && others_until_ - now <= kPatience;
  }

  HashBudget all_{2};
  HashBudget own_{2};
  HashBudget rest_{4};  ///< of who comes from here while others wait
  base::TimePoint others_until_{};
};

}  // namespace msggw::mqtt::access
