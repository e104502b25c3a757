#include "provisioning/client/breaker.h"

#include <algorithm>
#include <utility>

namespace msggw::client {

Breaker::Breaker(std::string url, const Options& options, std::uint32_t seed)
    : url_(std::move(url)),
      most_failures_(options.breaker_failures),
      most_retry_after_(options.retry_after_most),
      backoff_({options.probe_first, options.probe_most}, seed) {}

bool Breaker::succeeded() noexcept {
  probing_ = false;
  failures_in_a_row_ = 0;
  backoff_.succeeded();
  return std::exchange(open_, false);
}

bool Breaker::failed(base::TimePoint now, base::Duration retry_after) noexcept {
  probing_ = false;
  ++failures_in_a_row_;
  const bool was_open = open_;
  open_ = open_ || failures_in_a_row_ >= most_failures_ || retry_after > base::Duration{0};
  if (open_) backoff_.failed(now, std::min(retry_after, most_retry_after_));
  return open_ && !was_open;
}

}  // namespace msggw::client
