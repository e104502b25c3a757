// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace msggw::config_language {

/// Every mistake found, at most kMostProblems, in the order of the file. what() is all of them, one
/// a line.
class ConfigError : public std::runtime_error {
 public:
  static constexpr std::size_t kMostProblems = 20;

  explicit ConfigError(std::vector<std::string> problems);

  /// Each is "FILE:LINE: [section] key: what is wrong, what is allowed"; without LINE for a value
  /// that is the default, with "command line" in place of FILE:LINE for one that a setting gave.
  const std::vector<std::string>& problems() const noexcept { return problems_; }

 private:
  std::vector<std::string> problems_;
};

}  // namespace msggw::config_language
