// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "adapters/payload/bodies.h"

using msggw::base::ensure;
using msggw::payload::Encoding;
using msggw::payload::parse_register;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMostInfo = 128;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
    const auto parsed = parse_register(encoding, body, kMostInfo);
    if (!parsed) {
      ensure(
          !msggw::payload::cause_of(parsed.error().code).empty() && !parsed.error().detail.empty(),
          "a refusal says why");
      continue;
    }
    ensure(parsed->info.size() <= kMostInfo, "the information is within its limit");
    const auto again = parse_register(Encoding::json, parsed->info, kMostInfo);
    ensure(again.has_value() && again->info == parsed->info, "compact information is stable");
  }
  return 0;
}
