// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>

#include "gateway/base/clock.h"

namespace msggw::base {

struct BackoffLimits {
  Duration first{100};
  Duration most{30'000};
};

/// The wait before try number `failures + 1`: uniformly random between zero and a ceiling that
/// starts at `limits.first` and doubles with every failure up to `limits.most` ("full jitter", so
/// that a fleet which failed together does not come back together). `random` is 32 uniform bits.
Duration full_jitter(const BackoffLimits& limits, unsigned failures, std::uint32_t random) noexcept;

/// The state of one thing that is tried again until it works: a connection, an address. Not
/// thread-safe.
class Backoff {
 public:
  Backoff(BackoffLimits limits, std::uint32_t seed) : limits_(limits), random_(seed) {}

  void succeeded() noexcept {
    failures_ = 0;
    next_try_ = {};
  }

  /// `at_least` is what the other side asked for (Retry-After, Max-Age); jitter is added on top of
  /// it.
  void failed(TimePoint now, Duration at_least = Duration{0}) noexcept {
    next_try_ =
        now + at_least + full_jitter(limits_, failures_++, static_cast<std::uint32_t>(random_()));
  }

  TimePoint next_try() const noexcept { return next_try_; }
  unsigned failures() const noexcept { return failures_; }

 private:
  BackoffLimits limits_;
  std::minstd_rand random_;
  TimePoint next_try_{};
  unsigned failures_ = 0;
};

}  // namespace msggw::base
