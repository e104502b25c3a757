// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace msggw::smpp {

/// Integers are big-endian (SMPP 3.4 3.1). Reading requires that the octets are there.
inline std::uint16_t read_u16(std::string_view octets, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(octets[at]) << 8 |
                                    static_cast<unsigned char>(octets[at + 1]));
}

inline std::uint32_t read_u32(std::string_view octets, std::size_t at) noexcept {
  return std::uint32_t{read_u16(octets, at)} << 16 | read_u16(octets, at + 2);
}

inline void append_u16(std::string& out, std::uint16_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}

inline void append_u32(std::string& out, std::uint32_t value) {
  append_u16(out, static_cast<std::uint16_t>(value >> 16));
  append_u16(out, static_cast<std::uint16_t>(value));
}

/// A number as manuals of SMSCs write it: "0x00000410".
inline std::string in_hex(std::uint32_t value) {
  std::string text = "0x00000000";
  for (std::size_t at = text.size(); value != 0; value >>= 4)
    text[--at] = "0123456789abcdef"[value & 0xF];
  return text;
}

/// Over the octets that stand there.
inline void write_u32(std::string& out, std::size_t at, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) out[at++] = static_cast<char>(value >> shift);
}

}  // namespace msggw::smpp
