// SPDX-License-Identifier: Apache-2.0
// What is kept of a message that waits for its device's Service ID, as a damaged store may have it:
// none, or the one way to write it.
#include <cstdint>
#include <string_view>

#include "adapters/mqtt/held_message.h"
#include "adapters/mqtt/protocol/properties.h"
#include "gateway/base/result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace msggw;
  const std::string_view record(reinterpret_cast<const char*>(data), size);
  const auto read = mqtt::held_message_of(record);
  if (!read) return 0;
  for (const char* const name : {"msgId", "appId"})
    (void)mqtt::protocol::user_property(read->incoming.properties, name);
  const std::string written = mqtt::record_of(*read);
  const auto again = mqtt::held_message_of(written);
  base::ensure(again.has_value() && mqtt::record_of(*again) == written, "it is written in one way");
  return 0;
}
