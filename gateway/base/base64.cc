// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/base64.h"

#include <array>
#include <cstdint>

#include "gateway/base/base64_digits.h"

namespace msggw::base {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::array<std::uint8_t, 256> kValues = digit_values(kAlphabet);

}  // namespace

void append_base64(std::string& out, std::string_view octets) {
  out.reserve(out.size() + base64_size(octets.size()));
  for (std::size_t at = 0; at < octets.size(); at += 3) {
    const std::string_view group = octets.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i)
      out.push_back(i <= group.size() ? kAlphabet[bits >> (18 - 6 * i) & 63] : '=');
  }
}

std::optional<std::string> octets_of_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t digits = text.ends_with("==")  ? text.size() - 2
                             : text.ends_with('=') ? text.size() - 1
                                                   : text.size();
  std::string octets;
  octets.reserve(digits * 3 / 4);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char digit : text.substr(0, digits)) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(digit)];
    if (value == kNoDigit) return std::nullopt;
    bits = bits << 6 | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    octets.push_back(static_cast<char>(bits >> held & 0xFF));
  }
  if ((bits & ((1U << held) - 1)) != 0) return std::nullopt;
  return octets;
}

}  // namespace msggw::base
