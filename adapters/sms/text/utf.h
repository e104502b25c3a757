// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace msggw::sms_text {

/// What stands in text for what cannot be read.
inline constexpr char32_t kReplacement = 0xFFFD;

/// Takes the first character off `text`, which must be well-formed UTF-8 and not empty.
char32_t take_character(std::string_view& text) noexcept;

/// Appends `character` (a Unicode scalar value) as UTF-8.
void append_character(std::string& out, char32_t character);

/// UTF-16, high octet first, without byte order mark. `text` must be well-formed UTF-8.
std::string to_utf16be(std::string_view text);

/// UTF-8 of `octets`. An unpaired surrogate and a last octet without its other half become U+FFFD
/// each; a byte order mark at the beginning is no text and is left out.
std::string from_utf16be(std::string_view octets);

}  // namespace msggw::sms_text
