// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "adapters/mqtt/filter/packet.h"
#include "adapters/mqtt/filter/properties.h"
#include "gateway/base/result.h"

namespace msggw::mqtt::filter {

/// One packet from the broker that is as the standard wants it. Views point into its octets.
struct Packet {
  Header header;
  std::string_view octets;  ///< all of it
  std::uint16_t id = 0;     ///< packet identifier; 0: has none
  std::uint8_t reason = 0;
  bool session_present = false;  ///< CONNACK
  std::string_view codes;        ///< SUBACK, UNSUBACK: a reason code for each filter
  Properties properties;
};

/// Judges what a broker sends to a client that speaks MQTT 5, has asked for no topic aliases and no
/// authentication exchange, and publishes and subscribes with QoS 1 (MQTT 5, sections 2 and 3).
/// Pure; remembers of a connection only whether its CONNACK has come.
class Checker {
 public:
  /// A new connection: the next packet must be its CONNACK.
  void begin() noexcept { accepted_ = false; }

  /// Judges the packet `octets` whose header is `header`. There are two kinds of errors. A wrong
  /// packet: `malformed` if it cannot be read, `incorrect` if it may not be sent now, or not by a
  /// server, or not to such a client. And the broker's word that it is over: `refused` for a
  /// CONNACK that says no (3.2.2.2; also one as MQTT 3.1.1 has it), `unavailable` for a DISCONNECT
  /// (3.14), `unsupported` for a broker without QoS 1. The detail names the reason.
  base::Result<Packet> check(const Header& header, std::string_view octets);

 private:
  base::Result<Packet> check_connack(Packet packet, Reader body);

  bool accepted_ = false;
};

}  // namespace msggw::mqtt::filter
