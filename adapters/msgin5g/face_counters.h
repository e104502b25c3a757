// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "adapters/msgin5g/problem.h"
#include "adapters/msgin5g/target.h"
#include "gateway/base/metrics.h"

namespace msggw::msgin5g {

/// Counts what MSGin5G Servers asked for and what they were told. A counter is made the first time
/// it counts: most refusals never happen. Loop thread only.
class FaceCounters {
 public:
  /// `metrics` must outlive it.
  explicit FaceCounters(base::metrics::Registry& metrics);

  /// `refusal` none: taken on.
  void answered(Operation operation, std::optional<Refusal> refusal);
  void priority_ignored() { priorities_ignored_.Increment(); }

 private:
  base::metrics::Registry& metrics_;
  base::metrics::Counter& priorities_ignored_;
  /// The last of each row: taken on.
  std::array<std::array<base::metrics::Counter*, kRefusals + 1>, kOperations> answered_{};
};

}  // namespace msggw::msgin5g
