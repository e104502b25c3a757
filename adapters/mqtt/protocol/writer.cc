// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/protocol/writer.h"

#include "adapters/mqtt/protocol/properties.h"

namespace msggw::mqtt::protocol {

namespace {

constexpr std::uint8_t kSessionExpiryInterval = 0x11;
constexpr std::uint8_t kReceiveMaximum = 0x21;
constexpr std::uint8_t kMaximumPacketSize = 0x27;
constexpr std::uint8_t kCorrelationData = 0x09;
constexpr std::uint8_t kMessageExpiryInterval = 0x02;
constexpr std::uint8_t kContentType = 0x03;
constexpr std::uint8_t kUserProperty = 0x26;
constexpr std::size_t kMostTextOctets = 65'535;

void append_octet(std::string& out, unsigned value) {
  out.push_back(static_cast<char>(value));
}
void append_two(std::string& out, std::size_t value) {
  append_octet(out, value >> 8 & 0xFF);
  append_octet(out, value & 0xFF);
}
void append_four(std::string& out, std::uint32_t value) {
  append_two(out, value >> 16);
  append_two(out, value & 0xFFFF);
}
void append_variable(std::string& out, std::size_t value) {
  do {
    append_octet(out, (value & 0x7F) | (value > 0x7F ? 0x80 : 0));
    value >>= 7;
  } while (value > 0);
}
void append_counted(std::string& out, std::string_view text) {
  append_two(out, text.size());
  out.append(text);
}
constexpr std::size_t octets_of_variable(std::size_t value) noexcept {
  return value < 128 ? 1 : value < 16'384 ? 2 : value < 2'097'152 ? 3 : 4;
}

void append_header(std::string& out, Type type, unsigned flags, std::size_t body) {
  append_octet(out, static_cast<unsigned>(type) << 4 | flags);
  append_variable(out, body);
}

void append_packet(std::string& out, Type type, unsigned flags, std::string_view body) {
  append_header(out, type, flags, body.size());
  out.append(body);
}

std::size_t properties_of(const Publication& publication) noexcept {
  const std::size_t correlation =
      publication.correlation.empty() ? 0 : 3 + publication.correlation.size();
  return correlation + publication.properties.size();
}

bool can_be_written(std::string_view text) noexcept {
  return text.size() <= kMostTextOctets && judge(text) == Text::good;
}

std::size_t body_of(Version version, const Publication& publication) noexcept {
  std::size_t octets = 2 + publication.topic.size() + publication.payload.size();
  if (publication.id != 0) octets += 2;
  if (version == Version::mqtt311) return octets;
  const std::size_t properties = properties_of(publication);
  return octets + octets_of_variable(properties) + properties;
}

}  // namespace

void append_message_expiry(std::string& out, std::uint32_t seconds) {
  append_octet(out, kMessageExpiryInterval);
  append_four(out, seconds);
}

void append_content_type(std::string& out, std::string_view type) {
  if (!can_be_written(type)) return;
  append_octet(out, kContentType);
  append_counted(out, type);
}

void append_user_property(std::string& out, std::string_view name, std::string_view value) {
  if (!can_be_written(name) || !can_be_written(value)) return;
  append_octet(out, kUserProperty);
  append_counted(out, name);
  append_counted(out, value);
}

void append_connect(std::string& out, Version version, const Connect& connect) {
  std::string body;
  append_counted(body, "MQTT");
  append_octet(body, static_cast<unsigned>(version));
  append_octet(body, connect.user.empty() ? 0 : 0xC0);
  append_two(body, connect.keep_alive_s);
  if (version == Version::mqtt5) {
    append_variable(body, 5 + 3 + 5);
    append_octet(body, kSessionExpiryInterval);
    append_four(body, connect.session_expiry_s);
    append_octet(body, kReceiveMaximum);
    append_two(body, connect.receive_maximum);
    append_octet(body, kMaximumPacketSize);
    append_four(body, connect.maximum_packet_size);
  }
  append_counted(body, connect.client_id);
  if (!connect.user.empty()) {
    append_counted(body, connect.user);
    append_counted(body, connect.password);
  }
  append_packet(out, Type::connect, 0, body);
}

void append_subscribe(std::string& out, Version version, std::uint16_t id,
                      const std::vector<Subscription>& subscriptions) {
  constexpr unsigned kNoLocal = 4;
  constexpr unsigned kRetainAsPublished = 8;
  std::string body;
  append_two(body, id);
  if (version == Version::mqtt5) append_variable(body, 0);
  for (const Subscription& one : subscriptions) {
    unsigned options = one.qos;
    if (version == Version::mqtt5) {
      options |= static_cast<unsigned>(one.stored) << 4;
      if (one.stored != Stored::always) options |= kRetainAsPublished;
      if (!one.filter.starts_with('$')) options |= kNoLocal;
    }
    append_counted(body, one.filter);
    append_octet(body, options);
  }
  append_packet(out, Type::subscribe, 2, body);
}

void append_unsubscribe(std::string& out, Version version, std::uint16_t id,
                        std::string_view filter) {
  std::string body;
  append_two(body, id);
  if (version == Version::mqtt5) append_variable(body, 0);
  append_counted(body, filter);
  append_packet(out, Type::unsubscribe, 2, body);
}

std::size_t octets_of(Version version, const Publication& publication) noexcept {
  const std::size_t body = body_of(version, publication);
  return 1 + octets_of_variable(body) + body;
}

void append_publish(std::string& out, Version version, const Publication& publication) {
  const unsigned flags = (publication.again ? 8U : 0U) | (publication.id != 0 ? 2U : 0U) |
                         (publication.retained ? 1U : 0U);
  append_header(out, Type::publish, flags, body_of(version, publication));
  append_counted(out, publication.topic);
  if (publication.id != 0) append_two(out, publication.id);
  if (version == Version::mqtt5) {
    append_variable(out, properties_of(publication));
    if (!publication.correlation.empty()) {
      append_octet(out, kCorrelationData);
      append_counted(out, publication.correlation);
    }
    out.append(publication.properties);
  }
  out.append(publication.payload);
}

void append_puback(std::string& out, std::uint16_t id) {
  append_header(out, Type::puback, 0, 2);
  append_two(out, id);
}

void append_pingreq(std::string& out) {
  append_header(out, Type::pingreq, 0, 0);
}

void append_disconnect(std::string& out, Version version, std::uint8_t reason, bool ends_session) {
  std::string body;
  if (version == Version::mqtt5 && (reason != 0 || ends_session)) append_octet(body, reason);
  if (version == Version::mqtt5 && ends_session) {
    append_variable(body, 5);
    append_octet(body, kSessionExpiryInterval);
    append_four(body, 0);
  }
  append_packet(out, Type::disconnect, 0, body);
}

}  // namespace msggw::mqtt::protocol
