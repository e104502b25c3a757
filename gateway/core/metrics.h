// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "gateway/base/metrics.h"
#include "gateway/core/ids.h"
#include "gateway/core/presence.h"

namespace msggw::core {

/// What the core counts (docs/metrics.md), looked up once.
struct Metrics {
  explicit Metrics(base::metrics::Registry& registry);
  std::array<base::metrics::Gauge*, kDeviceStates> by_state;  ///< none for removed
  /// By bearer and kVisiblePresences.
  std::array<std::array<base::metrics::Gauge*, kPresences - 1>, kBearers> by_presence;
  base::metrics::Gauge& pending;
  base::metrics::Gauge& waiting;
  base::metrics::Counter& recorded;
  base::metrics::Counter& added;
  base::metrics::Counter& unknown;
  base::metrics::Counter& removed;
  base::metrics::Counter& forgotten;
  base::metrics::Counter& releases_refused;
  base::metrics::Gauge& aliases;
  base::metrics::Gauge& other_postings;
  base::metrics::Gauge& push_targets;
  base::metrics::Counter& push_targets_refused;
  base::metrics::Counter& unposted;
  std::array<base::metrics::Counter*, kBearers> limited;  ///< first contacts
  base::metrics::Gauge& newcomers;
  base::metrics::Counter& gave_way;
  base::metrics::Counter& renewed;
  base::metrics::Counter& not_renewed;
  base::metrics::Counter& provisioned;
  base::metrics::Counter& refused;
  base::metrics::Counter& conflicts;
  base::metrics::Counter& told_pending;
  base::metrics::Counter& overloaded;
  base::metrics::Counter& expired;
  base::metrics::Counter& deregistered;
  base::metrics::Counter& taken_over;
  base::metrics::Counter& foreign_handles;
  base::metrics::Counter& ended_handles;
};

}  // namespace msggw::core
