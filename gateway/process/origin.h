// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace msggw::process {

/// Where a configuration comes from, for the words about what is wrong with it.
struct Origin {
  std::filesystem::path file;         ///< empty: none, its options are the defaults
  std::vector<std::string> settings;  ///< "section.key=value", which count more than the file

  std::string name() const { return file.empty() ? "defaults" : file.string(); }

  /// Who gave the option its value: "command line", or name().
  std::string of(std::string_view section, std::string_view key) const {
    const std::string option = std::string(section) + "." + std::string(key) + "=";
    const bool is_set = std::any_of(settings.begin(), settings.end(), [&](const auto& setting) {
      return setting.starts_with(option);
    });
    return is_set ? "command line" : name();
  }
};

}  // namespace msggw::process
