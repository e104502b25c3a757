// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/sections/config.h"

namespace msggw::config_files {

/// A larger file is refused before it is parsed: the annotated manual with every option is a tenth
/// of it.
inline constexpr std::size_t kMostFileOctets = 256 * 1024;

/// Reads `file` and then applies `settings`, each "section.key=value", checked in the same way. An
/// empty `file` means the defaults alone. Throws config_language::ConfigError.
config::Config load(const std::filesystem::path& file, const std::vector<std::string>& settings,
                    config::Purpose purpose);

/// A configuration, and whence each of its values is: by "section.key" "FILE:LINE", "command line",
/// "environment NAME" or, of a secret, the file that holds it. What is not there is the default. Of
/// what stands in a list of its own by "[smsc NAME] key", and what is not there is that of its
/// section.
struct Loaded {
  config::Config config;
  std::map<std::string, std::string> origins;
};
/// As load().
Loaded load_with_origins(const std::filesystem::path& file,
                         const std::vector<std::string>& settings, config::Purpose purpose);

/// The same for a text in memory; `name` stands for FILE in the messages. `text` may be any octets.
Loaded load_text_with_origins(std::string_view text, std::string_view name,
                              const std::vector<std::string>& settings, config::Purpose purpose);
config::Config load_text(std::string_view text, std::string_view name,
                         const std::vector<std::string>& settings, config::Purpose purpose);

}  // namespace msggw::config_files
