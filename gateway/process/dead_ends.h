// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gateway/config/sections/config.h"

namespace msggw::process {

/// What a configuration allows and what leads nowhere, as sentences that name the way out: messages
/// that no protocol may bring to devices, limits that another one does not let come true, addresses
/// that hold more than a root. None of it keeps a gateway from starting.
std::vector<std::string> dead_ends_of_gateway(const config::Config& config);

}  // namespace msggw::process
