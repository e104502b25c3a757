// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "gateway/cli/ports.h"
#include "gateway/demo/sample_programs.h"

namespace msggw::demo {

/// The demo's devices: `msggw-sim` programs that register over real CoAP, MQTT and SMS.
std::vector<Program> sample_devices(const cli::Ports& ports);
/// Two of these, and the Application Server at the demo's MSGin5G Server: each sends the other a
/// message, and reports it.
std::vector<Program> sample_exchanges(const cli::Ports& ports);

/// A table of what lines of msggw-sim say, "-" for what one does not say; what is no JSON object is
/// no row.
void print_devices(std::ostream& out, const std::vector<std::string>& lines);
void print_exchanges(std::ostream& out, const std::vector<std::string>& lines);

}  // namespace msggw::demo
