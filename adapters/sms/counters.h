// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "gateway/base/metrics.h"

namespace msggw::sms {

/// Returns the counters of one name, one for each value of `label`, in the order of the values.
template <class... Values>
std::array<base::metrics::Counter*, sizeof...(Values)> counters(base::metrics::Registry& registry,
                                                                const char* name, const char* help,
                                                                const char* label,
                                                                Values... values) {
  return {&base::metrics::counter(registry, name, help, {{label, values}})...};
}

}  // namespace msggw::sms
