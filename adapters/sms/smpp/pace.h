// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/base/clock.h"

namespace msggw::smpp {

struct PaceLimits {
  double rate = 50;   ///< messages a second that are configured, above 0
  double burst = 10;  ///< messages at once after a pause, at least 1
  double least = 1;   ///< messages a second below which throttling does not bring it
  double step = 0.1;  ///< of `rate`, regained with each `every` that passes without throttling
  base::Duration every{1'000};
};

/// How fast messages may be sent over one bind: a token bucket whose rate is halved when the SMSC
/// throttles (ESME_RTHROTTLED, ESME_RMSGQFUL) and recovers in steps while it does not. Pure; time
/// is an argument and may stand still, but not go back.
class Pace {
 public:
  Pace(PaceLimits limits, base::TimePoint now);

  /// Whether a message may be sent now; it is counted if so.
  bool take(base::TimePoint now);

  /// When take() will say yes, `now` at the earliest.
  base::TimePoint ready_at(base::TimePoint now);

  /// The SMSC throttled. At most one halving in each `every`: the answers to a whole window in
  /// flight are one event. What is saved up in the bucket is given up.
  void throttled(base::TimePoint now);

  /// Messages a second at present.
  double rate() const noexcept { return rate_; }

 private:
  void advance(base::TimePoint now);

  PaceLimits limits_;
  double rate_;
  double tokens_;
  base::TimePoint filled_;       ///< tokens_ counts up to here
  base::TimePoint halved_{};     ///< the last time
  base::TimePoint quiet_since_;  ///< no throttling since; steps until here are counted
  bool was_throttled_ = false;   ///< rate_ is below limits_.rate
};

}  // namespace msggw::smpp
