// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gateway/config/sections/check.h"
#include "gateway/config/sections/config.h"

namespace msggw::demo::test {

/// What is wrong with the configuration of a gateway in sections whose names begin with `section`,
/// one mistake a line.
inline std::string findings(const config::Config& config, std::string_view section) {
  std::string found;
  for (const config::Finding& finding : check(config, config::Purpose::gateway)) {
    if (!finding.section.starts_with(section)) continue;
    found.append(finding.section).append(".").append(finding.key);
    found.append(": ").append(finding.what).append("\n");
  }
  return found;
}

}  // namespace msggw::demo::test
