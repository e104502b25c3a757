// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace msggw::smsc::gsm7 {

/// The septets of a code point (3GPP TS 23.038 6.2.1, the default alphabet and its extension
/// table), one octet each: one, or escape and another. None: it is not in the alphabet.
std::optional<std::string_view> septets_of(char32_t character);

/// Septets, one octet each, as UTF-8. An escape before something that is in no table is a space
/// (6.2.1.1, the rule for receivers); an octet above 0x7F is U+FFFD.
std::string to_utf8(std::string_view septets);

/// Eight septets in seven octets (6.1.2.1), the first one behind `fill` bits.
std::string pack(std::string_view septets, unsigned fill);
/// `count` septets of what pack() wrote; fewer when `octets` ends before.
std::string unpack(std::string_view octets, unsigned fill, std::size_t count);
/// The bits between a user data header of `octets` (its length octet counted) and the first septet
/// (3GPP TS 23.040 9.2.3.24).
constexpr unsigned fill_behind(std::size_t octets) {
  return static_cast<unsigned>((7 - octets * 8 % 7) % 7);
}

}  // namespace msggw::smsc::gsm7
