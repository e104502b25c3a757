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

  bool operator==(const Connect&) const = default;
};

/// Which messages that were published with RETAIN before are wanted (3.8.3.1).
enum class Stored : std::uint8_t { always, for_new_session, never };

/// One filter of a SUBSCRIBE (3.8.3).
struct Subscription {
  std::string filter;
  Stored stored = Stored::never;
  std::uint8_t qos = 1;
};

/// PUBLISH (3.3).
struct Publication {
  std::string_view topic;
  std::string_view payload;
  std::string_view correlation;  ///< empty: none; MQTT 5 only
  bool retained = false;
  std::uint16_t id = 0;  ///< packet identifier; 0: QoS 0, else QoS 1
  bool again = false;    ///< DUP
  /// Further properties, one behind the other as the functions below make them; MQTT 5 only.
  std::string_view properties = {};
};

// Each puts one property of a PUBLISH behind what `out` holds (3.3.2.3). A text that is too long or
// not good (judge()) is left out, since a receiver may close the connection over it.

void append_message_expiry(std::string& out, std::uint32_t seconds);
void append_content_type(std::string& out, std::string_view type);
void append_user_property(std::string& out, std::string_view name, std::string_view value);

// Each puts one packet behind what `out` holds.

void append_connect(std::string& out, Version version, const Connect& connect);
/// MQTT 5: RETAIN as published where stored ones are not wanted always; no copy of what this client
/// publishes itself (which a shared subscription must not ask for, 3.8.3.1).
void append_subscribe(std::string& out, Version version, std::uint16_t id,
                      const std::vector<Subscription>& subscriptions);
void append_publish(std::string& out, Version version, const Publication& publication);
void append_unsubscribe(std::string& out, Version version, std::uint16_t id,
                        std::string_view filter);
void append_puback(std::string& out, std::uint16_t id);
void append_pingreq(std::string& out);
/// MQTT 5 says `reason` (3.14.2.1), and that the session is over if it is to end.
void append_disconnect(std::string& out, Version version, std::uint8_t reason,
                       bool ends_session = false);

/// The length of the packet that append_publish() writes.
std::size_t octets_of(Version version, const Publication& publication) noexcept;

}  // namespace msggw::mqtt::protocol
