// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/json.h"
#include "provisioning/protocol/messages.h"

namespace msggw::protocol {

/// Octets of a parsed body that fit on the stack of a decoder; longer bodies take the rest from the
/// heap.
inline constexpr std::size_t kParseRoom = 4'096;

base::DocumentLimits document_limits(const WireLimits& limits) noexcept;
/// Of a body with many requests or responses.
base::DocumentLimits bulk_document_limits(const WireLimits& limits) noexcept;

/// base::parse_document() for the reader of an answer, to whom a CBOR item without JSON value is as
/// wrong as octets that are no CBOR: errors are `malformed` and `too_large`.
base::Result<boost::json::value> parse_answer(Encoding encoding, std::string_view body,
                                              const base::DocumentLimits& limits,
                                              boost::json::storage_ptr storage);

/// A member's text as the standard library sees it; empty if it is not a string.
std::string_view text_of(const boost::json::value& value) noexcept;

/// Why `value` cannot be an identifier of at most `most_octets`, as the end of a sentence that
/// begins with its name
/// ("is empty"); empty if it can.
std::string why_no_identifier(const boost::json::value& value, std::size_t most_octets);

/// The JSON Pointer (RFC 6901) to an element of a body. Our names, with a '/' between them where
/// one is within another, need no escapes.
std::string pointer_to(std::string_view element);

/// What is wrong with the elements of a body, which are given by name here.
struct Faults {
  std::vector<Problem::InvalidParam> missing;
  std::vector<Problem::InvalidParam> incorrect;
  std::vector<Problem::InvalidParam> optional_incorrect;

  /// The first of these causes that there is, with pointers to all its elements; status 0: nothing
  /// is wrong.
  Problem problem() &&;
};

/// The text of a mandatory identifier; empty, and noted in `faults`, if it is absent or none.
std::string read_identifier(const boost::json::object& body, const char* name,
                            std::size_t most_octets, Faults& faults);

/// An object member as compact JSON text, and why it cannot be one (empty if it can). `{}` gives no
/// text.
struct CompactObject {
  std::string text;
  std::string fault;
  bool too_large = false;
};
CompactObject compact_object(const boost::json::value& value, std::size_t most_octets);

/// 400 INVALID_MSG_FORMAT, 400 `cause` for one element.
Problem bad_format(std::string detail);
Problem bad_element(const char* cause, const char* element, std::string reason);

/// The value of a body as decode_request(), decode_response() and decode_problem() read it; each
/// takes also what is no object.
DecodedRequest read_request(const boost::json::value& value, const WireLimits& limits);
base::Result<Response> read_response(const boost::json::value& value, const WireLimits& limits);
base::Result<Problem> read_problem(const boost::json::value& value);

}  // namespace msggw::protocol
