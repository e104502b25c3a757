// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace msggw::cli {

/// The ports of everything that `msggw demo` opens, on 127.0.0.1; the initialisers are those
/// without --port-base.
struct Ports {
  std::uint16_t coap = 5683;            ///< UDP
  std::uint16_t coaps = 5684;           ///< UDP
  std::uint16_t mqtt = 1883;            ///< the broker
  std::uint16_t mqtt_tls = 8883;        ///< the broker
  std::uint16_t admin = 8080;           ///< operator's HTTP
  std::uint16_t msgin5g_tls = 8443;     ///< MSGin5G-facing HTTPS
  std::uint16_t msgin5g = 8081;         ///< MSGin5G-facing cleartext HTTP/2, for tests
  std::uint16_t function = 7480;        ///< Provisioning Function, HTTP
  std::uint16_t function_tls = 7443;    ///< Provisioning Function, HTTPS
  std::uint16_t function_coap = 7483;   ///< Provisioning Function, UDP and TCP
  std::uint16_t function_coaps = 7484;  ///< Provisioning Function, UDP and TCP
  std::uint16_t smpp = 2775;            ///< the test SMSC
  std::uint16_t smsc_control = 2780;    ///< the test SMSC, HTTP for testers
  std::uint16_t server = 7580;          ///< the MSGin5G Server double, HTTP/2 and HTTP/1.1
  std::uint16_t server_control = 7581;  ///< the MSGin5G Server double, HTTP for testers
};

/// --port-base N takes N+0 to N+20; those behind the last member of Ports are kept for listeners to
/// come.
inline constexpr std::uint16_t kPortsReserved = 21;
inline constexpr std::uint16_t kLeastPortBase = 1'024;
inline constexpr std::uint16_t kMostPortBase = 65'535 - kPortsReserved + 1;

/// The documented order of --port-base; it is part of the command line and does not change.
constexpr Ports ports_from(std::uint16_t base) {
  const auto at = [base](unsigned offset) { return static_cast<std::uint16_t>(base + offset); };
  return {at(0), at(1), at(2),  at(3),  at(4),  at(5),  at(6), at(7),
          at(8), at(9), at(10), at(11), at(12), at(13), at(14)};
}

}  // namespace msggw::cli
