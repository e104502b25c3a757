// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/partial_drops.h"

namespace msggw::sms {

namespace {

using sms_text::ReassemblyCounters;

constexpr std::chrono::seconds kTellEvery{1};

std::uint64_t dropped_of(const ReassemblyCounters& counters) {
  return counters.expired + counters.superseded;
}

std::uint64_t put_off_of(const ReassemblyCounters& counters) {
  return counters.above_messages + counters.above_octets + counters.above_sender;
}

}  // namespace

PartialDrops::PartialDrops(base::metrics::Registry& registry)
    : dropped_(base::metrics::counter(
          registry, "msggw_sms_partial_dropped_total",
          "Long messages given up: parts that did not come in time, or the next one")),
      put_off_(base::metrics::counter(registry, "msggw_sms_partial_put_off_total",
                                      "Parts turned away for want of room")) {}

PartialDrops::~PartialDrops() {
  tell();
}

void PartialDrops::tick(const sms_text::ReassemblyCounters& counters, base::TimePoint now) {
  const auto count = [](base::metrics::Counter& counter, std::uint64_t more) {
    if (more > 0) counter.Increment(static_cast<double>(more));
  };
  count(dropped_, dropped_of(counters) - dropped_of(now_));
  count(put_off_, put_off_of(counters) - put_off_of(now_));
  now_ = counters;
  if (const auto at = next_deadline(); !at || now < *at) return;
  tell();
  told_at_ = now;
}

std::optional<base::TimePoint> PartialDrops::next_deadline() const {
  if (dropped_of(now_) == dropped_of(told_) && put_off_of(now_) == put_off_of(told_))
    return std::nullopt;
  return told_at_ ? *told_at_ + kTellEvery : base::TimePoint::min();
}

void PartialDrops::tell() {
  if (const std::uint64_t messages = dropped_of(now_) - dropped_of(told_); messages > 0)
    base::log::info("sms_partial_dropped", {{"messages", messages},
                                            {"expired", now_.expired - told_.expired},
                                            {"superseded", now_.superseded - told_.superseded}});
  if (const std::uint64_t parts = put_off_of(now_) - put_off_of(told_); parts > 0)
    base::log::warn("sms_partial_full",
                    {{"parts", parts},
                     {"above_messages", now_.above_messages - told_.above_messages},
                     {"above_octets", now_.above_octets - told_.above_octets},
                     {"above_per_sender", now_.above_sender - told_.above_sender}});
  told_ = now_;
}

}  // namespace msggw::sms
