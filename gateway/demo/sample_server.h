// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "adapters/msgin5g/options.h"
#include "gateway/cli/ports.h"
#include "gateway/messages/policy.h"

namespace msggw::demo {

/// The demo's MSGin5G Server: `msggw-sim m5s` on the ports of the demo, and its Application Server.
std::vector<std::string> sample_server(const cli::Ports& ports);

/// What the gateway of the demo needs to exchange messages with it.
msgin5g::Options sample_server_options(const cli::Ports& ports);
/// Where devices of the demo send what names no recipient.
messages::Address sample_recipient();

/// Where peers and testers find it.
std::string sample_server_url(const cli::Ports& ports);
std::string sample_server_control(const cli::Ports& ports);

}  // namespace msggw::demo
