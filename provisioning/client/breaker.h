// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "gateway/base/backoff.h"
#include "provisioning/client/options.h"

namespace msggw::client {

/// Whether one address of the Provisioning Function is worth asking. Closed: requests flow. Open,
/// after `breaker_failures` failures in a row or when the address itself asked for a pause: one
/// probe at a time, after a back-off with full jitter. A success closes it. Loop thread only.
class Breaker {
 public:
  Breaker(const Options& options, std::uint32_t seed);

  bool open() const noexcept { return open_; }
  /// Whether a request may be sent now. `spare`: another address serves, so that nobody waits for
  /// this one; then at most one probe each `probe_most`.
  bool allows(base::TimePoint now, bool spare = false) const noexcept {
    return !open_ || (!probing_ && now >= next_probe(spare));
  }
  /// Means something while open and not probing.
  base::TimePoint next_probe(bool spare = false) const noexcept;
  bool probing() const noexcept { return probing_; }

  /// True if the request is a probe; say so when it ends.
  bool sent(base::TimePoint now) noexcept;
  /// Each of these ends a request that was sent. True if it opened or closed the breaker.
  bool succeeded(bool probe) noexcept;
  bool failed(base::TimePoint now, base::Duration retry_after, bool probe) noexcept;

 private:
  unsigned most_failures_;
  base::Duration probe_most_;
  base::Duration most_retry_after_;
  base::Backoff backoff_;
  base::TimePoint last_probe_{};
  unsigned failures_in_a_row_ = 0;
  bool open_ = false;
  bool probing_ = false;
};

}  // namespace msggw::client
