// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/policy_rule.h"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "gateway/base/json.h"
#include "gateway/base/pattern.h"
#include "gateway/base/text.h"

namespace msggw::function {

namespace {

constexpr std::array kKinds{core::PrivateIdKind::opaque, core::PrivateIdKind::mac48,
                            core::PrivateIdKind::eui64,  core::PrivateIdKind::imei,
                            core::PrivateIdKind::msisdn, core::PrivateIdKind::uuid};

constexpr std::uint32_t bit_of(core::UeType type) noexcept {
  return std::uint32_t{1} << static_cast<unsigned>(type);
}
constexpr std::uint32_t bit_of(core::PrivateIdKind kind) noexcept {
  return std::uint32_t{1} << static_cast<unsigned>(kind);
}

std::string in_quotes(std::string_view text) {
  return "\"" + base::printable(text, 255) + "\"";
}

std::string one_of(const std::vector<std::string>& words) {
  std::string out;
  constexpr std::size_t kMostShown = 10;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i == kMostShown) return out + " and " + std::to_string(words.size() - i) + " more";
    out += (out.empty() ? "" : ", ") + base::printable(words[i], 255);
  }
  return out;
}

std::string one_of(const std::vector<core::UeType>& types) {
  std::string out;
  for (const core::UeType type : types) {
    out.append(out.empty() ? "" : ", ").append(core::name_of(type));
  }
  return out;
}

}  // namespace

std::optional<std::string_view> InfoTexts::find(std::string_view name) {
  if (!parsed_) parse();
  const auto* object = value_.if_object();
  const auto* member = object == nullptr ? nullptr : object->if_contains(name);
  if (member == nullptr) return std::nullopt;
  if (const auto text = base::text_of(*member)) return text;
  text_.clear();
  base::append_json(text_, *member);
  return text_;
}

void InfoTexts::parse() {
  parsed_ = true;
  if (compact_.empty()) return;
  // Where it came from has seen to it that it is an object; if not, no condition on it is met.
  if (auto value = base::parse_json(compact_, {.octets = compact_.size()}, &memory_)) {
    value_ = std::move(*value);
  }
}

PolicyRule::PolicyRule(RuleOptions options, Gives gives)
    : options_(std::move(options)), gives_(std::move(gives)) {
  for (const core::UeType type : options_.ue_types) types_ |= bit_of(type);
  for (const core::PrivateIdKind kind : kKinds) {
    if (std::count(options_.kinds.begin(), options_.kinds.end(), core::name_of(kind)) != 0) {
      kinds_ |= bit_of(kind);
    }
  }
  for (const std::string& id : options_.private_ids) {
    if (id.find_first_of("*?") == std::string::npos) {
      whole_ids_.insert(id);
    } else {
      id_patterns_.push_back(id);
    }
  }
}

bool PolicyRule::matches(const Asked& asked, InfoTexts& info) const {
  return (types_ == 0 || (types_ & bit_of(asked.type)) != 0) &&
         (kinds_ == 0 || (kinds_ & bit_of(asked.private_id.kind())) != 0) &&
         (options_.gateways.empty() || is_of_gateways(asked.gateway)) &&
         (options_.private_ids.empty() || is_of_private_ids(asked.private_id.text())) &&
         (options_.info.empty() || info_matches(info));
}

bool PolicyRule::is_of_gateways(std::string_view gateway) const {
  return !gateway.empty() && base::matches_any(options_.gateways, gateway);
}

bool PolicyRule::is_of_private_ids(std::string_view text) const {
  return whole_ids_.contains(text) ||
         std::any_of(id_patterns_.begin(), id_patterns_.end(),
                     [&](std::string_view pattern) { return base::matches(pattern, text); });
}

bool PolicyRule::info_matches(InfoTexts& info) const {
  return std::all_of(options_.info.begin(), options_.info.end(), [&](const auto& wanted) {
    const auto text = info.find(wanted.first);
    return text && base::matches(wanted.second, *text);
  });
}

std::string PolicyRule::why_not(const Asked& asked, InfoTexts& info) const {
  if (types_ != 0 && (types_ & bit_of(asked.type)) == 0) {
    return "ueType " + std::string(core::name_of(asked.type)) + " is none of " +
           one_of(options_.ue_types);
  }
  if (kinds_ != 0 && (kinds_ & bit_of(asked.private_id.kind())) == 0) {
    return "the Private ID is of kind " + std::string(core::name_of(asked.private_id.kind())) +
           ", which is none of " + one_of(options_.kinds);
  }
  if (!options_.gateways.empty() && asked.gateway.empty()) {
    return "no gateway is proven, one of " + one_of(options_.gateways) + " must be";
  }
  if (!options_.gateways.empty() && !is_of_gateways(asked.gateway)) {
    return "gateway " + in_quotes(asked.gateway) + " is none of " + one_of(options_.gateways);
  }
  if (!options_.private_ids.empty() && !is_of_private_ids(asked.private_id.text())) {
    return "Private ID " + in_quotes(asked.private_id.text()) + " is none of " +
           one_of(options_.private_ids);
  }
  for (const auto& [name, pattern] : options_.info) {
    const auto text = info.find(name);
    if (!text) return "the information has no " + in_quotes(name);
    if (!base::matches(pattern, *text)) {
      return "information " + in_quotes(name) + " is " + in_quotes(*text) + ", not " +
             in_quotes(pattern);
    }
  }
  return {};
}

std::string PolicyRule::conditions() const {
  std::string out;
  const auto add = [&](std::string_view what, const std::string& words) {
    out.append(out.empty() ? "" : "; ").append(what).append(" ").append(words);
  };
  if (!options_.ue_types.empty()) add("ueType", one_of(options_.ue_types));
  if (!options_.kinds.empty()) add("kind", one_of(options_.kinds));
  if (!options_.gateways.empty()) add("gateway", one_of(options_.gateways));
  if (!options_.private_ids.empty()) add("Private ID", one_of(options_.private_ids));
  for (const auto& [name, pattern] : options_.info) {
    add("information", in_quotes(name) + " = " + in_quotes(pattern));
  }
  return out;
}

}  // namespace msggw::function
