// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace msggw::fleet {

/// Time since the start of the run. Only the loops read a clock.
using Instant = std::chrono::nanoseconds;

/// Says when the next request may start: never more than a window outstanding, never more than a
/// rate a second, both growing linearly during the ramp. After a stall at most 100 ms worth of
/// requests is caught up at once, so that the rate stays what was asked for. Not thread-safe.
class Pacer {
 public:
  struct Limits {
    std::size_t window = 1;
    double rate = 0;  ///< a second, 0: only the window counts
    Instant ramp{0};
  };

  explicit Pacer(Limits limits) : limits_(limits) {}

  /// How many requests may start at `now` while `outstanding` are under way. `now` never runs
  /// backwards.
  std::size_t may_start(Instant now, std::size_t outstanding);
  void started(std::size_t count = 1) { started_ += static_cast<double>(count); }
  /// When the rate lets the next one start; `now` if it does already (then only the window can be
  /// in the way).
  Instant next_start(Instant now) const;

 private:
  double allowed(Instant now) const;

  Limits limits_;
  double started_ = 0;  ///< plus what a stall forfeited
};

}  // namespace msggw::fleet
