// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/timeline.h"

#include <algorithm>
#include <limits>

namespace msggw::core {

void Timeline::resume(const Moment& last, base::TimePoint now, base::TimePoint wall,
                      std::chrono::seconds longest_outage) noexcept {
  base::Duration away = wall - last.wall;
  if (away < base::Duration{0} || away > longest_outage) away = base::Duration{0};
  shift_ = last.time + away - now;
}

std::uint32_t to_seconds(base::TimePoint at) noexcept {
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  const std::int64_t seconds =
      std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 0, kMost));
}

}  // namespace msggw::core
