// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "gateway/base/clock.h"

namespace msggw::mqtt {

/// Until when each of what is under way must be proven; all wait equally long, so the first in is
/// the first due. What ends leaves its deadline behind; a device that comes and goes does not fill
/// the memory with these. Loop thread only.
class Deadlines {
 public:
  /// At most `most` are under way at a time; `is_under_way(tag)` says which.
  template <class IsUnderWay>
  void add(base::TimePoint at, std::uint64_t tag, std::size_t most, IsUnderWay&& is_under_way) {
    if (deadlines_.size() >= 2 * most)
      std::erase_if(deadlines_, [&](const auto& each) { return !is_under_way(each.second); });
    deadlines_.emplace_back(at, tag);
  }
  /// The next that is due; it may have ended since.
  std::optional<std::uint64_t> take_due(base::TimePoint now) {
    if (deadlines_.empty() || deadlines_.front().first > now) return std::nullopt;
    const std::uint64_t tag = deadlines_.front().second;
    deadlines_.pop_front();
    return tag;
  }
  std::size_t size() const noexcept { return deadlines_.size(); }

 private:
  std::deque<std::pair<base::TimePoint, std::uint64_t>> deadlines_;
};

}  // namespace msggw::mqtt
