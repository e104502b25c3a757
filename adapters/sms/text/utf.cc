// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/text/utf.h"

#include <cstddef>
#include <cstdint>

namespace msggw::sms_text {

namespace {

constexpr char32_t kByteOrderMark = 0xFEFF;

bool is_high_surrogate(char32_t unit) noexcept {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low_surrogate(char32_t unit) noexcept {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

void append_unit(std::string& out, char32_t unit) {
  out.push_back(static_cast<char>(unit >> 8));
  out.push_back(static_cast<char>(unit & 0xFF));
}

char32_t unit_at(std::string_view octets, std::size_t at) noexcept {
  return static_cast<char32_t>(static_cast<std::uint8_t>(octets[at]) << 8 |
                               static_cast<std::uint8_t>(octets[at + 1]));
}

}  // namespace

char32_t take_character(std::string_view& text) noexcept {
  const auto lead = static_cast<std::uint8_t>(text[0]);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t character = length == 1 ? lead : lead & (0x7F >> length);
  for (std::size_t i = 1; i < length; ++i) {
    character = character << 6 | (static_cast<std::uint8_t>(text[i]) & 0x3F);
  }
  text.remove_prefix(length);
  return character;
}

void append_character(std::string& out, char32_t character) {
  const auto tail = [&](int shift) {
    out.push_back(static_cast<char>(0x80 | ((character >> shift) & 0x3F)));
  };
  if (character < 0x80) {
    out.push_back(static_cast<char>(character));
  } else if (character < 0x800) {
    out.push_back(static_cast<char>(0xC0 | character >> 6));
    tail(0);
  } else if (character < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | character >> 12));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0 | character >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::string to_utf16be(std::string_view text) {
  std::string out;
  out.reserve(2 * text.size());
  while (!text.empty()) {
    const char32_t character = take_character(text);
    if (character < 0x10000) {
      append_unit(out, character);
    } else {
      append_unit(out, 0xD800 + ((character - 0x10000) >> 10));
      append_unit(out, 0xDC00 + ((character - 0x10000) & 0x3FF));
    }
  }
  return out;
}

std::string from_utf16be(std::string_view octets) {
  std::string out;
  out.reserve(octets.size() + octets.size() / 2 + 3);
  std::size_t at = octets.size() >= 2 && unit_at(octets, 0) == kByteOrderMark ? 2 : 0;
  while (at + 1 < octets.size()) {
    const char32_t unit = unit_at(octets, at);
    at += 2;
    const bool more = at + 1 < octets.size();
    if (is_high_surrogate(unit) && more && is_low_surrogate(unit_at(octets, at))) {
      append_character(out, 0x10000 + ((unit - 0xD800) << 10) + (unit_at(octets, at) - 0xDC00));
      at += 2;
    } else {
      const bool unpaired = is_high_surrogate(unit) || is_low_surrogate(unit);
      append_character(out, unpaired ? kReplacement : unit);
    }
  }
  if (at < octets.size()) append_character(out, kReplacement);
  return out;
}

}  // namespace msggw::sms_text
