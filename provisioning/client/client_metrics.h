// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gateway/base/metrics.h"

namespace msggw::client {

/// The metrics of the provisioning client, looked up once.
struct ClientMetrics {
  explicit ClientMetrics(base::metrics::Registry& metrics) : registry(metrics) { up.Set(1); }

  /// Of one address.
  base::metrics::Gauge& address_up(const std::string& url) const {
    return base::metrics::gauge(registry, "msggw_pf_address_up",
                                "1 if this address of the Provisioning Function answers",
                                {{"url", url}});
  }
  base::metrics::Counter& answers(const char* kind) const {
    return base::metrics::counter(registry, "msggw_pf_answers_total",
                                  "Provisioning answers by kind, for one device each",
                                  {{"kind", kind}});
  }
  base::metrics::Counter& exchanges(const char* call) const {
    return base::metrics::counter(registry, "msggw_pf_exchanges_total",
                                  "Requests to the Provisioning Function", {{"call", call}});
  }

  base::metrics::Registry& registry;
  base::metrics::Counter& provisioned = answers("provisioned");
  base::metrics::Counter& released = answers("released");
  base::metrics::Counter& refused = answers("refused");
  base::metrics::Counter& useless = answers("useless");
  base::metrics::Counter& unavailable = answers("unavailable");
  base::metrics::Counter& strayed =
      base::metrics::counter(registry, "msggw_pf_answers_astray_total",
                             "Answers to another request, for which all connections were given up");
  base::metrics::Counter& single = exchanges("single");
  base::metrics::Counter& bulk = exchanges("bulk");
  base::metrics::Counter& split = base::metrics::counter(
      registry, "msggw_pf_bulk_splits_total", "Bulk requests that came to nothing and were split");
  base::metrics::Counter& held_back =
      base::metrics::counter(registry, "msggw_pf_held_back_seconds_total",
                             "Time in which asks waited for provisioning.rate");
  base::metrics::Gauge& in_hand =
      base::metrics::gauge(registry, "msggw_pf_asks", "Provisioning asks in hand, sent or not");
  base::metrics::Gauge& up =
      base::metrics::gauge(registry, "msggw_pf_up", "1 if the Provisioning Function answers");
  base::metrics::Histogram& seconds = base::metrics::histogram(
      registry, "msggw_pf_seconds", "From a provisioning request to its answer",
      {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0});
  base::metrics::Histogram& bulk_items =
      base::metrics::histogram(registry, "msggw_pf_bulk_items", "Devices in one bulk request",
                               {2, 4, 8, 16, 32, 64, 128, 256, 1024});
};

}  // namespace msggw::client
