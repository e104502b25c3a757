// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/sections/config.h"

namespace msggw::config {

/// Something wrong with an option whose value is allowed when looked at alone.
struct Finding {
  std::string_view section;
  std::string_view key;
  std::string what;
  /// The other options that it was seen from, as "section.key"; with a mistake in one of them it
  /// may not be true.
  std::vector<std::string_view> seen_from{};
};

/// What is wrong with the options taken together and with what they name.
std::vector<Finding> check(const Config& config, Purpose purpose);

}  // namespace msggw::config
