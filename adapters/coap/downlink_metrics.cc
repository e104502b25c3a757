// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/downlink_metrics.h"

namespace msggw::coap_adapter {

DownlinkMetrics::DownlinkMetrics(base::metrics::Registry& registry)
    : observations(base::metrics::gauge(registry, "msggw_coap_observations",
                                        "Devices that observe their inbox")),
      unproven(base::metrics::gauge(registry, "msggw_coap_unproven",
                                    "Messages that devices have been given and have not proven")),
      unproven_octets(base::metrics::gauge(registry, "msggw_coap_unproven_octets",
                                           "What these take in the store")),
      crowded(base::metrics::counter(
          registry, "msggw_coap_crowded_total",
          "Messages that wait since too much is under way to where their device is")) {
  constexpr std::array<const char*, kProofs> kBy{"acknowledgement", "after", "report", "push"};
  for (std::size_t by = 0; by < kProofs; ++by)
    proofs[by] =
        &base::metrics::counter(registry, "msggw_coap_proofs_total",
                                "Messages that devices have shown to have", {{"by", kBy[by]}});
  constexpr std::array<const char*, kNotified> kEnds{"acknowledged", "refused",   "not_now",
                                                     "reset",        "timed_out", "held_back"};
  for (std::size_t end = 0; end < kNotified; ++end)
    notifications[end] = &base::metrics::counter(
        registry, "msggw_coap_notifications_total",
        "Notifications of messages, by what became of them", {{"end", kEnds[end]}});
  constexpr std::array<const char*, kPushed> kPushes{"taken", "acknowledged", "refused", "not_now",
                                                     "reset", "timed_out",    "nobody"};
  for (std::size_t end = 0; end < kPushed; ++end)
    pushes[end] = &base::metrics::counter(
        registry, "msggw_coap_pushes_total",
        "Messages pushed to the base of a device, by what became of them", {{"end", kPushes[end]}});
}

}  // namespace msggw::coap_adapter
