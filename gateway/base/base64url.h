// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace msggw::base {

/// Appends `octets` in base64url without padding (RFC 4648 5): letters, digits, '-' and '_', which
/// mean themselves in a URI, a topic and a file name.
void append_base64url(std::string& out, std::span<const std::uint8_t> octets);

/// Fills `octets` from `text`. False, with any octets: `text` is not what append_base64url() makes
/// of so many octets; other ways to write the same octets (padding, the standard alphabet, bits
/// left over) count as wrong, so that a value has one name.
bool read_base64url(std::string_view text, std::span<std::uint8_t> octets) noexcept;

/// How many characters so many octets make.
constexpr std::size_t base64url_size(std::size_t octets) noexcept {
  return (octets * 8 + 5) / 6;
}

}  // namespace msggw::base
