// SPDX-License-Identifier: Apache-2.0
#include "provisioning/client/breaker.h"

#include <algorithm>
#include <utility>

namespace msggw::client {

Breaker::Breaker(const Options& options, std::uint32_t seed)
    : most_failures_(options.breaker_failures),
      probe_most_(options.probe_most),
      most_retry_after_(options.retry_after_most),
      backoff_({options.probe_first, options.probe_most}, seed) {}

base::TimePoint Breaker::next_probe(bool spare) const noexcept {
  const base::TimePoint next = backoff_.next_try();
  return spare ? std::max(next, last_probe_ + probe_most_) : next;
}

bool Breaker::sent(base::TimePoint now) noexcept {
  if (!open_) return false;
  last_probe_ = now;
  return probing_ = true;
}

bool Breaker::succeeded(bool probe) noexcept {
  if (probe) probing_ = false;
  failures_in_a_row_ = 0;
  backoff_.succeeded();
  return std::exchange(open_, false);
}

bool Breaker::failed(base::TimePoint now, base::Duration retry_after, bool probe) noexcept {
  if (probe) probing_ = false;
  ++failures_in_a_row_;
  const bool was_open = open_;
  open_ = open_ || failures_in_a_row_ >= most_failures_ || retry_after > base::Duration{0};
  // Requests that were under way when it opened say nothing new when they fail too.
  const bool news = !was_open || probe || retry_after > base::Duration{0};
  if (open_ && news) backoff_.failed(now, std::min(retry_after, most_retry_after_));
  return open_ && !was_open;
}

}  // namespace msggw::client
