// SPDX-License-Identifier: Apache-2.0
#include <boost/json/value.hpp>
#include <cstdint>

#include "gateway/base/cbor.h"

using msggw::base::append_cbor;
using msggw::base::append_json;
using msggw::base::ensure;
using msggw::base::parse_cbor;
using msggw::base::parse_json;

// What was accepted is written as CBOR that is not longer and never changes again, and as JSON.
// (Not longer but for one octet where 256 or more items or octets of text came with an indefinite
// length.)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  const auto value = parse_cbor(octets, {.octets = 4'096, .depth = 8, .items = 500});
  if (!value) return 0;
  std::string once;
  append_cbor(once, *value);
  ensure(once.size() <= size + size / 256, "the shortest encoding is the shortest");
  const auto second = parse_cbor(once, {});
  ensure(second.has_value(), "written CBOR is CBOR");
  std::string twice;
  append_cbor(twice, *second);
  ensure(once == twice, "CBOR is stable when it is written again");
  std::string text;
  append_json(text, *value);
  ensure(parse_json(text, {.octets = 16 * size + 64}).has_value(),
         "an accepted item has a JSON value");
  return 0;
}
