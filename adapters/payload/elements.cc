// SPDX-License-Identifier: Apache-2.0
#include "adapters/payload/elements.h"

#include <boost/json/value.hpp>
#include <limits>

#include "gateway/base/json.h"
#include "gateway/base/text.h"

namespace msggw::payload {

void Elements::note(base::Errc code, std::string_view name, std::string_view what) {
  if (fault_) return;
  std::string detail = path_;
  detail.append(name).append(" ").append(what);
  fault_ = base::Error{code, std::move(detail)};
}

void Elements::incorrect(std::string_view name, std::string_view what) {
  note(base::Errc::incorrect, name, what);
}

std::string Elements::line(std::string_view name, Need need, std::size_t most_octets) {
  const auto* value = base::member(object_, name);
  if (value == nullptr) {
    if (need == Need::mandatory) note(base::Errc::missing, name, "is missing");
    return {};
  }
  const auto text = base::text_of(*value);
  if (!text) {
    incorrect(name, "must be a string");
  } else if (text->size() > most_octets) {
    incorrect(name, "has more than " + std::to_string(most_octets) + " octets");
  } else if (base::has_control(*text)) {
    incorrect(name, "holds control characters");
  } else if (text->empty() && need == Need::mandatory) {
    incorrect(name, "is empty");
  } else {
    return std::string(*text);
  }
  return {};
}

std::string Elements::text(std::string_view name) {
  const auto* value = base::member(object_, name);
  if (value == nullptr) return {};
  const auto text = base::text_of(*value);
  if (!text) incorrect(name, "must be a string");
  return std::string(text.value_or(""));
}

bool Elements::flag(std::string_view name) {
  const auto* value = base::member(object_, name);
  if (value == nullptr) return false;
  if (const bool* flag = value->if_bool()) return *flag;
  incorrect(name, "must be true or false");
  return false;
}

std::optional<std::uint32_t> Elements::number(std::string_view name) {
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  const auto* value = base::member(object_, name);
  if (value == nullptr) return std::nullopt;
  const auto* number = value->if_int64();
  if (number != nullptr && *number >= 1 && *number <= kMost)
    return static_cast<std::uint32_t>(*number);
  incorrect(name, "must be a whole number from 1 to 4294967295");
  return std::nullopt;
}

std::optional<Elements> Elements::object(std::string_view name) {
  const auto* value = base::member(object_, name);
  if (value == nullptr) return std::nullopt;
  if (value->is_object()) return Elements(*value, path_ + std::string(name) + ".", fault_);
  incorrect(name, "must be an object");
  return std::nullopt;
}

}  // namespace msggw::payload
