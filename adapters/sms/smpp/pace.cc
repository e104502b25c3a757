// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/smpp/pace.h"

#include <algorithm>
#include <cmath>

#include "gateway/base/result.h"

namespace msggw::smpp {

Pace::Pace(PaceLimits limits, base::TimePoint now)
    : limits_(limits), rate_(limits.rate), tokens_(limits.burst), filled_(now), quiet_since_(now) {
  base::ensure(limits.rate > 0 && limits.burst >= 1 && limits.least > 0 && limits.step > 0 &&
                   limits.every > base::Duration::zero(),
               "the limits of a pace are positive");
  limits_.least = std::min(limits_.least, limits_.rate);
}

bool Pace::take(base::TimePoint now) {
  advance(now);
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

base::TimePoint Pace::ready_at(base::TimePoint now) {
  advance(now);
  if (tokens_ >= 1) return now;
  // Rounded up, so that whoever wakes up then finds a whole token.
  const double wait = std::ceil((1 - tokens_) * 1'000 / rate_);
  return now + base::Duration(static_cast<base::Duration::rep>(wait));
}

void Pace::throttled(base::TimePoint now) {
  advance(now);
  tokens_ = 0;
  quiet_since_ = now;
  if (was_throttled_ && now - halved_ < limits_.every) return;
  rate_ = std::max(limits_.least, rate_ / 2);
  halved_ = now;
  was_throttled_ = true;
}

void Pace::advance(base::TimePoint now) {
  if (now <= filled_) return;
  const double seconds = std::chrono::duration<double>(now - filled_).count();
  // The half ulp that sums of fractions lose must not cost a millisecond.
  tokens_ = std::min(limits_.burst, tokens_ + seconds * rate_ + 1e-9);
  filled_ = now;
  if (!was_throttled_) return;
  const auto steps = (now - quiet_since_) / limits_.every;
  if (steps == 0) return;
  rate_ = std::min(limits_.rate, rate_ + static_cast<double>(steps) * limits_.step * limits_.rate);
  quiet_since_ += steps * limits_.every;
  was_throttled_ = rate_ < limits_.rate;
}

}  // namespace msggw::smpp
