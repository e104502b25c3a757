// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gateway/config/sections/config.h"
#include "provisioning/function/gateway_options.h"

namespace msggw::process {

/// For `msggw check`: the ports that the process would listen on and that somebody has now, as
/// "[coap] port 5683". That may be the process of this configuration itself.
std::vector<std::string> taken_ports_of_gateway(const config::Config& config);
std::vector<std::string> taken_ports_of_function(
    const function::Options& pf, const std::vector<function::GatewayOptions>& gateways);

}  // namespace msggw::process
