// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/keyed_hash.h"

namespace msggw::base {

/// Who sent something, as far as limits are concerned: an IPv4 address, the first 64 bits of an
/// IPv6 address (what one customer commonly has), a broker, an SMSC. A number that means the same
/// in every process.
enum class Source : std::uint64_t {
  none = 0,  ///< not known: such are one source together
};

/// An IPv4 address mapped into IPv6 is that IPv4 address.
Source source_of(const boost::asio::ip::address& address) noexcept;
/// What lies behind a broker cannot be told apart, so it is one source.
constexpr Source broker_source() noexcept {
  return Source{0xff01'0000'0000'0000};
}
constexpr Source smsc_source(std::size_t number) noexcept {
  return Source{0xff02'0000'0000'0000 | number};
}

/// For an event: "192.0.2.7", "2001:db8::/64", "broker", "smsc:2" (as they are counted in the
/// configuration, from 1 on), or "unknown".
std::string to_string(Source source);

/// Lets each source do something so many times a second, in fixed memory whatever number of
/// sources there are. What a source did not use in the last `kBurst` is saved up. When there are
/// more sources than places, those forget first that did least, so a source is at times allowed
/// more, never less. One thread at a time.
class RateBySource {
 public:
  static constexpr Duration kBurst{10'000};

  /// `per_second` 0: no limit. 16 octets for each of `places`.
  RateBySource(std::uint32_t per_second, std::size_t places, const HashKey& key);

  /// Whether the source may do it `times` more now, which is then counted.
  bool pass(Source source, TimePoint now, std::uint32_t times = 1) noexcept;
  bool is_limited() const noexcept { return per_second_ != 0; }
  /// From now on so many; what each has used counts on.
  void limit_to(std::uint32_t per_second) noexcept { per_second_ = per_second; }

 private:
  static constexpr std::size_t kWays = 4;  ///< places that a source may have
  struct Place {
    Source source = Source::none;
    std::int64_t used_until_ns = 0;  ///< the generic cell rate algorithm's theoretical arrival time
  };

  std::int64_t per_second_;
  HashKey key_;
  std::vector<Place> places_;
};

/// How many of something each source has at the moment, so that none has all. Its memory is
/// bounded by what is counted. One thread at a time.
class ShareBySource {
 public:
  /// `most` 0: no limit.
  explicit ShareBySource(std::size_t most) : most_(most) {}

  /// False, and not counted: the source has as many as it may.
  bool enter(Source source);
  /// Requires an enter() that returned true.
  void leave(Source source);
  std::size_t of(Source source) const noexcept;
  /// From now on. Who has more keeps it.
  void limit_to(std::size_t most) noexcept { most_ = most; }

 private:
  std::size_t most_;
  boost::unordered_flat_map<Source, std::size_t> counts_;
};

/// Room that sources share, none of which takes more than it leaves free: alone half of it, beside
/// another one a third. So whoever comes finds some, however greedy the others are, unless they are
/// many. Its memory is bounded by what is taken. One thread at a time.
class RoomBySource {
 public:
  explicit RoomBySource(std::size_t size) : size_(size) {}

  /// False, and nothing is taken: the source would have more than is left.
  bool take(Source source, std::size_t amount = 1);
  /// Requires that the source has taken so much.
  void give_back(Source source, std::size_t amount = 1);
  std::size_t taken() const noexcept { return taken_; }
  /// From now on. What has been taken beyond it is given back in its time.
  void limit_to(std::size_t size) noexcept { size_ = size; }

 private:
  std::size_t size_;
  std::size_t taken_ = 0;
  boost::unordered_flat_map<Source, std::size_t> taken_by_;
};

}  // namespace msggw::base
