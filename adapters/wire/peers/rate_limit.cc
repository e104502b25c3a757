// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/peers/rate_limit.h"

#include <algorithm>
#include <limits>

#include "gateway/base/result.h"

namespace msggw::peers {

namespace {

constexpr std::uint64_t kThousandths = 1'000;

}  // namespace

RateLimit::RateLimit(std::size_t rate, std::size_t burst) noexcept
    : rate_(rate), burst_(std::max<std::uint64_t>(burst, 1) * kThousandths), tokens_(burst_) {}

void RateLimit::refill(base::TimePoint now) noexcept {
  if (now <= filled_) return;
  const auto elapsed = static_cast<std::uint64_t>((now - filled_).count());
  filled_ = now;
  const std::uint64_t wanted = burst_ - tokens_;
  tokens_ = elapsed >= wanted / rate_ + 1 ? burst_ : std::min(burst_, tokens_ + elapsed * rate_);
}

std::size_t RateLimit::available(base::TimePoint now) noexcept {
  if (rate_ == 0) return std::numeric_limits<std::size_t>::max();
  refill(now);
  return tokens_ / kThousandths;
}

void RateLimit::take(std::size_t count) noexcept {
  if (rate_ == 0) return;
  base::ensure(count * kThousandths <= tokens_, "no more is taken than is there");
  tokens_ -= count * kThousandths;
}

base::TimePoint RateLimit::when(std::size_t count, base::TimePoint now) noexcept {
  if (rate_ == 0) return now;
  refill(now);
  const std::uint64_t wanted = std::min(burst_, count * kThousandths);
  const std::uint64_t missing = wanted - std::min(wanted, tokens_);
  const std::uint64_t wait = std::max<std::uint64_t>(1, (missing + rate_ - 1) / rate_);
  return now + base::Duration{static_cast<base::Duration::rep>(wait)};
}

}  // namespace msggw::peers
