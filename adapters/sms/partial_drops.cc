// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/partial_drops.h"

namespace msggw::sms {

namespace {

constexpr std::chrono::seconds kTellEvery{1};

std::uint64_t sum_of(const sms_text::ReassemblyCounters& counters) {
  return counters.expired + counters.dropped_for_messages + counters.dropped_for_octets +
         counters.dropped_for_sender + counters.superseded;
}

}  // namespace

PartialDrops::PartialDrops(base::metrics::Registry& registry)
    : dropped_(base::metrics::counter(
          registry, "msggw_sms_partial_dropped_total",
          "Long messages given up: parts that did not come in time, or limits")) {}

PartialDrops::~PartialDrops() {
  if (sum_of(now_) != sum_of(told_)) tell();
}

void PartialDrops::tick(const sms_text::ReassemblyCounters& counters, base::TimePoint now) {
  if (const std::uint64_t more = sum_of(counters) - sum_of(now_); more > 0)
    dropped_.Increment(static_cast<double>(more));
  now_ = counters;
  if (const auto at = next_deadline(); !at || now < *at) return;
  tell();
  told_at_ = now;
}

std::optional<base::TimePoint> PartialDrops::next_deadline() const {
  if (sum_of(now_) == sum_of(told_)) return std::nullopt;
  return told_at_ ? *told_at_ + kTellEvery : base::TimePoint::min();
}

void PartialDrops::tell() {
  base::log::info("sms_partial_dropped",
                  {{"messages", sum_of(now_) - sum_of(told_)},
                   {"expired", now_.expired - told_.expired},
                   {"above_messages", now_.dropped_for_messages - told_.dropped_for_messages},
                   {"above_octets", now_.dropped_for_octets - told_.dropped_for_octets},
                   {"above_per_sender", now_.dropped_for_sender - told_.dropped_for_sender},
                   {"superseded", now_.superseded - told_.superseded}});
  told_ = now_;
}

}  // namespace msggw::sms
