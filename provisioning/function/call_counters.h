// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "gateway/base/metrics.h"
#include "provisioning/function/call.h"

namespace msggw::function {

/// Counts what the Provisioning Function answers. A counter is made the first time it counts: most
/// statuses never happen. Loop thread only.
class CallCounters {
 public:
  explicit CallCounters(base::metrics::Registry& metrics) : metrics_(metrics) {}

  void answered(base::Scheme channel, Method method, unsigned status);
  /// One item of a bulk request; the request itself is counted as well.
  void item(unsigned status);

 private:
  static constexpr std::size_t kChannels = 6;
  static constexpr std::size_t kMethods = 4;     ///< "other" is one
  static constexpr std::size_t kStatuses = 400;  ///< 200 to 599

  using ByStatus = std::array<base::metrics::Counter*, kStatuses>;

  base::metrics::Registry& metrics_;
  std::array<std::array<ByStatus, kMethods>, kChannels> answered_{};
  ByStatus items_{};
};

}  // namespace msggw::function
