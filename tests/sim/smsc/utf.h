// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace msggw::smsc {

constexpr char32_t kReplacement = 0xFFFD;

void append_utf8(std::string& out, char32_t character);
/// The code points of UTF-8; none if it is not UTF-8.
std::optional<std::u32string> code_points(std::string_view utf8);

/// UTF-16, most significant octet first, as data_coding 8 has it.
void append_utf16(std::string& out, char32_t character);
/// Half a surrogate pair and an odd last octet are U+FFFD.
std::string utf16_to_utf8(std::string_view octets);
std::string latin1_to_utf8(std::string_view octets);

std::string to_hex(std::string_view octets);
/// None: not pairs of hexadecimal digits.
std::optional<std::string> from_hex(std::string_view hex);

}  // namespace msggw::smsc
