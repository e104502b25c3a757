// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gateway/base/json.h"
#include "gateway/base/result.h"

namespace msggw::base {

/// How a document is written.
enum class Encoding { json, cbor };

/// parse_json or parse_cbor.
Result<boost::json::value> parse_document(Encoding encoding, std::string_view octets,
                                          const DocumentLimits& limits,
                                          boost::json::storage_ptr storage);

/// append_json or append_cbor.
void append_document(Encoding encoding, std::string& out, const boost::json::value& value);

/// Writes one object of few members behind what `out` holds, without building it first. `out` is
/// used alone by the writer from construction until end(). Keys are words of ours: printable ASCII
/// without '"' and '\'.
class ObjectWriter {
 public:
  /// What the head of a CBOR map counts in its one octet.
  static constexpr unsigned kMostMembers = 23;

  ObjectWriter(Encoding encoding, std::string& out);
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  void text(std::string_view key, std::string_view value);
  void texts(std::string_view key, std::span<const std::string> values);
  void number(std::string_view key, std::uint64_t value);
  /// `compact` is JSON text that was parsed before (or written by us): a program bug if it is not.
  void json(std::string_view key, std::string_view compact);
  /// An object within this one, of the members that `fill(ObjectWriter&)` writes.
  template <class Fill>
  void object(std::string_view key, const Fill& fill) {
    begin_member(key);
    ObjectWriter inner(encoding_, out_);
    fill(inner);
    inner.end();
  }
  /// `octets` is one whole document in the encoding of this writer; it is not looked at.
  void document(std::string_view key, std::string_view octets);
  void end();

 private:
  void begin_member(std::string_view key);

  Encoding encoding_;
  std::string& out_;
  std::size_t start_;
  unsigned members_ = 0;
};

}  // namespace msggw::base
