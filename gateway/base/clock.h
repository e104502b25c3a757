// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>

namespace msggw::base {

using Duration = std::chrono::milliseconds;

/// Points in time everywhere in the product: Unix time in milliseconds, but never running
/// backwards.
using TimePoint = std::chrono::sys_time<Duration>;

/// Wall-clock time at construction, carried on by the steady clock: lifetimes can be stored as Unix
/// time, and a step of the system clock while running neither expires nor prolongs anything. Rooms
/// below `service` take the time as an argument instead. Safe from any thread.
class Clock {
 public:
  Clock()
      : wall_(std::chrono::floor<Duration>(std::chrono::system_clock::now())),
        steady_(std::chrono::steady_clock::now()) {}

  TimePoint now() const noexcept {
    return wall_ + std::chrono::floor<Duration>(std::chrono::steady_clock::now() - steady_) +
           Duration{skipped_.load(std::memory_order_relaxed)};
  }
  /// For tests: so much time passes at once. Timers that are set know nothing of it.
  void skip(Duration time) noexcept { skipped_ += time.count(); }

 private:
  TimePoint wall_;
  std::chrono::steady_clock::time_point steady_;
  std::atomic<Duration::rep> skipped_{0};
};

}  // namespace msggw::base
