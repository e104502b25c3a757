// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "adapters/sms/writing.h"
#include "gateway/base/clock.h"
#include "gateway/core/ids.h"
#include "gateway/messages/drafts.h"
#include "gateway/messages/outbox.h"

namespace msggw::sms {

/// A text or data that is whole and acknowledged, and no message yet.
struct HeldText {
  Writing writing;
  Text text;
  std::vector<messages::DraftNo> drafts;  ///< that hold it
  base::TimePoint since{};                ///< when the last of it came
};

/// What waits until its device has its Service ID, or the gateway has room: of each device in the
/// order in which it came. Loop thread only.
class HeldTexts {
 public:
  /// As many in all, of as many octets, and as many of each device as of long messages that are not
  /// whole; each for Options::held_lifetime.
  explicit HeldTexts(const Options& options) : options_(options) {}

  /// None: there is room for one more.
  std::optional<messages::Refusal> no_room(core::DeviceNo device, std::size_t octets) const;
  void add(core::DeviceNo device, HeldText text);
  bool has(core::DeviceNo device) const { return by_device_.contains(device); }
  /// The oldest of the device; null: there is none. Valid until the next call.
  HeldText* first(core::DeviceNo device);
  /// Requires one.
  HeldText take_first(core::DeviceNo device);
  /// Whether one that came before `until` is this very text, whole or of the same reference.
  bool holds(core::DeviceNo device, const Writing& writing, const Text& text,
             base::TimePoint until) const;
  std::vector<core::DeviceNo> devices() const;
  std::size_t size() const noexcept { return count_; }
  std::size_t size_of(core::DeviceNo device) const;

 private:
  const Options& options_;
  boost::unordered_flat_map<core::DeviceNo, std::deque<HeldText>> by_device_;
  std::size_t count_ = 0;
  std::size_t octets_ = 0;
};

}  // namespace msggw::sms
