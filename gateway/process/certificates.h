// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/config/sections/config.h"
#include "gateway/process/origin.h"

namespace msggw::process {

/// For `msggw check`: looks into all TLS files that `purpose` would use. Throws
/// config_language::ConfigError with every fault: a file that cannot be used, a key that is
/// another certificate's, an own certificate that has expired or is not yet valid (which alone
/// keeps no process from starting).
void check_certificates(const config::Config& config, config::Purpose purpose,
                        const Origin& origin);

}  // namespace msggw::process
