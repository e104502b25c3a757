// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "adapters/sms/options.h"
#include "gateway/cli/ports.h"

namespace msggw::demo {

/// The demo's SMSC: `msggw-sim smsc` on the ports of the demo.
std::vector<std::string> sample_smsc(const cli::Ports& ports);

/// What the gateway of the demo needs to be a client of it, and says to phones.
sms::Options sample_sms_options(const cli::Ports& ports);

/// Where testers steer it.
std::string sample_smsc_url(const cli::Ports& ports);

}  // namespace msggw::demo
