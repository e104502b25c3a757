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

/// What separates one device from another (the contribution, tables 6.X.1.3-1 and 6.X.1.4-1, NOTE
/// 1): globally unique, never an address. Two spellings of one identifier are one Private ID:
///
/// | kind   | spellings                                                                | canonical
/// text            | | mac48  | six hex pairs with ':' or '-', three quads with '.', or 12 bare
/// digits   | 12 lower-case hex digits  | | eui64  | eight hex pairs with ':' or '-', four quads
/// with '.', or 16 bare digits*  | 16 lower-case hex digits  | | imei   | 15 digits with a correct
/// check digit, "imei:" before it; RFC 7254 URN      | the 15 digits             | | msisdn | E.164
/// with a leading '+', also as "tel:+..." ; spaces, '-', '.', '()'      | '+' and 5 to 15 digits |
/// | uuid   | 8-4-4-4-12 or 32 bare hex digits, in braces or as "urn:uuid:..."           |
/// 8-4-4-4-12 in lower case  | | opaque | anything else, compared octet by octet | as given |
/// (* 16 decimal digits without a separator stay opaque: they are an IMEISV more often than an
/// EUI-64.)
///
/// A value, cheap to move.
class PrivateId {
 public:
  /// No configuration may allow more; fits every protocol's field missing: empty. too_large: more
  /// than `most_octets`. malformed: not UTF-8, or holds control characters.
  static constexpr std::size_t kMostOctets = 255;
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
