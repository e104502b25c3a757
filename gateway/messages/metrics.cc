// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/metrics.h"

#include <algorithm>

namespace msggw::messages {

namespace {

using base::metrics::counter;
using base::metrics::gauge;
using base::metrics::Registry;

std::array<base::metrics::Counter*, kKinds> by_kind(Registry& registry, const char* name,
                                                    const char* help) {
  std::array<base::metrics::Counter*, kKinds> counters{};
  for (std::size_t kind = 0; kind < counters.size(); ++kind) {
    const Kind of = static_cast<Kind>(kind);
    counters[kind] = &counter(registry, name, help, {{"kind", std::string(name_of(of))}});
  }
  return counters;
}

std::array<base::metrics::Counter*, kCauses> by_cause(Registry& registry) {
  std::array<base::metrics::Counter*, kCauses> counters{};
  for (std::size_t cause = 1; cause < kCauses; ++cause) {
    counters[cause] =
        &counter(registry, "msggw_messages_failed_total", "Messages and reports that ended in vain",
                 {{"cause", std::string(name_of(static_cast<Cause>(cause)))}});
  }
  return counters;
}

std::array<base::metrics::Counter*, kShares> by_share(Registry& registry) {
  constexpr std::array<const char*, kShares> kNames{"device", "source", "way"};
  std::array<base::metrics::Counter*, kShares> counters{};
  for (std::size_t share = 0; share < kShares; ++share)
    counters[share] = &counter(registry, "msggw_messages_share_used_total",
                               "Messages that were not taken in, so that others find room",
                               {{"share", kNames[share]}});
  return counters;
}

base::metrics::Counter& transactions_dropped(Registry& registry, const char* limit) {
  return counter(registry, "msggw_transactions_dropped_total",
                 "Peers that a device can no longer answer, before their time", {{"limit", limit}});
}

}  // namespace

Metrics::Metrics(Registry& registry)
    : accepted(by_kind(registry, "msggw_messages_accepted_total",
                       "Messages and reports that were taken in")),
      done(by_kind(registry, "msggw_messages_done_total",
                   "Messages and reports that the server has, or the device with proof")),
      failed(by_cause(registry)),
      shares(by_share(registry)),
      repeated(counter(registry, "msggw_messages_repeated_total",
                       "Messages that had been taken in before, and were not again")),
      late(counter(registry, "msggw_messages_late_total",
                   "Proofs and failures of messages that had ended before")),
      waiting(gauge(registry, "msggw_messages_waiting", "Messages and reports that wait")),
      waiting_octets(
          gauge(registry, "msggw_messages_waiting_octets", "What they take in the store")),
      withheld(gauge(registry, "msggw_messages_withheld",
                     "Of those that wait, what only a device gets that proves who it is")),
      held(gauge(registry, "msggw_messages_held",
                 "Messages of devices whose Service ID is being asked for")),
      in_hand(gauge(registry, "msggw_messages_in_hand",
                    "Of those that wait, what the server or a device has been given")),
      tracked(gauge(registry, "msggw_messages_tracked",
                    "Messages whose bearer has passed them on and knows them after a restart")),
      reports_owed(
          gauge(registry, "msggw_messages_reports_owed",
                "Messages that have ended and whose report waits for a look at the store")),
      cached_octets(
          gauge(registry, "msggw_messages_cached_octets", "What contents take in memory")),
      open_sets(gauge(registry, "msggw_messages_open_sets",
                      "Messages of which segments are still to come")),
      open_set_octets(gauge(registry, "msggw_messages_open_set_octets",
                            "What their segments take in the store")),
      drafts(gauge(registry, "msggw_messages_drafts",
                   "What devices have said that is no message yet, such as parts of long ones")),
      transactions(gauge(registry, "msggw_transactions_devices",
                         "Devices that have somebody to answer without naming a recipient")),
      transactions_of_device_dropped(transactions_dropped(registry, "device")),
      transactions_of_all_dropped(transactions_dropped(registry, "devices")),
      registry_(registry) {
  // The first refusal is seen as an increase only of a counter that was there before.
  for (const char* cause : {"QUEUE_FULL", "DEVICE_QUEUE_FULL", "STORE_BUSY"}) refusals(cause);
}

base::metrics::Counter& Metrics::refusals(std::string_view cause) {
  auto found = std::find_if(refused_.begin(), refused_.end(),
                            [cause](const auto& one) { return one.first == cause; });
  if (found == refused_.end()) {
    auto& made = counter(registry_, "msggw_messages_refused_total",
                         "Messages that were not taken in", {{"cause", std::string(cause)}});
    found = refused_.insert(found, {cause, &made});
  }
  return *found->second;
}

}  // namespace msggw::messages
