// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/mqtt/protocol/packet.h"

namespace msggw::mqtt::protocol {

/// What the gateway says in CONNECT (3.1): clean start off, no Will. Of a text at most 65,535
/// octets can be written; nothing longer may be given.
struct Connect {
  std::string client_id;
  std::string user;  ///< empty: neither user nor password
  std::string password;
  std::uint16_t keep_alive_s = 30;
  // MQTT 5 only.
  std::uint32_t session_expiry_s = 0;
  std::uint16_t receive_maximum = 65'535;
  std::uint32_t maximum_packet_size = 0;  ///< octets; not 0
};

/// One filter of a SUBSCRIBE (3.8.3), always with QoS 1.
struct Subscription {
  std::string filter;
  bool shared = false;
  /// Whether what was published with RETAIN before is wanted too (once for each new session).
  bool stored_too = false;
};

/// PUBLISH (3.3).
struct Publication {
  std::string_view topic;
  std::string_view payload;
  std::string_view correlation;  ///< empty: none; MQTT 5 only
  bool retained = false;
  std::uint16_t id = 0;  ///< packet identifier; 0: QoS 0, else QoS 1
  bool again = false;    ///< DUP
};

// Each puts one packet behind what `out` holds.

void append_connect(std::string& out, Version version, const Connect& connect);
/// MQTT 5: RETAIN as published, no copy of what this client publishes itself (which a shared
/// subscription must not ask for, 3.8.3.1).
void append_subscribe(std::string& out, Version version, std::uint16_t id,
                      const std::vector<Subscription>& subscriptions);
void append_publish(std::string& out, Version version, const Publication& publication);
void append_puback(std::string& out, std::uint16_t id);
void append_pingreq(std::string& out);
/// MQTT 5 says `reason` (3.14.2.1).
void append_disconnect(std::string& out, Version version, std::uint8_t reason);

/// The length of the packet that append_publish() writes.
std::size_t octets_of(Version version, const Publication& publication) noexcept;

}  // namespace msggw::mqtt::protocol
