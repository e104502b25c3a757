// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/frame_budget.h"

#include <algorithm>

namespace msggw::http {

bool FrameBudget::take(std::string_view octets, SteadyTime now) noexcept {
  if (now != filled_at_) fill(now);
  while (!octets.empty()) {
    const std::size_t skipped = std::min(skip_, octets.size());
    skip_ -= skipped;
    octets.remove_prefix(skipped);
    const std::size_t more = std::min(kHeader - in_header_, octets.size());
    std::copy_n(octets.data(), more, header_.data() + in_header_);
    in_header_ += more;
    octets.remove_prefix(more);
    if (in_header_ == kHeader && !spend_for_header()) return false;
  }
  return true;
}

bool FrameBudget::spend_for_header() noexcept {
  constexpr std::uint8_t kData = 0;
  in_header_ = 0;
  skip_ = std::size_t{header_[0]} << 16 | std::size_t{header_[1]} << 8 | header_[2];
  const bool data = header_[3] == kData;
  if (data) data_octets_ += skip_;
  const std::size_t cost =
      data ? kOctetsPerFrame - std::min(kOctetsPerFrame, skip_) : kOctetsPerFrame + kWeight * skip_;
  if (left_ < cost) return false;
  left_ -= cost;
  return true;
}

void FrameBudget::earn(std::size_t octets) noexcept {
  left_ = std::min(most_octets_, left_ + octets);
}

void FrameBudget::fill(SteadyTime now) noexcept {
  using Milliseconds = std::chrono::milliseconds;
  constexpr auto kWhole = std::chrono::duration_cast<Milliseconds>(kRefill);
  const auto passed = std::min(kWhole, std::chrono::floor<Milliseconds>(now - filled_at_)).count();
  filled_at_ = now;
  earn(most_octets_ * static_cast<std::size_t>(passed) / static_cast<std::size_t>(kWhole.count()));
}

}  // namespace msggw::http
