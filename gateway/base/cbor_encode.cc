// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <limits>
#include <optional>
#include <system_error>

#include "gateway/base/cbor.h"
#include "gateway/base/json.h"
#include "gateway/base/text.h"

// No libcbor here: an item head is one shift and an append, and its half-precision encoder (0.8)
// loses the digits of subnormal numbers.
namespace msggw::base {

namespace {

/// RFC 8949 3.1.
enum class Major : std::uint8_t { uint = 0, negative = 1, text = 3, array = 4, map = 5, other = 7 };

constexpr unsigned kFalse = 20, kTrue = 21, kNull = 22, kHalf = 25, kSingle = 26, kDouble = 27;

void append_initial(std::string& out, Major major, unsigned additional) {
  out += static_cast<char>(static_cast<unsigned>(major) << 5 | additional);
}

void append_big_endian(std::string& out, std::uint64_t number, unsigned octets) {
  for (unsigned left = octets; left > 0; --left) out += static_cast<char>(number >> (left - 1) * 8);
}

void append_head(std::string& out, Major major, std::uint64_t argument) {
  if (argument < 24) return append_initial(out, major, static_cast<unsigned>(argument));
  const unsigned power = argument <= 0xFF          ? 0
                         : argument <= 0xFFFF      ? 1
                         : argument <= 0xFFFF'FFFF ? 2
                                                   : 3;
  append_initial(out, major, 24 + power);
  append_big_endian(out, argument, 1u << power);
}

void append_int(std::string& out, std::int64_t number) {
  if (number >= 0) return append_head(out, Major::uint, static_cast<std::uint64_t>(number));
  append_head(out, Major::negative, static_cast<std::uint64_t>(-1 - number));
}

/// The half-precision bits (IEEE 754 binary16) of a finite `number`, if there are some that mean
/// exactly it.
std::optional<std::uint16_t> to_half(float number) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(number);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000);
  const int exponent = static_cast<int>(bits >> 23 & 0xFF) - 127;
  const std::uint32_t fraction = bits & 0x7F'FFFF;
  if ((bits & 0x7FFF'FFFF) == 0) return sign;
  if (exponent >= -14 && exponent <= 15) {
    if ((fraction & 0x1FFF) != 0) return std::nullopt;
    return static_cast<std::uint16_t>(sign | (exponent + 15) << 10 | fraction >> 13);
  }
  if (exponent < -24 || exponent > 15) return std::nullopt;
  // A subnormal half counts units of 2^-24.
  const std::uint32_t significand = fraction | 0x80'0000;
  const int shift = -1 - exponent;
  if ((significand & ((1u << shift) - 1)) != 0) return std::nullopt;
  return static_cast<std::uint16_t>(sign | significand >> shift);
}

void append_float(std::string& out, double number) {
  const auto single = static_cast<float>(number);
  if (static_cast<double>(single) != number) {
    append_initial(out, Major::other, kDouble);
    return append_big_endian(out, std::bit_cast<std::uint64_t>(number), 8);
  }
  if (const auto half = to_half(single)) {
    append_initial(out, Major::other, kHalf);
    return append_big_endian(out, *half, 2);
  }
  append_initial(out, Major::other, kSingle);
  append_big_endian(out, std::bit_cast<std::uint32_t>(single), 4);
}

}  // namespace

void append_cbor_array(std::string& out, std::size_t items) {
  append_head(out, Major::array, items);
}

void append_cbor_uint(std::string& out, std::uint64_t number) {
  append_head(out, Major::uint, number);
}

void append_cbor_text(std::string& out, std::string_view text) {
  if (is_utf8(text)) {
    append_head(out, Major::text, text.size());
    out.append(text);
    return;
  }
  std::string clean;
  append_as_utf8(clean, text);
  append_head(out, Major::text, clean.size());
  out.append(clean);
}

namespace {

/// What an integer below -2^63 has as its argument; none: CBOR has no such integer.
std::optional<std::uint64_t> negative_of(std::string_view digits) {
  if (digits == "-18446744073709551616") return std::numeric_limits<std::uint64_t>::max();
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  if (!digits.starts_with('-')) return std::nullopt;
  const auto read = std::from_chars(digits.data() + 1, end, number);
  if (read.ec != std::errc() || read.ptr != end || number == 0) return std::nullopt;
  return number - 1;
}

/// A number that was kept as its digits.
void append_digits(std::string& out, std::string_view digits) {
  if (const auto negative = negative_of(digits))
    return append_head(out, Major::negative, *negative);
  if (digits.find_first_of(".eE") == std::string_view::npos) return append_cbor_text(out, digits);
  double number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  append_float(out, number);
}

}  // namespace

void append_cbor(std::string& out, const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null: return append_initial(out, Major::other, kNull);
    case boost::json::kind::bool_:
      return append_initial(out, Major::other, value.get_bool() ? kTrue : kFalse);
    case boost::json::kind::int64: return append_int(out, value.get_int64());
    case boost::json::kind::uint64: return append_cbor_uint(out, value.get_uint64());
    case boost::json::kind::double_: return append_float(out, value.get_double());
    case boost::json::kind::string: {
      const std::string_view text(value.get_string());
      return text.starts_with(kDigits) ? append_digits(out, text.substr(1))
                                       : append_cbor_text(out, text);
    }
    case boost::json::kind::array:
      append_cbor_array(out, value.get_array().size());
      for (const auto& item : value.get_array()) append_cbor(out, item);
      return;
    case boost::json::kind::object:
      append_head(out, Major::map, value.get_object().size());
      for (const auto& member : value.get_object()) {
        append_cbor_text(out, {member.key().data(), member.key().size()});
        append_cbor(out, member.value());
      }
      return;
  }
}

}  // namespace msggw::base
