// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"

namespace msggw::config_language {

/// A secret that has a file of its own: its octets but for line feeds at the end. incorrect: the
/// file cannot be read, holds nothing, or more than `most_octets`; the detail never quotes it.
base::Result<std::string> read_secret(const std::filesystem::path& file, std::size_t most_octets);

/// The variable of the environment that stands in for a secret: "MSGGW_MQTT_PASSWORD" for
/// [mqtt] password, "MSGGW_SMSC_WEST_1_PASSWORD" for that of the section "smsc.west-1".
std::string variable_of(std::string_view section, std::string_view key);
/// What it holds; empty: nothing, or there is none.
std::string from_environment(std::string_view section, std::string_view key);
/// Which keys have a variable whose name begins so: "token".
std::vector<std::string> keys_in_environment(std::string_view prefix);

}  // namespace msggw::config_language
