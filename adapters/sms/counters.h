// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>

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

inline base::metrics::Counter& refused_counter(base::metrics::Registry& registry,
                                               std::string_view reason) {
  return base::metrics::counter(registry, "msggw_sms_refused_total",
                                "Messages from devices turned away",
                                {{"reason", std::string(reason)}});
}

}  // namespace msggw::sms
