// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace msggw::core {

/// What a Private ID was recognised as. Stored; do not renumber.
enum class PrivateIdKind : std::uint8_t {
  opaque = 0,
  mac48 = 1,
  eui64 = 2,
  imei = 3,
  msisdn = 4,
  uuid = 5
};

/// "opaque", "mac48", ...
std::string_view name_of(PrivateIdKind kind) noexcept;

/// What is wrong with a pattern (base::matches) of Private IDs that has MACs in mind and would find
/// none, "00-1B-63-*" say; empty: nothing.
std::string why_finds_no_mac(std::string_view pattern);

/// What separates one device from another (the contribution, tables 6.X.1.3-1 and 6.X.1.4-1,
/// NOTE 1): globally unique, never an address. Two spellings of one identifier are one Private ID:
///
/// | kind   | spellings                                              | canonical text            |
/// | ------ | ------------------------------------------------------ | ------------------------- |
/// | mac48  | six hex pairs with ':' or '-', three quads with '.',   | 12 lower-case hex digits  |
/// |        | 12 bare digits                                         |                           |
/// | eui64  | eight hex pairs with ':' or '-', four quads with '.',  | 16 lower-case hex digits  |
/// |        | 16 bare digits (*)                                     |                           |
/// | imei   | 15 digits with a correct check digit, "imei:" before   | the 15 digits             |
/// |        | it; RFC 7254 URN                                       |                           |
/// | msisdn | E.164 with a leading '+', also as "tel:+..."; blanks,  | '+' and 5 to 15 digits    |
/// |        | '-', '.' and '()' do not count                         |                           |
/// | uuid   | 8-4-4-4-12 or 32 bare hex digits, in braces or as      | 8-4-4-4-12 in lower case  |
/// |        | "urn:uuid:..."                                         |                           |
/// | opaque | anything else, compared octet by octet                 | as given                  |
///
/// (*) 16 decimal digits without a separator stay opaque: they are an IMEISV more often than an
/// EUI-64.
///
/// A value, cheap to move.
class PrivateId {
 public:
  /// No configuration may allow more; fits every protocol's field.
  static constexpr std::size_t kMostOctets = 255;
  /// Returns `missing` if it is empty, `too_large` if it has more than `most_octets`, `malformed`
  /// if it is not UTF-8 or holds control characters.
  static base::Result<PrivateId> parse(std::string_view text, std::size_t most_octets = 128);

  const std::string& text() const noexcept { return text_; }
  PrivateIdKind kind() const noexcept { return kind_; }
  bool operator==(const PrivateId&) const = default;

 private:
  PrivateId(std::string text, PrivateIdKind kind) : text_(std::move(text)), kind_(kind) {}

  std::string text_;
  PrivateIdKind kind_;
};

}  // namespace msggw::core
