// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/result.h"

namespace msggw::admin {

/// Names as they are sent, values decoded.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// Of any query: more parameters than any of them takes are not looked at.
inline constexpr std::size_t kMostParameters = 16;

/// malformed: broken percent-encoding. incorrect: a name twice, or more than kMostParameters.
base::Result<Parameters> read_query(std::string_view query);

/// The query of a call that has this parameter alone, true or false; false if it is not said.
/// As read_query(), and incorrect: another parameter or value.
base::Result<bool> read_flag(std::string_view query, std::string_view flag);

/// The whole text as a number in decimal digits; none: it is no such number.
template <class Number>
std::optional<Number> number_of(std::string_view text) noexcept {
  Number value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

/// incorrect, naming the parameter or member.
tl::unexpected<base::Error> wrong(std::string_view name, std::string_view why);

}  // namespace msggw::admin
