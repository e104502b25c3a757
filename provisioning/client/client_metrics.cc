// SPDX-License-Identifier: Apache-2.0
#include "provisioning/client/client_metrics.h"

namespace msggw::client {

namespace {

using base::metrics::counter;

base::metrics::Counter& answers(base::metrics::Registry& registry, const char* kind) {
  return counter(registry, "msggw_pf_answers_total",
                 "Provisioning answers by kind, for one device each", {{"kind", kind}});
}

base::metrics::Counter& exchanges(base::metrics::Registry& registry, const char* call) {
  return counter(registry, "msggw_pf_exchanges_total", "Requests to the Provisioning Function",
                 {{"call", call}});
}

}  // namespace

ClientMetrics::ClientMetrics(base::metrics::Registry& metrics)
    : registry(metrics),
      provisioned(answers(metrics, "provisioned")),
      released(answers(metrics, "released")),
      refused(answers(metrics, "refused")),
      useless(answers(metrics, "useless")),
      unavailable(answers(metrics, "unavailable")),
      strayed(counter(metrics, "msggw_pf_answers_astray_total",
                      "Answers to another request, for which all connections were given up")),
      single(exchanges(metrics, "single")),
      bulk(exchanges(metrics, "bulk")),
      split(counter(metrics, "msggw_pf_bulk_splits_total",
                    "Bulk requests that came to nothing and were split")),
      held_back(counter(metrics, "msggw_pf_held_back_seconds_total",
                        "Time in which asks waited for provisioning.rate")),
      in_hand(
          base::metrics::gauge(metrics, "msggw_pf_asks", "Provisioning asks in hand, sent or not")),
      up(base::metrics::gauge(metrics, "msggw_pf_up", "1 if the Provisioning Function answers")),
      seconds(base::metrics::histogram(
          metrics, "msggw_pf_seconds", "From a provisioning request to its answer",
          {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0})),
      bulk_items(base::metrics::histogram(metrics, "msggw_pf_bulk_items",
                                          "Devices in one bulk request",
                                          {2, 4, 8, 16, 32, 64, 128, 256, 1024})) {
  up.Set(1);
}

base::metrics::Gauge& ClientMetrics::address_up(const std::string& url) const {
  return base::metrics::gauge(registry, "msggw_pf_address_up",
                              "1 if this address of the Provisioning Function answers",
                              {{"url", url}});
}

}  // namespace msggw::client
