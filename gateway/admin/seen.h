// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gateway/core/standing.h"
#include "gateway/roster/device_json.h"

namespace msggw::admin {

/// Of the bearers over which something is known of the device.
inline std::vector<roster::SeenView> seen_of(const core::Tables& tables, core::DeviceNo no) {
  std::vector<roster::SeenView> all;
  for (const core::Bearer bearer : core::kAllBearers) {
    const core::Seen seen = core::shown(core::seen_over(tables, no, bearer), tables.timeline);
    if (seen.presence != core::Presence::none)
      all.push_back({bearer, seen.presence, seen.at_s, seen.exact});
  }
  return all;
}

}  // namespace msggw::admin
