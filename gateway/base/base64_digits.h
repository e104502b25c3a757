// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace msggw::base {

inline constexpr std::uint8_t kNoDigit = 64;

/// The value of each character as a digit of `alphabet` (64 characters), kNoDigit of those that are
/// none; for the codecs of RFC 4648.
constexpr std::array<std::uint8_t, 256> digit_values(std::string_view alphabet) {
  std::array<std::uint8_t, 256> all{};
  all.fill(kNoDigit);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    all[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return all;
}

}  // namespace msggw::base
