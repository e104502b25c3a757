// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"

namespace msggw::base {

/// The newest of what has happened, for whoever wants to know what led to where something stands:
/// of each kind of event the newest `most`, in memory that is taken once. It begins with the
/// process and is nowhere else. An Event is a plain struct with a member `at`. Adding one copies
/// it, and no more: it is told its time by stamp(), at the end of the turn. One thread at a time.
template <class Event>
class Trace {
 public:
  explicit Trace(std::size_t most) : slots_(most) {}

  /// The event as it is kept, until the next call.
  Event& add(const Event& event) {
    lacks_one_ = false;
    return slots_[total_++ % slots_.size()] = event;
  }
  /// The newest has not happened after all. Once for each, at once after add(): the oldest that it
  /// took the place of does not come back.
  void take_back() { lacks_one_ = --total_ >= slots_.size(); }
  /// What has been added since the last call happened at `now`.
  void stamp(TimePoint now) {
    for (stamped_ = std::max(stamped_, total_ - size()); stamped_ < total_; ++stamped_)
      slots_[stamped_ % slots_.size()].at = now;
  }

  std::size_t size() const noexcept {
    return static_cast<std::size_t>(std::min<std::uint64_t>(total_, slots_.size())) -
           (lacks_one_ ? 1 : 0);
  }
  std::size_t most() const noexcept { return slots_.size(); }
  /// Since the beginning, those too that newer ones have taken the place of.
  std::uint64_t total() const noexcept { return total_; }
  /// The oldest is 0; requires i < size(). Those of this turn have no time yet: TimePoint{}.
  const Event& operator[](std::size_t i) const { return slots_[(total_ - size() + i) % most()]; }

 private:
  std::vector<Event> slots_;
  std::uint64_t total_ = 0;
  std::uint64_t stamped_ = 0;  ///< of total_
  bool lacks_one_ = false;     ///< what would be the oldest is nothing
};

/// Text of an event that is cut to what fits, so that events have a fixed size.
template <std::size_t kMost>
class CutText {
 public:
  CutText() = default;
  template <std::convertible_to<std::string_view> Text>
  CutText(const Text& whole) noexcept {
    static_assert(kMost < 256);
    const std::string_view text = whole;
    size_ = static_cast<std::uint8_t>(std::min(text.size(), kMost));
    std::copy_n(text.data(), size_, text_.data());
  }
  std::string_view view() const noexcept { return {text_.data(), size_}; }
  /// Whether it is the beginning of `whole` that fits.
  bool is_of(std::string_view whole) const noexcept { return view() == whole.substr(0, kMost); }

 private:
  std::array<char, kMost> text_{};
  std::uint8_t size_ = 0;
};

}  // namespace msggw::base
