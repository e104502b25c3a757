// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gateway/config/sections/config.h"
#include "provisioning/function/gateway_options.h"

namespace msggw::process {

/// What others can read or change, as sentences: files with secrets that every user of this machine
/// can read or write, other files and folders that every user can write, and ways over the
/// network on which a secret goes in cleartext or a control has no lock. None of it keeps a process
/// from starting. `file` is the configuration's; empty: none.
std::vector<std::string> exposures_of_gateway(const config::Config& config,
                                              const std::filesystem::path& file);
std::vector<std::string> exposures_of_function(
    const config::Config& config, const std::filesystem::path& file,
    const std::vector<function::GatewayOptions>& gateways);
/// Secrets in `settings` of the command line.
std::vector<std::string> exposures_of_settings(const std::vector<std::string>& settings);

}  // namespace msggw::process
