// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace msggw::base {

/// Appends the integers and strings of a stored record to a buffer: unsigned LEB128 varints,
/// length-prefixed strings.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void varint(std::uint64_t value) {
    if (value < 0x80) return out_.push_back(static_cast<char>(value));
    char octets[kMostOctets];
    out_.append(octets, write(octets, value));
  }
  /// Each of them, the same as one by one.
  template <std::size_t kCount>
  void varints(const std::array<std::uint64_t, kCount>& values) {
    std::array<char, kCount * kMostOctets> octets;
    char* end = octets.data();
    for (const std::uint64_t value : values) end = write(end, value);
    out_.append(octets.data(), end);
  }
  void bytes(std::string_view value) {
    varint(value.size());
    out_.append(value);
  }

 private:
  static constexpr std::size_t kMostOctets = 10;  ///< of a number

  static char* write(char* to, std::uint64_t value) noexcept {
    for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
    *to++ = static_cast<char>(value);
    return to;
  }

  std::string& out_;
};

/// Reads what ByteWriter wrote. After the first malformed or missing element every read gives zero
/// or empty and ok() stays false, so a decoder reads all fields and asks once. Strings point into
/// the input.
class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}

  std::uint64_t varint() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (in_.empty()) break;
      const auto octet = static_cast<unsigned char>(in_.front());
      in_.remove_prefix(1);
      if (shift == 63 && octet > 1) break;
      value |= std::uint64_t{octet & 0x7Fu} << shift;
      if (octet < 0x80) return value;
    }
    return failed();
  }
  std::string_view bytes() noexcept {
    const std::uint64_t size = varint();
    if (size > in_.size()) return failed(), std::string_view{};
    const auto value = in_.substr(0, size);
    in_.remove_prefix(size);
    return value;
  }

  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return in_.empty(); }

 private:
  std::uint64_t failed() noexcept {
    ok_ = false;
    in_ = {};
    return 0;
  }

  std::string_view in_;
  bool ok_ = true;
};

}  // namespace msggw::base
