// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/filter/properties.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "gateway/base/text.h"

namespace msggw::mqtt::filter {

namespace {

enum class Kind { flag, two, four, variable, text, binary, pair };

constexpr std::uint16_t in(Type type) noexcept {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(type));
}

constexpr std::uint16_t kConnack = in(Type::connack);
constexpr std::uint16_t kPublish = in(Type::publish);
constexpr std::uint16_t kDisconnect = in(Type::disconnect);
constexpr std::uint16_t kAnswers = kConnack | kDisconnect | in(Type::puback) | in(Type::pubrec) |
                                   in(Type::pubrel) | in(Type::pubcomp) | in(Type::suback) |
                                   in(Type::unsuback);

constexpr std::uint8_t kResponseTopic = 0x08;
constexpr std::uint8_t kSubscriptionIdentifier = 0x0B;
constexpr std::uint8_t kServerKeepAlive = 0x13;
constexpr std::uint8_t kAuthenticationMethod = 0x15;
constexpr std::uint8_t kAuthenticationData = 0x16;
constexpr std::uint8_t kReasonString = 0x1F;
constexpr std::uint8_t kReceiveMaximum = 0x21;
constexpr std::uint8_t kTopicAlias = 0x23;
constexpr std::uint8_t kMaximumQos = 0x24;
constexpr std::uint8_t kRetainAvailable = 0x25;
constexpr std::uint8_t kUserProperty = 0x26;
constexpr std::uint8_t kMaximumPacketSize = 0x27;

/// MQTT 5, 2.2.2.2, as far as a server may send it.
struct Rule {
  std::uint8_t id;
  Kind kind;
  std::uint16_t types;
  const char* name;
};

constexpr Rule kRules[] = {
    {0x01, Kind::flag, kPublish, "Payload Format Indicator"},
    {0x02, Kind::four, kPublish, "Message Expiry Interval"},
    {0x03, Kind::text, kPublish, "Content Type"},
    {kResponseTopic, Kind::text, kPublish, "Response Topic"},
    {0x09, Kind::binary, kPublish, "Correlation Data"},
    {kSubscriptionIdentifier, Kind::variable, kPublish, "Subscription Identifier"},
    {0x11, Kind::four, kConnack, "Session Expiry Interval"},
    {0x12, Kind::text, kConnack, "Assigned Client Identifier"},
    {kServerKeepAlive, Kind::two, kConnack, "Server Keep Alive"},
    {kAuthenticationMethod, Kind::text, kConnack, "Authentication Method"},
    {kAuthenticationData, Kind::binary, kConnack, "Authentication Data"},
    {0x1A, Kind::text, kConnack, "Response Information"},
    {0x1C, Kind::text, kConnack | kDisconnect, "Server Reference"},
    {kReasonString, Kind::text, kAnswers, "Reason String"},
    {kReceiveMaximum, Kind::two, kConnack, "Receive Maximum"},
    {0x22, Kind::two, kConnack, "Topic Alias Maximum"},
    {kTopicAlias, Kind::two, kPublish, "Topic Alias"},
    {kMaximumQos, Kind::flag, kConnack, "Maximum QoS"},
    {kRetainAvailable, Kind::flag, kConnack, "Retain Available"},
    {kUserProperty, Kind::pair, kAnswers | kPublish, "User Property"},
    {kMaximumPacketSize, Kind::four, kConnack, "Maximum Packet Size"},
    {0x28, Kind::flag, kConnack, "Wildcard Subscription Available"},
    {0x29, Kind::flag, kConnack, "Subscription Identifier Available"},
    {0x2A, Kind::flag, kConnack, "Shared Subscription Available"},
};

const Rule* rule_of(std::uint32_t id) noexcept {
  const auto* const found = std::find_if(std::begin(kRules), std::end(kRules),
                                         [id](const Rule& rule) { return rule.id == id; });
  return found == std::end(kRules) ? nullptr : found;
}

base::Result<> fail(base::Errc code, Type type, const Rule& rule, const char* what) {
  return base::fail(code, std::string(name_of(type)) + ": the property " + rule.name + " " + what);
}

/// One value, as far as it is needed.
struct Value {
  std::uint32_t number = 0;
  std::string_view text;
  Text quality = Text::good;
};

Value read_value(Reader& reader, Kind kind) noexcept {
  Value value;
  switch (kind) {
    case Kind::flag: value.number = reader.octet(); break;
    case Kind::two: value.number = reader.two(); break;
    case Kind::four: value.number = reader.four(); break;
    case Kind::variable: value.number = reader.variable(); break;
    case Kind::binary: value.text = reader.counted(); break;
    case Kind::text:
      value.text = reader.counted();
      value.quality = judge(value.text);
      break;
    case Kind::pair:
      value.quality = judge(reader.counted());
      value.text = reader.counted();
      value.quality = std::max(value.quality, judge(value.text));
      break;
  }
  return value;
}

/// What the value alone makes wrong.
base::Result<> check(Type type, const Rule& rule, const Value& value) {
  constexpr auto kMalformed = base::Errc::malformed;
  if (rule.kind == Kind::flag && value.number > 1)
    return fail(kMalformed, type, rule, "is neither 0 nor 1");
  if (value.quality == Text::bad) return fail(kMalformed, type, rule, "is not UTF-8 text");
  switch (rule.id) {
    case kSubscriptionIdentifier:
    case kReceiveMaximum:
    case kMaximumPacketSize:
      if (value.number == 0) return fail(kMalformed, type, rule, "is 0");
      return {};
    case kResponseTopic:
      if (value.text.empty()) return fail(kMalformed, type, rule, "is empty");
      if (value.text.find_first_of("+#") != std::string_view::npos)
        return fail(kMalformed, type, rule, "holds a wildcard");
      return {};
    case kTopicAlias:
    case kAuthenticationMethod:
    case kAuthenticationData: return fail(base::Errc::incorrect, type, rule, "was not asked for");
    default: return {};
  }
}

void keep(Properties& properties, const Rule& rule, const Value& value) {
  if (value.quality == Text::discouraged) properties.beyond_the_library = true;
  switch (rule.id) {
    case kReceiveMaximum:
      properties.receive_maximum = static_cast<std::uint16_t>(value.number);
      return;
    case kServerKeepAlive:
      properties.server_keep_alive = static_cast<std::uint16_t>(value.number);
      return;
    case kMaximumPacketSize: properties.maximum_packet_size = value.number; return;
    case kMaximumQos: properties.maximum_qos = static_cast<std::uint8_t>(value.number); return;
    case kRetainAvailable: properties.retain_available = value.number == 1; return;
    case kReasonString: properties.reason_string = value.text; return;
    default: return;
  }
}

/// U+FDD0 to U+FDEF, and the last two of each plane.
bool has_non_character(std::string_view text) noexcept {
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    const auto at = [&](std::size_t k) { return static_cast<std::uint8_t>(text[i + k]); };
    if (at(0) == 0xEF && at(1) == 0xB7 && at(2) >= 0x90 && at(2) <= 0xAF) return true;
    const bool ends_plane = (at(1) & 0x0F) == 0x0F && at(2) == 0xBF;
    if (at(0) == 0xEF && at(1) == 0xBF && at(2) >= 0xBE) return true;
    if (at(0) >= 0xF0 && ends_plane && i + 3 < text.size() && at(3) >= 0xBE) return true;
  }
  return false;
}

}  // namespace

Text judge(std::string_view text) noexcept {
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7F; };
  if (std::all_of(text.begin(), text.end(), is_plain)) return Text::good;
  if (!base::is_utf8(text) || text.find('\0') != std::string_view::npos) return Text::bad;
  return base::has_control(text) || has_non_character(text) ? Text::discouraged : Text::good;
}

base::Result<Properties> read_properties(Reader& reader, Type type) {
  const std::uint32_t length = reader.variable();
  Reader list(reader.take(length));
  if (reader.failed())
    return base::fail(base::Errc::malformed,
                      std::string(name_of(type)) + " whose properties do not end within it");
  Properties properties;
  std::uint64_t seen = 0;
  while (!list.rest().empty()) {
    const std::uint32_t id = list.variable();
    const Rule* const rule = list.failed() ? nullptr : rule_of(id);
    if (rule == nullptr || (rule->types & in(type)) == 0) {
      return base::fail(base::Errc::malformed, std::string(name_of(type)) + " with a property (" +
                                                   std::to_string(id) +
                                                   ") that does not belong there");
    }
    const Value value = read_value(list, rule->kind);
    if (list.failed())
      return base::fail(base::Errc::malformed, std::string(name_of(type)) + ": the property " +
                                                   rule->name + " is cut short");
    if (auto checked = check(type, *rule, value); !checked) return tl::unexpected(checked.error());
    const bool again = (seen >> id & 1) != 0;
    seen |= std::uint64_t{1} << id;
    if (again && id == kSubscriptionIdentifier) {
      properties.beyond_the_library = true;
    } else if (again && id != kUserProperty) {
      return tl::unexpected(fail(base::Errc::malformed, type, *rule, "is given twice").error());
    }
    keep(properties, *rule, value);
  }
  return properties;
}

}  // namespace msggw::mqtt::filter
