// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/json.h"
#include "gateway/base/text.h"

namespace msggw::cli {

// Members of what a gateway answered, as people are shown them.

/// Safe to print; empty if there is no such text.
inline std::string text_of(const boost::json::value& object, std::string_view name) {
  return base::printable(base::text_member(object, name).value_or(""), 400);
}

/// 0 if there is no such number.
inline std::uint64_t number_of(const boost::json::value& object, std::string_view name) {
  const auto* value = base::member(object, name);
  boost::json::error_code not_a_number;
  const auto number = value == nullptr ? 0 : value->to_number<std::uint64_t>(not_a_number);
  return not_a_number ? 0 : number;
}

inline bool flag_of(const boost::json::value& object, std::string_view name) {
  const auto* value = base::member(object, name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

/// Null if there is no such array.
inline const boost::json::array* list_of(const boost::json::value& object, std::string_view name) {
  const auto* value = base::member(object, name);
  return value == nullptr ? nullptr : value->if_array();
}

/// At least one blank behind it.
inline std::string padded(std::string text, std::size_t width) {
  text.append(text.size() < width ? width - text.size() : 1, ' ');
  return text;
}

}  // namespace msggw::cli
