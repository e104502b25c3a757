// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "adapters/sms/text/reassembly.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"

namespace msggw::sms {

/// Counts and tells the long messages of devices that were given up before they were whole
/// (`sms_partial_dropped`), and the parts that were turned away for want of room
/// (`sms_partial_full`): once a second at most, and then all of them since the last time. Loop
/// thread only.
class PartialDrops {
 public:
  /// `registry` must outlive it.
  explicit PartialDrops(base::metrics::Registry& registry);
  /// Tells the rest.
  ~PartialDrops();
  PartialDrops(const PartialDrops&) = delete;
  PartialDrops& operator=(const PartialDrops&) = delete;

  /// `counters` are always those of the same Reassembly.
  void tick(const sms_text::ReassemblyCounters& counters, base::TimePoint now);
  /// Returns when tick() has something to tell; none if all has been told.
  std::optional<base::TimePoint> next_deadline() const;

 private:
  void tell();

  base::metrics::Counter& dropped_;
  base::metrics::Counter& put_off_;
  sms_text::ReassemblyCounters now_;
  sms_text::ReassemblyCounters told_;
  std::optional<base::TimePoint> told_at_;
};

}  // namespace msggw::sms
