// SPDX-License-Identifier: Apache-2.0
#include "adapters/elements/members.h"

#include <boost/json/value.hpp>
#include <utility>

#include "gateway/base/json.h"
#include "gateway/base/text.h"

namespace msggw::elements {

namespace {

std::string why_no_line(std::string_view text, Need need, std::size_t most_octets) {
  if (text.empty() && need != Need::optional) return "is empty";
  if (text.size() > most_octets) return "has more than " + std::to_string(most_octets) + " octets";
  if (base::has_control(text)) return "holds control characters";
  return {};
}

}  // namespace

Members::Members(const boost::json::value& object, std::string pointer, Faults& faults)
    : object_(object), pointer_(std::move(pointer)), faults_(faults) {}

bool Members::has(std::string_view name) const noexcept {
  return base::member(object_, name) != nullptr;
}

std::string Members::pointer_to(std::string_view name) const {
  return std::string(pointer_).append("/").append(name);
}

void Members::note(Wrong wrong, std::string_view name, std::string reason) {
  faults_.note(wrong, pointer_to(name), std::move(reason));
}

void Members::incorrect(std::string_view name, Need need, std::string reason) {
  note(need == Need::mandatory ? Wrong::incorrect : Wrong::optional_incorrect, name,
       std::move(reason));
}

const boost::json::value* Members::find(std::string_view name, Need need) {
  const auto* value = base::member(object_, name);
  if (value == nullptr && need != Need::optional) note(Wrong::missing, name, "is missing");
  return value;
}

std::optional<std::string_view> Members::text(std::string_view name, Need need) {
  const auto* value = find(name, need);
  if (value == nullptr) return std::nullopt;
  const auto text = base::text_of(*value);
  if (!text) incorrect(name, need, "is not a string");
  return text;
}

std::string Members::line(std::string_view name, Need need, std::size_t most_octets) {
  const auto value = text(name, need);
  if (!value) return {};
  std::string fault = why_no_line(*value, need, most_octets);
  if (fault.empty()) return std::string(*value);
  incorrect(name, need, std::move(fault));
  return {};
}

std::optional<bool> Members::flag(std::string_view name) {
  const auto* value = find(name, Need::optional);
  if (value == nullptr) return std::nullopt;
  if (const bool* flag = value->if_bool()) return *flag;
  incorrect(name, Need::optional, "is neither true nor false");
  return std::nullopt;
}

std::optional<std::uint32_t> Members::number(std::string_view name, Need need, std::uint32_t least,
                                             std::uint32_t most) {
  const auto* value = find(name, need);
  if (value == nullptr) return std::nullopt;
  const auto* number = value->if_int64();
  if (number != nullptr && *number >= least && *number <= most)
    return static_cast<std::uint32_t>(*number);
  incorrect(name, need,
            "is not a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

std::optional<Members> Members::object(std::string_view name, Need need) {
  const auto* value = find(name, need);
  if (value == nullptr) return std::nullopt;
  if (value->is_object()) return Members(*value, pointer_to(name), faults_);
  incorrect(name, need, "is not an object");
  return std::nullopt;
}

}  // namespace msggw::elements
