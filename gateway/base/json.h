// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace msggw::base {

struct DocumentLimits {
  std::size_t octets = 64 * 1024;  ///< of the encoded document
  std::size_t depth = 16;          ///< of nested arrays and objects
  std::size_t items = 20'000;  ///< values in all, so that a small document cannot cost much memory
};

/// One JSON text (RFC 8259), nothing but white space behind it. malformed: not JSON, not UTF-8, a
/// key twice in one object; too_large: above `limits`. The detail names the octet offset. Never
/// throws on input. A number beyond a double's range is malformed.
///
/// A number that neither a 64-bit integer nor a double holds as it is written (an ICCID of 20
/// digits, say) stays what it was: a string of kDigits and its characters. append_json() writes
/// them as they came; in CBOR a whole one is an integer down to -2^64, a text beyond that, where it
/// would take a tag, and any other the double that is nearest.
Result<boost::json::value> parse_json(std::string_view text, const DocumentLimits& limits);
/// The same, made in `storage`, which must live as long as the value does (a monotonic_resource
/// over a buffer on the stack, on the path of a packet).
Result<boost::json::value> parse_json(std::string_view text, const DocumentLimits& limits,
                                      boost::json::storage_ptr storage);

/// No text begins with this octet, since none that was read has it.
inline constexpr char kDigits = '\xFF';

/// The text of a string; none: `value` is none, also if it is a number kept as its digits.
std::optional<std::string_view> text_of(const boost::json::value& value) noexcept;
/// The member of that name; null: there is none, or `value` is no object.
const boost::json::value* member(const boost::json::value& value, std::string_view name) noexcept;
/// The same where it is a string.
std::optional<std::string_view> text_member(const boost::json::value& value,
                                            std::string_view name) noexcept;

/// Appends `text` as a JSON string with its quotes. Octets that are not UTF-8 become U+FFFD, so
/// that what is written is always JSON.
void append_json_string(std::string& out, std::string_view text);

/// Appends `value` without any white space, members in the order they have, doubles in the fewest
/// digits that give the same double again ("1.5", not "1.5E0").
void append_json(std::string& out, const boost::json::value& value);

}  // namespace msggw::base
