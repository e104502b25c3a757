// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/backoff.h"

#include <algorithm>

namespace msggw::base {

Duration full_jitter(const BackoffLimits& limits, unsigned failures,
                     std::uint32_t random) noexcept {
  const auto first = std::max<std::int64_t>(limits.first.count(), 1);
  const auto most = std::max<std::int64_t>(limits.most.count(), first);
  const auto ceiling = failures >= 32 ? most : std::min(most, first << failures);
  return Duration{static_cast<std::int64_t>(random) % (ceiling + 1)};
}

}  // namespace msggw::base
