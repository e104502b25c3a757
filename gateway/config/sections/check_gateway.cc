// SPDX-License-Identifier: Apache-2.0
// Checks of [limits]; what else stands in declare_gateway.cc is checked in check_ports() alone.
#include "gateway/config/sections/check_parts.h"

namespace msggw::config {

void check_gateway(const core::Limits& limits, Findings& found) {
  check_order("limits", "min_lifetime", limits.min_lifetime, "default_lifetime",
              limits.default_lifetime, "limits.default_lifetime", found);
  check_order("limits", "default_lifetime", limits.default_lifetime, "max_lifetime",
              limits.max_lifetime, "limits.max_lifetime", found);
  check_order("limits", "provisioning_backoff_first", limits.provisioning_backoff_first,
              "provisioning_backoff_most", limits.provisioning_backoff_most,
              "limits.provisioning_backoff_most", found);
}

}  // namespace msggw::config
