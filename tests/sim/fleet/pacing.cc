// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/fleet/pacing.h"

#include <algorithm>
#include <cmath>

namespace msggw::fleet {
namespace {

constexpr double kCatchUpSeconds = 0.1;

double seconds_of(Instant t) {
  return std::chrono::duration<double>(t).count();
}

}  // namespace

/// The integral of the rate from the start; the first request is free.
double Pacer::allowed(Instant now) const {
  const double t = seconds_of(now);
  const double ramp = seconds_of(limits_.ramp);
  return 1 + limits_.rate * (t < ramp ? t * t / (2 * ramp) : t - ramp / 2);
}

std::size_t Pacer::may_start(Instant now, std::size_t outstanding) {
  std::size_t window = limits_.window;
  if (limits_.rate <= 0 && now < limits_.ramp) {
    const double share = seconds_of(now) / seconds_of(limits_.ramp);
    window = 1 + static_cast<std::size_t>(static_cast<double>(window - 1) * share);
  }
  const std::size_t free = window - std::min(window, outstanding);
  if (limits_.rate <= 0) return free;
  const double most = std::max(1.0, limits_.rate * kCatchUpSeconds);
  const double now_allowed = allowed(now);
  started_ = std::max(started_, now_allowed - most);
  return std::min(free, static_cast<std::size_t>(std::max(0.0, now_allowed - started_)));
}

Instant Pacer::next_start(Instant now) const {
  if (limits_.rate <= 0) return now;
  const double goal = started_ + 1;
  if (allowed(now) >= goal) return now;
  const double ramp = seconds_of(limits_.ramp);
  const double linear = (goal - 1) / limits_.rate + ramp / 2;
  const double at = linear >= ramp ? linear : std::sqrt(2 * ramp * (goal - 1) / limits_.rate);
  return std::max(now, Instant(static_cast<std::int64_t>(std::ceil(at * 1e9))));
}

}  // namespace msggw::fleet
