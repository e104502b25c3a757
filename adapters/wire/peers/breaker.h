// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "gateway/base/backoff.h"

namespace msggw::peers {

struct BreakerLimits {
  unsigned most_failures = 3;    ///< in a row until it opens, at least 1
  base::Duration probe_first{};  ///< ceiling of the first wait between probes; doubles, full jitter
  base::Duration probe_most{};   ///< ceiling of all
  base::Duration most_retry_after{};  ///< a longer pause that the peer asks for is cut to this

  bool operator==(const BreakerLimits&) const = default;
};

/// Whether one peer is worth asking. Closed: requests flow. Open, after `most_failures` failures in
/// a row or when the peer itself asked for a pause: one probe at a time, after a back-off with full
/// jitter. Any answer closes it; only after the pause, if the peer asked for one, since what it
/// answers meanwhile was asked before. No I/O and no clock; `now` never runs backwards. Not
/// thread-safe.
class Breaker {
 public:
  Breaker(const BreakerLimits& limits, std::uint32_t seed);

  bool open() const noexcept { return open_; }
  /// Returns true if a request may be sent now. `spare`: another peer serves, so that nobody waits
  /// for this one; then at most one probe each `probe_most`.
  bool allows(base::TimePoint now, bool spare = false) const noexcept {
    return !open_ || (!probing_ && now >= next_probe(spare));
  }
  /// Means something while open and not probing.
  base::TimePoint next_probe(bool spare = false) const noexcept;
  bool probing() const noexcept { return probing_; }

  /// A request is sent. Returns true if it is a probe; say so when it ends.
  bool sent(base::TimePoint now) noexcept;
  /// Each of these ends a request that was sent. Returns true if it opened or closed the breaker.
  /// `retry_after` is the pause that the peer asked for, zero if it asked for none.
  bool answered(bool probe) noexcept;
  bool failed(base::TimePoint now, base::Duration retry_after, bool probe) noexcept;

 private:
  BreakerLimits limits_;
  base::Backoff backoff_;
  base::TimePoint last_probe_{};
  unsigned failures_in_a_row_ = 0;
  bool open_ = false;
  bool probing_ = false;
  bool pausing_ = false;  ///< the peer asked for it, and no probe has gone since
};

}  // namespace msggw::peers
