// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "adapters/mqtt/protocol/packet.h"
#include "gateway/base/result.h"

namespace msggw::mqtt::protocol {

/// What the gateway needs to know of the properties of one packet; the default is what the absence
/// of a property means. Views point into the packet.
struct Properties {
  std::uint32_t receive_maximum = 65'535;
  std::uint32_t server_keep_alive = 0;    ///< seconds; 0: none, or the keep-alive is off
  std::uint32_t maximum_packet_size = 0;  ///< octets; 0: any
  std::uint32_t maximum_qos = 2;
  std::uint32_t message_expiry = 0;  ///< seconds, as much as is left; 0: none
  // 0 or 1:
  std::uint32_t retain_available = 1;
  std::uint32_t wildcards_available = 1;
  std::uint32_t shares_available = 1;
  std::string_view reason_string;
  std::string_view response_topic;  ///< empty: none
  std::string_view correlation;
  std::string_view list;  ///< all properties as they stand, for user_property()
  /// Something that the publisher wrote is not as the standard wants it: a property, which is left
  /// out, or the topic.
  bool faulty = false;
};

/// How a text stands to MQTT 5, 1.5.4.
enum class Text {
  good,
  discouraged,  ///< holds a control character or a non-character: a receiver may close over it
  bad,          ///< not UTF-8, or holds U+0000
};
Text judge(std::string_view text) noexcept;

/// Reads the property length and the properties behind it (2.2.2) from a packet that a server has
/// sent. Fails with `malformed` if they are not what the standard allows in that packet: an unknown
/// or misplaced identifier, one given twice, a length that is not theirs, a value out of range, a
/// text that is bad(); with `incorrect` for what a server may only say to a client that asked for
/// it, and this one did not: authentication, topic aliases.
///
/// What a publisher may write and a broker passes on (3.3.2.3: the format, the expiry, the content
/// type, response topic and correlation data, user properties) fails only where its end cannot be
/// found: a broker need not look at it (Mosquitto 2.0 does not), and if it ended the connection,
/// the broker would deliver the same message to the next one, for ever.
base::Result<Properties> read_properties(Reader& reader, Type type);

/// The value of the first user property (3.3.2.3.7) called `name` in `list`, which is
/// Properties::list; none: there is none, or it is no UTF-8 text.
std::optional<std::string_view> user_property(std::string_view list,
                                              std::string_view name) noexcept;

}  // namespace msggw::mqtt::protocol
