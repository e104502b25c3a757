// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/peers/breaker.h"

#include <algorithm>
#include <utility>

namespace msggw::peers {

Breaker::Breaker(const BreakerLimits& limits, std::uint32_t seed)
    : limits_(limits), backoff_({limits.probe_first, limits.probe_most}, seed) {}

base::TimePoint Breaker::next_probe(bool spare) const noexcept {
  const base::TimePoint next = backoff_.next_try();
  return spare ? std::max(next, last_probe_ + limits_.probe_most) : next;
}

bool Breaker::sent(base::TimePoint now) noexcept {
  if (!open_) return false;
  last_probe_ = now;
  pausing_ = false;
  return probing_ = true;
}

bool Breaker::answered(bool probe) noexcept {
  if (probe) probing_ = false;
  failures_in_a_row_ = 0;
  if (pausing_) return false;
  backoff_.succeeded();
  return std::exchange(open_, false);
}

bool Breaker::failed(base::TimePoint now, base::Duration retry_after, bool probe) noexcept {
  if (probe) probing_ = false;
  ++failures_in_a_row_;
  const bool was_open = open_;
  open_ = open_ || failures_in_a_row_ >= limits_.most_failures || retry_after > base::Duration{0};
  // Requests that were under way when it opened say nothing new when they fail too.
  const bool told = retry_after > base::Duration{0};
  const bool news = !was_open || told || (probe && !pausing_);
  pausing_ = pausing_ || told;
  if (open_ && news) backoff_.failed(now, std::min(retry_after, limits_.most_retry_after));
  return open_ && !was_open;
}

}  // namespace msggw::peers
