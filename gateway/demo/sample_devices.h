// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/cli/ports.h"
#include "gateway/demo/sample_programs.h"

namespace msggw::demo {

/// Devices of the demo that prove by a PSK who they are: over DTLS to the gateway, and over MQTT
/// with TLS to its broker.
inline constexpr const char* kSecureDevice = "secure-meter-9";
inline constexpr const char* kSecureMqttDevice = "secure-meter-8";
inline constexpr const char* kSecureKey = "a secret of the demo";

/// Pairs of hexadecimal digits.
std::string hex_of(std::string_view octets);
/// That of the broker, as its file has it.
std::string sample_broker_keys();

/// Makes lists of devices and credentials in `folder`, and gives the programs that tell the gateway
/// of them, one after the other; its state is in `gateway`. Throws std::runtime_error.
std::vector<Program> sample_credentials(const std::filesystem::path& folder,
                                        const std::filesystem::path& gateway);

/// The demo's devices: `msggw-sim` programs that register over real CoAP, MQTT and SMS, one each of
/// CoAP and MQTT with its credential, which must be known. `folder`: of sample_credentials().
std::vector<Program> sample_devices(const cli::Ports& ports, const std::filesystem::path& folder);
/// Two of these, and the Application Server at the demo's MSGin5G Server: each sends the other a
/// message, and reports it.
std::vector<Program> sample_exchanges(const cli::Ports& ports);

/// A table of what lines of msggw-sim say, "-" for what one does not say; what is no JSON object is
/// no row.
void print_devices(std::ostream& out, const std::vector<std::string>& lines);
void print_exchanges(std::ostream& out, const std::vector<std::string>& lines);

}  // namespace msggw::demo
