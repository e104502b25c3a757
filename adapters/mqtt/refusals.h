// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "adapters/mqtt/sender.h"
#include "gateway/base/clock.h"
#include "gateway/base/keyed_hash.h"
#include "gateway/base/metrics.h"
#include "gateway/base/result.h"
#include "gateway/base/secrets.h"
#include "gateway/base/sources.h"

namespace msggw::mqtt {

/// Counts the requests that are refused, and says which are told so: above so many a second the
/// broker would carry an answer for each request of a flood, and known devices would wait behind
/// them. One device has a kShares-th of that at most, so that others hear why they are refused.
/// Loop thread only.
class Refusals {
 public:
  Refusals(base::metrics::Registry& metrics, std::uint32_t per_second)
      : untold_(base::metrics::counter(
            metrics, "msggw_mqtt_refusals_untold_total",
            "Requests turned away without a word, above mqtt.refusals_per_second")),
        rate_(per_second, 1, base::random_hash_key()),
        rate_of_each_(share_of(per_second), kPlaces, base::random_hash_key()) {
    for (std::size_t i = 0; i < kErrcs; ++i)
      refused_[i] = &base::metrics::counter(
          metrics, "msggw_mqtt_refused_total", "Requests and publications turned away",
          {{"reason", base::name_of(static_cast<base::Errc>(i))}});
  }

  void limit_to(std::uint32_t per_second) noexcept {
    rate_.limit_to(per_second);
    rate_of_each_.limit_to(share_of(per_second));
  }

  /// One more of that sender is refused. Whether it is to be told.
  bool may_tell(base::Errc code, const Sender& sender, base::TimePoint now) {
    refused_[static_cast<std::size_t>(code)]->Increment();
    if (rate_of_each_.pass(source_of(sender), now) && rate_.pass(base::broker_source(), now))
      return true;
    untold_.Increment();
    return false;
  }

 private:
  static constexpr std::uint32_t kShares = 8;
  static constexpr std::size_t kPlaces = 4'096;  ///< devices that are told apart
  static constexpr std::size_t kErrcs = static_cast<std::size_t>(base::Errc::storage) + 1;

  static std::uint32_t share_of(std::uint32_t per_second) noexcept {
    return std::max(std::min(per_second, 1U), per_second / kShares);
  }

  std::array<base::metrics::Counter*, kErrcs> refused_{};  ///< by Errc
  base::metrics::Counter& untold_;
  base::RateBySource rate_;
  base::RateBySource rate_of_each_;
};

}  // namespace msggw::mqtt
