// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "gateway/base/clock.h"

namespace msggw::messages {

/// What the store keeps of the time: with each batch, and once a minute while anything waits.
struct Moment {
  base::TimePoint time;  ///< of messages (Timeline)
  base::TimePoint wall;  ///< what the clock of the machine showed then
};

/// The time by which messages wait and expire. It runs as evenly as that of the process, and after
/// a restart goes on from the last moment that is stored, so that no step of the machine's clock
/// ends a message: not one back to 1970 at a boot without a battery, and not one years ahead.
///
/// How long the gateway was away only that clock can tell. It is believed unless it has gone back,
/// or further ahead than `longest_outage`: then the time away counts as nothing. A value.
class Timeline {
 public:
  /// At start, when the time of the process is `now` and the clock of the machine shows `wall`.
  void resume(const Moment& last, base::TimePoint now, base::TimePoint wall,
              std::chrono::seconds longest_outage) noexcept;

  /// The time of messages at that of the process.
  base::TimePoint at(base::TimePoint now) const noexcept { return now + shift_; }
  /// The same as headers have it: seconds, within what 32 bits hold.
  std::uint32_t seconds(base::TimePoint now) const noexcept;
  /// When, by the time of the process, it is so late for messages.
  base::TimePoint process_time(std::uint32_t seconds) const noexcept {
    return base::TimePoint{std::chrono::seconds{seconds}} - shift_;
  }

 private:
  base::Duration shift_{0};
};

}  // namespace msggw::messages
