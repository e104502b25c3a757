// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/json.h"
#include "gateway/base/result.h"

namespace msggw::base {

/// One CBOR data item (RFC 8949) as the JSON value it stands for (RFC 8949 6.1): maps with text
/// keys, arrays, text, integers, floats, booleans, null; definite and indefinite lengths.
/// malformed: not one well-formed item, a key twice, broken UTF-8; unsupported: byte strings, tags,
/// non-text keys, undefined and NaN/Infinity, which have no JSON value; too_large: above `limits`.
/// Allocates in proportion to the octets present, never to a length they claim. An integer below
/// -2^63 is kept as its digits, as it is in JSON.
Result<boost::json::value> parse_cbor(std::string_view octets, const DocumentLimits& limits);
/// The same, made in `storage`, which must live as long as the value does.
Result<boost::json::value> parse_cbor(std::string_view octets, const DocumentLimits& limits,
                                      boost::json::storage_ptr storage);

/// Appends the shortest definite-length encoding of `value` (RFC 8949 4.2.1, but members keep their
/// order; a double stays a float, of 16 or 32 bits where that loses nothing).
void append_cbor(std::string& out, const boost::json::value& value);

/// The pieces of the above, for what is written without a value in between: the head of an array
/// whose `items` follow, an unsigned integer, a text string (octets that are not UTF-8 become
/// U+FFFD).
void append_cbor_array(std::string& out, std::size_t items);
void append_cbor_uint(std::string& out, std::uint64_t number);
void append_cbor_text(std::string& out, std::string_view text);

}  // namespace msggw::base
