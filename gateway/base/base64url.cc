// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/base64url.h"

#include <array>

#include "gateway/base/base64_digits.h"

namespace msggw::base {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::array<std::uint8_t, 256> kValues = digit_values(kAlphabet);

}  // namespace

void append_base64url(std::string& out, std::span<const std::uint8_t> octets) {
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const std::uint8_t octet : octets) {
    bits = bits << 8 | octet;
    for (held += 8; held >= 6; held -= 6) out.push_back(kAlphabet[bits >> (held - 6) & 63]);
  }
  if (held > 0) out.push_back(kAlphabet[bits << (6 - held) & 63]);
}

bool read_base64url(std::string_view text, std::span<std::uint8_t> octets) noexcept {
  if (text.size() != base64url_size(octets.size())) return false;
  std::uint32_t bits = 0;
  unsigned held = 0;
  std::size_t filled = 0;
  for (const char character : text) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(character)];
    if (value == kNoDigit) return false;
    bits = bits << 6 | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    octets[filled++] = static_cast<std::uint8_t>(bits >> held);
  }
  return (bits & ((1U << held) - 1)) == 0;
}

}  // namespace msggw::base
