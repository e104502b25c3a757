// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/language/config_error.h"

#include <utility>

namespace msggw::config_language {
namespace {

/// Counts the problems above the limit into `more`, drops them, and tells all.
std::string told(std::vector<std::string>& problems, std::size_t& more) {
  if (problems.size() > ConfigError::kMostProblems) {
    more += problems.size() - ConfigError::kMostProblems;
    problems.resize(ConfigError::kMostProblems);
  }
  std::string out;
  for (const std::string& problem : problems) out.append(out.empty() ? "" : "\n").append(problem);
  if (more > 0) out += "\nand " + std::to_string(more) + " more";
  return out;
}

}  // namespace

ConfigError::ConfigError(std::vector<std::string> problems, std::size_t more)
    : std::runtime_error(told(problems, more)), problems_(std::move(problems)), more_(more) {}

std::string one_line(const std::exception& error) {
  std::string out = error.what();
  for (auto at = out.find('\n'); at != std::string::npos; at = out.find('\n', at))
    out.replace(at, 1, "; ");
  return out;
}

}  // namespace msggw::config_language
