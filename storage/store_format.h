// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace msggw::storage {

/// The store's own table; its one row says what the folder is, "msggw store 4" say, and is checked
/// before anything else is touched.
inline constexpr const char* kFormatTable = "_format";
inline constexpr std::uint64_t kFormatKey = 1;
inline constexpr std::string_view kFormat = "msggw store ";  ///< then its number

inline std::string format_of(unsigned number) {
  return std::string(kFormat) + std::to_string(number);
}

/// 0: `format` is none of ours.
inline unsigned number_of_format(std::string_view format) noexcept {
  unsigned number = 0;
  if (!format.starts_with(kFormat)) return 0;
  format.remove_prefix(kFormat.size());
  const auto [stop, error] = std::from_chars(format.data(), format.data() + format.size(), number);
  return error == std::errc{} && stop == format.data() + format.size() ? number : 0;
}

}  // namespace msggw::storage
