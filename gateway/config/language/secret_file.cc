// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/language/secret_file.h"

#include <unistd.h>

#include <cstdlib>

#include "gateway/base/text.h"
#include "gateway/config/language/config_error.h"
#include "gateway/config/language/list_file.h"

namespace msggw::config_language {

base::Result<std::string> read_secret(const std::filesystem::path& file, std::size_t most_octets) {
  constexpr std::size_t kMostLineEnds = 64;
  const auto wrong = [&](const std::string& why) {
    return base::fail(base::Errc::incorrect,
                      "'" + base::printable(file.native(), 200) + "' " + why);
  };
  std::string secret;
  try {
    secret = read_file(file, most_octets + kMostLineEnds);
  } catch (const ConfigError& error) {
    return base::fail(base::Errc::incorrect, error.what());
  }
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  if (secret.empty()) return wrong("is empty");
  if (secret.size() > most_octets)
    return wrong("holds more than " + std::to_string(most_octets) + " octets");
  return secret;
}

std::string variable_of(std::string_view section, std::string_view key) {
  std::string name = "MSGGW_";
  name.append(section).append("_").append(key);
  for (char& c : name) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (!is_letter && !(c >= '0' && c <= '9')) c = '_';
  }
  return name;
}

std::string from_environment(std::string_view section, std::string_view key) {
  const char* const value = std::getenv(variable_of(section, key).c_str());
  return value == nullptr ? std::string() : std::string(value);
}

std::vector<std::string> keys_in_environment(std::string_view prefix) {
  std::vector<std::string> keys;
  for (char** one = environ; one != nullptr && *one != nullptr; ++one) {
    const std::string_view name =
        std::string_view(*one).substr(0, std::string_view(*one).find('='));
    if (!name.starts_with(prefix)) continue;
    std::string& key = keys.emplace_back(name.substr(prefix.size()));
    for (char& c : key) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return keys;
}

}  // namespace msggw::config_language
