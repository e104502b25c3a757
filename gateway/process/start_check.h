// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/config/sections/config.h"
#include "gateway/process/origin.h"

namespace msggw::process {

/// For `msggw check`: what a start would trip over, short of listening and of changing anything:
/// certificates (check_certificates()), the folder of the store, the key file of the credentials,
/// which has to be there if the store has PSKs, addresses that this machine does not have, a
/// tester's scenario. Throws config_language::ConfigError with every fault.
void check_start(const config::Config& config, config::Purpose purpose, const Origin& origin);

}  // namespace msggw::process
