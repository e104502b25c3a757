// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "adapters/mqtt/protocol/packet.h"
#include "adapters/mqtt/protocol/properties.h"
#include "gateway/base/result.h"

namespace msggw::mqtt::protocol {

/// One packet from the broker that is as the standard wants it. Views point into its octets.
struct Packet {
  Header header;
  std::uint16_t id = 0;      ///< packet identifier; 0: has none
  std::string_view topic;    ///< PUBLISH; any octets, see Properties::faulty
  std::string_view payload;  ///< PUBLISH
  std::uint8_t reason = 0;
  bool session_present = false;  ///< CONNACK
  std::string_view codes;        ///< SUBACK: a reason code for each filter
  Properties properties;
};

/// Judges what a broker sends to a client that has asked for no topic aliases and no authentication
/// exchange, and publishes and subscribes with QoS 1 (MQTT 5 and 3.1.1, sections 2 and 3). Pure;
/// remembers of a connection only its version and whether its CONNACK has come.
class Checker {
 public:
  /// A new connection: the next packet must be its CONNACK.
  void begin(Version version) noexcept {
    version_ = version;
    accepted_ = false;
  }

  /// Judges the packet `octets` whose header is `header`. There are two kinds of errors. A wrong
  /// packet: `malformed` if it cannot be read, `incorrect` if it may not be sent now, or not by a
  /// server, or not to such a client. And the broker's word that it is over: `refused` for a
  /// CONNACK that says no (3.2.2.2), `unsupported` for one that does not speak this version (also
  /// one that answers MQTT 5 as 3.1.1 does), `unavailable` for a DISCONNECT (3.14). The detail
  /// names the reason.
  base::Result<Packet> check(const Header& header, std::string_view octets);

 private:
  bool is_old() const noexcept { return version_ == Version::mqtt311; }
  base::Result<Packet> check_connack(Packet packet, Reader body);
  base::Result<Packet> check_old_connack(Packet packet, std::uint8_t code);
  base::Result<Packet> check_publish(Packet packet, Reader body);
  base::Result<Packet> check_acknowledgement(Packet packet, Reader body);
  base::Result<Packet> check_subscription(Packet packet, Reader body);
  base::Result<Packet> check_disconnect(Packet packet, Reader body);
  base::Result<> read_reason(Packet& packet, Reader& body, bool may_end);

  Version version_ = Version::mqtt5;
  bool accepted_ = false;
};

}  // namespace msggw::mqtt::protocol
