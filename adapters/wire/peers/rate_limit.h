// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/base/clock.h"

namespace msggw::peers {

/// A token bucket: in any stretch of time T at most `burst` + `rate` * T are taken. Full at first.
/// Not thread-safe.
class RateLimit {
 public:
  /// `rate` per second, 0: no limit; `burst` at least 1.
  RateLimit(std::size_t rate, std::size_t burst) noexcept;

  /// How many may be taken now. `now` never runs backwards.
  std::size_t available(base::TimePoint now) noexcept;
  /// Requires `count` <= available().
  void take(std::size_t count) noexcept;
  /// When `count` (or the burst, if that is less) are there, at the earliest the next millisecond.
  base::TimePoint when(std::size_t count, base::TimePoint now) noexcept;

 private:
  void refill(base::TimePoint now) noexcept;

  std::uint64_t rate_;
  std::uint64_t burst_;  // in thousandths, as `tokens_`: a millisecond gives `rate_` of them
  std::uint64_t tokens_;
  base::TimePoint filled_{};
};

}  // namespace msggw::peers
