// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gateway/base/metrics.h"

namespace msggw::client {

/// The metrics of the provisioning client, looked up once.
struct ClientMetrics {
  explicit ClientMetrics(base::metrics::Registry& metrics);

  /// Of one address.
  base::metrics::Gauge& address_up(const std::string& url) const;

  base::metrics::Registry& registry;
  base::metrics::Counter& provisioned;
  base::metrics::Counter& released;
  base::metrics::Counter& refused;
  base::metrics::Counter& useless;
  base::metrics::Counter& unavailable;
  base::metrics::Counter& strayed;
  base::metrics::Counter& single;
  base::metrics::Counter& bulk;
  base::metrics::Counter& split;
  base::metrics::Counter& held_back;
  base::metrics::Gauge& in_hand;
  base::metrics::Gauge& up;
  base::metrics::Histogram& seconds;
  base::metrics::Histogram& bulk_items;
};

}  // namespace msggw::client
