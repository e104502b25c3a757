// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace msggw::config_language {

/// The mistakes found, in the order of the file, and how many there are beyond kMostProblems.
/// what() is all of this, one mistake a line and "and N more" at the end.
class ConfigError : public std::runtime_error {
 public:
  static constexpr std::size_t kMostProblems = 20;

  /// Keeps the first kMostProblems; `more` were found and are not among them.
  explicit ConfigError(std::vector<std::string> problems, std::size_t more = 0);

  /// Each is "FILE:LINE: [section] key: what is wrong, what is allowed"; without LINE for a value
  /// that is the default, with "command line" in place of FILE:LINE for one that a setting gave.
  const std::vector<std::string>& problems() const noexcept { return problems_; }
  /// Mistakes that are not in problems().
  std::size_t more() const noexcept { return more_; }

 private:
  std::vector<std::string> problems_;
  std::size_t more_;
};

/// what() on one line, for an event.
std::string one_line(const std::exception& error);

}  // namespace msggw::config_language
