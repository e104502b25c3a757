// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/language/config_error.h"

#include <utility>

namespace msggw::config_language {
namespace {

std::string all_of(const std::vector<std::string>& problems) {
  std::string out;
  for (const std::string& problem : problems) out.append(out.empty() ? "" : "\n").append(problem);
  return out;
}

}  // namespace

ConfigError::ConfigError(std::vector<std::string> problems)
    : std::runtime_error(all_of(problems)), problems_(std::move(problems)) {}

}  // namespace msggw::config_language
