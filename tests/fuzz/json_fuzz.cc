// SPDX-License-Identifier: Apache-2.0
#include <boost/json/value.hpp>
#include <cstdint>

#include "gateway/base/json.h"

using msggw::base::append_json;
using msggw::base::append_json_string;
using msggw::base::ensure;
using msggw::base::parse_json;

// What was accepted is written as JSON that means the same for ever, and any octets make a good
// JSON string.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const msggw::base::DocumentLimits written{.octets = 16 * size + 64};
  if (const auto value = parse_json(text, {.octets = 4'096, .depth = 8, .items = 500})) {
    std::string once;
    append_json(once, *value);
    const auto second = parse_json(once, written);
    ensure(second.has_value(), "written JSON is JSON");
    std::string twice;
    append_json(twice, *second);
    ensure(once == twice, "JSON is stable when it is written again");
  }
  std::string quoted;
  append_json_string(quoted, text);
  ensure(parse_json(quoted, written).has_value(), "any octets make a JSON string");
  return 0;
}
