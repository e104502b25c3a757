// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <vector>

#include "provisioning/function/gateway_options.h"

namespace msggw::config_files {

/// A larger file of gateways is refused before it is parsed.
inline constexpr std::size_t kMostGatewaysOctets = 8 << 20;

/// The gateways that the Provisioning Function knows, from pf.gateways_file: a list of [[gateway]]
/// (docs/gateways.md). An empty path: none.
///
/// Throws ConfigError with every mistake as "FILE:LINE: [gateway NAME] key: what is wrong, what is
/// allowed"; a gateway without a name is called by its place, "[gateway #2]". Secrets are never
/// quoted.
std::vector<function::GatewayOptions> load_gateways(const std::filesystem::path& file);

/// The same for a text in memory; `name` stands for FILE in the messages. `text` may be any octets.
std::vector<function::GatewayOptions> load_gateways_text(std::string_view text,
                                                         std::string_view name);

}  // namespace msggw::config_files
