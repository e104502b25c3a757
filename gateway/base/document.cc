// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/document.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <limits>

#include "gateway/base/cbor.h"

namespace msggw::base {

namespace {

constexpr unsigned char kCborMap = 0xA0;

/// Appends JSON text of our own as CBOR. It was within limits when it came in, and no limit cuts it
/// down now.
void append_json_as_cbor(std::string& out, std::string_view compact) {
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  constexpr DocumentLimits kOwn{.octets = kNone, .depth = 1'000, .items = kNone};
  unsigned char room[4'096];
  boost::json::monotonic_resource memory(room, sizeof room);
  const auto value = parse_json(compact, kOwn, &memory);
  ensure(value.has_value(), "JSON text of our own is JSON");
  append_cbor(out, *value);
}

}  // namespace

Result<boost::json::value> parse_document(Encoding encoding, std::string_view octets,
                                          const DocumentLimits& limits,
                                          boost::json::storage_ptr storage) {
  switch (encoding) {
    case Encoding::json: return parse_json(octets, limits, std::move(storage));
    case Encoding::cbor: return parse_cbor(octets, limits, std::move(storage));
  }
  return fail(Errc::unsupported, "unknown encoding");
}

void append_document(Encoding encoding, std::string& out, const boost::json::value& value) {
  switch (encoding) {
    case Encoding::json: return append_json(out, value);
    case Encoding::cbor: return append_cbor(out, value);
  }
}

ObjectWriter::ObjectWriter(Encoding encoding, std::string& out)
    : encoding_(encoding), out_(out), start_(out.size()) {
  out_ += encoding_ == Encoding::json ? '{' : static_cast<char>(kCborMap);
}

void ObjectWriter::begin_member(std::string_view key) {
  ++members_;
  if (encoding_ == Encoding::cbor) return append_cbor_text(out_, key);
  if (members_ > 1) out_ += ',';
  out_.append("\"").append(key).append("\":");
}

void ObjectWriter::text(std::string_view key, std::string_view value) {
  begin_member(key);
  encoding_ == Encoding::json ? append_json_string(out_, value) : append_cbor_text(out_, value);
}

void ObjectWriter::texts(std::string_view key, std::span<const std::string> values) {
  begin_member(key);
  if (encoding_ == Encoding::cbor) {
    append_cbor_array(out_, values.size());
    for (const std::string& value : values) append_cbor_text(out_, value);
    return;
  }
  char separator = '[';
  for (const std::string& value : values) {
    out_ += separator;
    append_json_string(out_, value);
    separator = ',';
  }
  out_ += values.empty() ? "[]" : "]";
}

void ObjectWriter::number(std::string_view key, std::uint64_t value) {
  begin_member(key);
  encoding_ == Encoding::json ? void(out_ += std::to_string(value)) : append_cbor_uint(out_, value);
}

void ObjectWriter::json(std::string_view key, std::string_view compact) {
  begin_member(key);
  encoding_ == Encoding::json ? void(out_.append(compact)) : append_json_as_cbor(out_, compact);
}

void ObjectWriter::document(std::string_view key, std::string_view octets) {
  begin_member(key);
  out_.append(octets);
}

void ObjectWriter::end() {
  ensure(members_ <= kMostMembers, "an object is written with few members");
  if (encoding_ == Encoding::json) {
    out_ += '}';
  } else {
    out_[start_] = static_cast<char>(kCborMap | members_);
  }
}

}  // namespace msggw::base
