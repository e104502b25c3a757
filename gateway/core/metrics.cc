// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/metrics.h"

#include <string>

namespace msggw::core {

namespace {

base::metrics::Counter& unknown_handles(base::metrics::Registry& registry, const char* kind) {
  return base::metrics::counter(registry, "msggw_unknown_handles_total",
                                "Requests with a handle that names no live registration",
                                {{"kind", kind}});
}

}  // namespace

Metrics::Metrics(base::metrics::Registry& registry)
    : by_state{},
      by_presence{},
      pending(base::metrics::gauge(registry, "msggw_devices_pending",
                                   "Recorded devices on their way to a Service ID")),
      waiting(base::metrics::gauge(registry, "msggw_requests_waiting",
                                   "Requests of devices left open")),
      recorded(base::metrics::counter(registry, "msggw_devices_recorded_total", "First contacts")),
      added(base::metrics::counter(registry, "msggw_devices_added_total",
                                   "Devices that an operator added before they showed up")),
      unknown(base::metrics::counter(registry, "msggw_unknown_devices_total",
                                     "First contacts refused, since the operator had added none")),
      removed(base::metrics::counter(registry, "msggw_devices_removed_total",
                                     "Devices removed, their Service IDs released")),
      forgotten(base::metrics::counter(
          registry, "msggw_devices_forgotten_total",
          "Devices that an operator had forgotten, their Service IDs not released")),
      releases_refused(base::metrics::counter(
          registry, "msggw_releases_refused_total",
          "Answers by which the Provisioning Function refused to release a Service ID")),
      aliases(base::metrics::gauge(registry, "msggw_device_aliases",
                                   "Private IDs that devices have beside their first")),
      other_postings(base::metrics::gauge(registry, "msggw_postings",
                                          "Names beside their first Private ID under which "
                                          "devices are posted, retained at the broker")),
      push_targets(base::metrics::gauge(registry, "msggw_push_targets",
                                        "Devices that are brought what there is unasked")),
      push_targets_refused(base::metrics::counter(
          registry, "msggw_push_targets_refused_total",
          "Registrations with a base to push to, of more devices than may have one")),
      unposted(base::metrics::counter(registry, "msggw_postings_limited_total",
                                      "Requests by one more name than a device may be posted "
                                      "under; answered, and not retained")),
      limited{},
      newcomers(
          base::metrics::gauge(registry, "msggw_newcomers",
                               "Devices made by an open first contact that did not come again")),
      gave_way(base::metrics::counter(registry, "msggw_newcomers_gave_way_total",
                                      "Newcomers forgotten to make room for others")),
      renewed(base::metrics::counter(registry, "msggw_renewals_total",
                                     "Devices asked for again, by how it ended",
                                     {{"result", "renewed"}})),
      not_renewed(base::metrics::counter(registry, "msggw_renewals_total",
                                         "Devices asked for again, by how it ended",
                                         {{"result", "kept"}})),
      provisioned(base::metrics::counter(registry, "msggw_devices_provisioned_total",
                                         "Service IDs received")),
      refused(base::metrics::counter(registry, "msggw_devices_refused_total",
                                     "Devices that the Provisioning Function refused")),
      conflicts(base::metrics::counter(registry, "msggw_service_id_conflicts_total",
                                       "Service IDs received that another device holds")),
      told_pending(base::metrics::counter(registry, "msggw_told_pending_total",
                                          "Requests answered \"pending\"")),
      overloaded(base::metrics::counter(registry, "msggw_overloaded_total",
                                        "Requests turned away by a limit")),
      expired(base::metrics::counter(registry, "msggw_registrations_expired_total",
                                     "Registrations that ran out")),
      deregistered(base::metrics::counter(registry, "msggw_registrations_ended_total",
                                          "Registrations ended by the device")),
      taken_over(base::metrics::counter(registry, "msggw_registrations_taken_over_total",
                                        "Registrations whose handle ended, since the device "
                                        "registered once more by mere claim")),
      foreign_handles(unknown_handles(registry, "foreign")),
      ended_handles(unknown_handles(registry, "ended")) {
  for (const Bearer bearer : kAllBearers) {
    limited[static_cast<std::size_t>(bearer)] =
        &base::metrics::counter(registry, "msggw_first_contacts_limited_total",
                                "First contacts turned away, since their source made too many",
                                {{"bearer", std::string(name_of(bearer))}});
    for (std::size_t i = 0; i < kVisiblePresences.size(); ++i) {
      by_presence[static_cast<std::size_t>(bearer)][i] = &base::metrics::gauge(
          registry, "msggw_devices_present", "Devices by bearer and by whether they are there",
          {{"bearer", std::string(name_of(bearer))},
           {"presence", std::string(name_of(kVisiblePresences[i]))}});
    }
  }
  for (const DeviceState state : kVisibleStates) {
    by_state[static_cast<std::size_t>(state)] = &base::metrics::gauge(
        registry, "msggw_devices", "Devices by state", {{"state", std::string(name_of(state))}});
  }
}

}  // namespace msggw::core
