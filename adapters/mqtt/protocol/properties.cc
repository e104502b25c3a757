// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/protocol/properties.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "gateway/base/text.h"

namespace msggw::mqtt::protocol {

namespace {

enum class Kind { flag, two, four, variable, text, binary, pair };

/// What a value may not be.
enum class Demand { none, not_zero, topic, unasked };

constexpr std::uint16_t kConnack = in(Type::connack);
constexpr std::uint16_t kPublish = in(Type::publish);
constexpr std::uint16_t kDisconnect = in(Type::disconnect);
constexpr std::uint16_t kAnswers = kConnack | kDisconnect | in(Type::puback) | in(Type::pubrec) |
                                   in(Type::pubrel) | in(Type::pubcomp) | in(Type::suback) |
                                   in(Type::unsuback);

constexpr std::uint8_t kSubscriptionIdentifier = 0x0B;
constexpr std::uint8_t kUserProperty = 0x26;

/// MQTT 5, 2.2.2.2, as far as a server may send it.
struct Rule {
  std::uint8_t id;
  Kind kind;
  std::uint16_t types;
  const char* name;
  Demand demand = Demand::none;
  std::uint32_t Properties::* number = nullptr;  ///< where it is kept
  std::string_view Properties::* text = nullptr;
};

constexpr Rule kRules[] = {
    {0x01, Kind::flag, kPublish, "Payload Format Indicator"},
    {0x02, Kind::four, kPublish, "Message Expiry Interval", Demand::none,
     &Properties::message_expiry},
    {0x03, Kind::text, kPublish, "Content Type"},
    {0x08, Kind::text, kPublish, "Response Topic", Demand::topic, nullptr,
     &Properties::response_topic},
    {0x09, Kind::binary, kPublish, "Correlation Data", Demand::none, nullptr,
     &Properties::correlation},
    {kSubscriptionIdentifier, Kind::variable, kPublish, "Subscription Identifier",
     Demand::not_zero},
    {0x11, Kind::four, kConnack, "Session Expiry Interval"},
    {0x12, Kind::text, kConnack, "Assigned Client Identifier"},
    {0x13, Kind::two, kConnack, "Server Keep Alive", Demand::none, &Properties::server_keep_alive},
    {0x15, Kind::text, kConnack, "Authentication Method", Demand::unasked},
    {0x16, Kind::binary, kConnack, "Authentication Data", Demand::unasked},
    {0x1A, Kind::text, kConnack, "Response Information"},
    {0x1C, Kind::text, kConnack | kDisconnect, "Server Reference"},
    {0x1F, Kind::text, kAnswers, "Reason String", Demand::none, nullptr,
     &Properties::reason_string},
    {0x21, Kind::two, kConnack, "Receive Maximum", Demand::not_zero, &Properties::receive_maximum},
    {0x22, Kind::two, kConnack, "Topic Alias Maximum"},
    {0x23, Kind::two, kPublish, "Topic Alias", Demand::unasked},
    {0x24, Kind::flag, kConnack, "Maximum QoS", Demand::none, &Properties::maximum_qos},
    {0x25, Kind::flag, kConnack, "Retain Available", Demand::none, &Properties::retain_available},
    {kUserProperty, Kind::pair, kAnswers | kPublish, "User Property"},
    {0x27, Kind::four, kConnack, "Maximum Packet Size", Demand::not_zero,
     &Properties::maximum_packet_size},
    {0x28, Kind::flag, kConnack, "Wildcard Subscription Available", Demand::none,
     &Properties::wildcards_available},
    {0x29, Kind::flag, kConnack, "Subscription Identifier Available"},
    {0x2A, Kind::flag, kConnack, "Shared Subscription Available", Demand::none,
     &Properties::shares_available},
};

const Rule* rule_of(std::uint32_t id) noexcept {
  const auto* const found = std::find_if(std::begin(kRules), std::end(kRules),
                                         [id](const Rule& rule) { return rule.id == id; });
  return found == std::end(kRules) ? nullptr : found;
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

struct Fault {
  const char* what = nullptr;  ///< null: none
  base::Errc code = base::Errc::malformed;
};

/// What the value alone makes wrong.
Fault fault_of(const Rule& rule, const Value& value) noexcept {
  if (rule.kind == Kind::flag && value.number > 1) return {"is neither 0 nor 1"};
  if (value.quality == Text::bad) return {"is not UTF-8 text"};
  switch (rule.demand) {
    case Demand::none: return {};
    case Demand::not_zero: return {value.number == 0 ? "is 0" : nullptr};
    case Demand::unasked: return {"was not asked for", base::Errc::incorrect};
    case Demand::topic: break;
  }
  if (value.text.empty()) return {"is empty"};
  const bool wildcard = value.text.find_first_of("+#") != std::string_view::npos;
  return {wildcard ? "holds a wildcard" : nullptr};
}

/// Whether a broker passes it on as the publisher wrote it.
bool is_passed_on(const Rule& rule, Type type) noexcept {
  return type == Type::publish && rule.demand != Demand::not_zero && rule.demand != Demand::unasked;
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
  const auto fail = [type](const std::string& what, base::Errc code = base::Errc::malformed) {
    return base::fail(code, name_of(type) + what);
  };
  const std::uint32_t length = reader.variable();
  Reader list(reader.take(length));
  if (reader.failed()) return fail(" whose properties do not end within it");
  Properties properties;
  properties.list = list.rest();
  std::uint64_t seen = 0;
  while (!list.rest().empty()) {
    const std::uint32_t id = list.variable();
    const Rule* const rule = list.failed() ? nullptr : rule_of(id);
    if (rule == nullptr || (rule->types & in(type)) == 0)
      return fail(" with a property (" + std::to_string(id) + ") that does not belong there");
    const Value value = read_value(list, rule->kind);
    const bool again = (seen >> id & 1) != 0;
    seen |= std::uint64_t{1} << id;
    Fault fault = list.failed() ? Fault{"is cut short"} : fault_of(*rule, value);
    if (fault.what == nullptr && again && id != kSubscriptionIdentifier && id != kUserProperty)
      fault.what = "is given twice";
    if (fault.what != nullptr && !list.failed() && is_passed_on(*rule, type)) {
      properties.faulty = true;
      continue;
    }
    if (fault.what != nullptr)
      return fail(std::string(": the property ") + rule->name + " " + fault.what, fault.code);
    if (rule->number != nullptr) properties.*rule->number = value.number;
    if (rule->text != nullptr) properties.*rule->text = value.text;
  }
  return properties;
}

std::optional<std::string_view> user_property(std::string_view list,
                                              std::string_view name) noexcept {
  Reader reader(list);
  while (!reader.rest().empty()) {
    const std::uint32_t id = reader.variable();
    const Rule* const rule = reader.failed() ? nullptr : rule_of(id);
    if (rule == nullptr) return std::nullopt;
    const bool is_it = id == kUserProperty && Reader(reader).counted() == name;
    const Value value = read_value(reader, rule->kind);
    if (reader.failed()) return std::nullopt;
    if (is_it) return value.quality == Text::bad ? std::nullopt : std::optional(value.text);
  }
  return std::nullopt;
}

}  // namespace msggw::mqtt::protocol
