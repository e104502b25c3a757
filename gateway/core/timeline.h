// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "gateway/base/clock.h"

namespace msggw::core {

/// Unix seconds, within what 32 bits hold: from 1970 to 2106. Of rows: Timeline::seconds().
std::uint32_t to_seconds(base::TimePoint at) noexcept;

/// What the store keeps of the time, with each batch (MomentAge).
struct Moment {
  base::TimePoint time;  ///< by Timeline
  base::TimePoint wall;  ///< what the clock of the machine showed then
};

/// The time by which registrations and messages last, and in which rows have their times. It runs
/// as evenly as that of the process, and after a restart goes on from the last moment that is
/// stored, so that no step of the machine's clock ends or prolongs anything: not one back to 1970
/// at a boot without a battery, and not one years ahead.
///
/// How long the gateway was away only that clock can tell. It is believed unless it has gone back,
/// or further ahead than `longest_outage`: then the time away counts as nothing. A value.
class Timeline {
 public:
  /// At start, when the time of the process is `now` and the clock of the machine shows `wall`.
  void resume(const Moment& last, base::TimePoint now, base::TimePoint wall,
              std::chrono::seconds longest_outage) noexcept;

  /// The time here at that of the process.
  base::TimePoint at(base::TimePoint now) const noexcept { return now + shift_; }
  /// The same as rows have it.
  std::uint32_t seconds(base::TimePoint now) const noexcept { return to_seconds(at(now)); }
  /// The first second of rows that is no earlier than `later` from `now` on.
  std::uint32_t seconds_after(base::TimePoint now, base::Duration later) const noexcept {
    return to_seconds(std::chrono::ceil<std::chrono::seconds>(at(now) + later));
  }
  /// When, by the time of the process, it is so late here. For people and other machines.
  base::TimePoint process_time(std::uint32_t seconds) const noexcept {
    return base::TimePoint{std::chrono::seconds{seconds}} - shift_;
  }

 private:
  base::Duration shift_{0};
};

/// How old the moment is that the store keeps: written with each batch, and by itself as often as
/// kEvery while anything lasts that a power cut and a clock that cannot be believed would prolong.
class MomentAge {
 public:
  static constexpr base::Duration kEvery{60'000};

  /// One is on its way to the store.
  void written(base::TimePoint now) noexcept { at_ = now; }
  bool is_due(base::TimePoint now) const noexcept { return now >= due(); }
  base::TimePoint due() const noexcept { return at_ + kEvery; }

 private:
  base::TimePoint at_{};
};

}  // namespace msggw::core
