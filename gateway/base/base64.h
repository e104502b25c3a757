// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace msggw::base {

/// Appends `octets` in base64 with padding (RFC 4648 4).
void append_base64(std::string& out, std::string_view octets);

/// What append_base64() was given to write `text`. None: nothing gives that text. Other ways to
/// write the same octets (no padding, line ends, the alphabet of URLs, bits left over) count as
/// wrong, so that a value has one spelling.
std::optional<std::string> octets_of_base64(std::string_view text);

/// How many characters so many octets make.
constexpr std::size_t base64_size(std::size_t octets) noexcept {
  return (octets + 2) / 3 * 4;
}

}  // namespace msggw::base
