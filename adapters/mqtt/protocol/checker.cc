// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/protocol/checker.h"

#include <string>
#include <utility>

#include "adapters/mqtt/protocol/reasons.h"
#include "gateway/base/text.h"

namespace msggw::mqtt::protocol {

namespace {

using base::Errc;
constexpr std::size_t kMostReasonOctets = 200;
constexpr std::uint8_t kVersionRefused = 0x84;
constexpr std::uint8_t kOldVersionRefused = 1;

tl::unexpected<base::Error> wrong(Errc code, const Packet& packet, const char* what) {
  return base::fail(code, std::string(name_of(packet.header.type)) + " " + what);
}

tl::unexpected<base::Error> unknown_reason(const Packet& packet, std::uint8_t code) {
  return base::fail(Errc::malformed, std::string(name_of(packet.header.type)) +
                                         " with a reason code (" + std::to_string(code) +
                                         ") that does not belong there");
}

/// `said` with the name of the packet's reason code and what the broker adds to it.
std::string reason_of(const char* said, const Packet& packet) {
  std::string text = std::string(said) + reason_name(packet.header.type, packet.reason);
  const std::string_view more = packet.properties.reason_string;
  if (!more.empty()) text += " (" + base::printable(more, kMostReasonOctets) + ")";
  return text;
}

/// Table 2-2 of the standard, for the types that a server may send.
bool has_right_flags(const Header& header) noexcept {
  if (header.type == Type::publish) return true;
  return header.flags == (header.type == Type::pubrel ? 2 : 0);
}

base::Result<> read_properties_of(Packet& packet, Reader& body) {
  auto properties = read_properties(body, packet.header.type);
  if (!properties) return tl::unexpected(std::move(properties.error()));
  packet.properties = *properties;
  return {};
}

base::Result<> read_id(Packet& packet, Reader& body) {
  packet.id = body.two();
  if (body.failed()) return wrong(Errc::malformed, packet, "that is cut short");
  if (packet.id == 0) return wrong(Errc::malformed, packet, "with the packet identifier 0");
  return {};
}

}  // namespace

base::Result<Packet> Checker::check_old_connack(Packet packet, std::uint8_t code) {
  if (!is_old() && code == 0)
    return base::fail(Errc::unsupported, "the broker does not speak MQTT 5");
  const char* const said = code == 0 ? "" : old_return_code_name(code);
  if (said == nullptr) return wrong(Errc::malformed, packet, "with an unknown return code");
  if (code != 0) {
    return base::fail(code == kOldVersionRefused ? Errc::unsupported : Errc::refused,
                      std::string("refused by the broker: ") + said);
  }
  packet.properties.maximum_qos = 1;
  accepted_ = true;
  return packet;
}

base::Result<Packet> Checker::check_connack(Packet packet, Reader body) {
  const std::uint8_t flags = body.octet();
  if (flags > 1) return wrong(Errc::malformed, packet, "with reserved flags set");
  packet.session_present = (flags & 1) != 0;
  if (body.rest().size() == 1) return check_old_connack(packet, body.octet());
  if (is_old()) return wrong(Errc::malformed, packet, "of a wrong length");
  if (auto read = read_reason(packet, body, false); !read) return tl::unexpected(read.error());
  if (packet.reason != 0) {
    return base::fail(packet.reason == kVersionRefused ? Errc::unsupported : Errc::refused,
                      reason_of("refused by the broker: ", packet));
  }
  accepted_ = true;
  return packet;
}

/// The last of a packet: a reason code and properties. Where `may_end` it may end before either,
/// which means success and none (3.4.2, 3.14.2); in MQTT 3.1.1 it does.
base::Result<> Checker::read_reason(Packet& packet, Reader& body, bool may_end) {
  const bool ends = may_end && body.rest().empty();
  if (is_old() && !ends) return wrong(Errc::malformed, packet, "with octets behind its end");
  if (!ends) packet.reason = body.octet();
  if (body.failed()) return wrong(Errc::malformed, packet, "that is cut short");
  if (reason_name(packet.header.type, packet.reason) == nullptr)
    return unknown_reason(packet, packet.reason);
  if (may_end && body.rest().empty()) return {};
  auto done = read_properties_of(packet, body);
  if (done && !body.rest().empty())
    return wrong(Errc::malformed, packet, "with octets behind its end");
  return done;
}

/// 3.3.
base::Result<Packet> Checker::check_publish(Packet packet, Reader body) {
  const unsigned qos = packet.header.flags >> 1 & 3U;
  if (qos == 3) return wrong(Errc::malformed, packet, "of QoS 3");
  if (qos == 2) return wrong(Errc::incorrect, packet, "of QoS 2, which was not subscribed to");
  if (qos == 0 && (packet.header.flags & 8) != 0)
    return wrong(Errc::malformed, packet, "of QoS 0 that is a duplicate");
  packet.topic = body.counted();
  if (qos > 0) packet.id = body.two();
  if (body.failed()) return wrong(Errc::malformed, packet, "that is cut short");
  if (packet.topic.empty()) return wrong(Errc::incorrect, packet, "without a topic");
  if (qos > 0 && packet.id == 0)
    return wrong(Errc::malformed, packet, "with the packet identifier 0");
  if (!is_old()) {
    if (auto read = read_properties_of(packet, body); !read) return tl::unexpected(read.error());
  }
  // Of the publisher too, as a broker may pass it on (EMQX does, unless it is set to be strict).
  packet.properties.faulty |= judge(packet.topic) == Text::bad ||
                              packet.topic.find_first_of("+#") != std::string_view::npos;
  packet.payload = body.rest();
  return packet;
}

/// PUBACK, PUBREC, PUBREL, PUBCOMP (3.4 to 3.7).
base::Result<Packet> Checker::check_acknowledgement(Packet packet, Reader body) {
  if (packet.header.type != Type::puback)
    return wrong(Errc::incorrect, packet, "although nothing of QoS 2 is under way");
  if (auto read = read_id(packet, body); !read) return tl::unexpected(read.error());
  if (auto read = read_reason(packet, body, true); !read) return tl::unexpected(read.error());
  return packet;
}

/// SUBACK and UNSUBACK (3.9, 3.11); in MQTT 3.1.1 the latter has no codes.
base::Result<Packet> Checker::check_subscription(Packet packet, Reader body) {
  if (auto read = read_id(packet, body); !read) return tl::unexpected(read.error());
  if (!is_old()) {
    if (auto read = read_properties_of(packet, body); !read) return tl::unexpected(read.error());
  }
  packet.codes = body.rest();
  const bool has_codes = packet.header.type == Type::suback || !is_old();
  if (packet.codes.empty() && has_codes)
    return wrong(Errc::malformed, packet, "without a reason code");
  if (!packet.codes.empty() && !has_codes)
    return wrong(Errc::malformed, packet, "with octets behind its end");
  for (const char octet : packet.codes) {
    const auto code = static_cast<std::uint8_t>(octet);
    const bool too_new = is_old() && code > 2 && code != 0x80;
    if (too_new || reason_name(packet.header.type, code) == nullptr)
      return unknown_reason(packet, code);
  }
  return packet;
}

base::Result<Packet> Checker::check_disconnect(Packet packet, Reader body) {
  if (is_old()) return wrong(Errc::incorrect, packet, "which only a client may send");
  if (auto read = read_reason(packet, body, true); !read) return tl::unexpected(read.error());
  if (packet.reason == 0) return base::fail(Errc::unavailable, "closed by the broker");
  return base::fail(Errc::unavailable, reason_of("closed by the broker: ", packet));
}

base::Result<Packet> Checker::check(const Header& header, std::string_view octets) {
  Packet packet;
  packet.header = header;
  const Reader body(octets.substr(header.size));
  switch (header.type) {
    case Type::connect:
    case Type::subscribe:
    case Type::unsubscribe:
    case Type::pingreq: return wrong(Errc::incorrect, packet, "which only a client may send");
    case Type::auth: return wrong(Errc::incorrect, packet, "which was not asked for");
    default: break;
  }
  if (!has_right_flags(header)) return wrong(Errc::malformed, packet, "with wrong flags");
  if (accepted_ == (header.type == Type::connack))
    return wrong(Errc::incorrect, packet, accepted_ ? "for the second time" : "before CONNACK");
  switch (header.type) {
    case Type::connack: return check_connack(packet, body);
    case Type::publish: return check_publish(packet, body);
    case Type::suback:
    case Type::unsuback: return check_subscription(packet, body);
    case Type::disconnect: return check_disconnect(packet, body);
    case Type::pingresp:
      if (header.body != 0) return wrong(Errc::malformed, packet, "with octets behind its end");
      return packet;
    default: return check_acknowledgement(packet, body);
  }
}

}  // namespace msggw::mqtt::protocol
