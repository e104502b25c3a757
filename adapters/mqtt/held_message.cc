// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/held_message.h"

#include <cstdint>

#include "gateway/base/bytes.h"

namespace msggw::mqtt {

std::string record_of(const HeldMessage& message) {
  std::string record;
  base::ByteWriter to(record);
  to.varint(message.structured ? 1 : 0);
  to.varint(message.incoming.expiry_s);
  for (const std::string_view text :
       {message.sender.id, message.sender.response_topic, message.sender.correlation,
        message.origin, message.incoming.properties, message.incoming.payload})
    to.bytes(text);
  return record;
}

std::optional<HeldMessage> held_message_of(std::string_view record) {
  base::ByteReader in(record);
  HeldMessage message;
  const std::uint64_t structured = in.varint();
  const std::uint64_t expiry_s = in.varint();
  for (std::string_view* const text :
       {&message.sender.id, &message.sender.response_topic, &message.sender.correlation,
        &message.origin, &message.incoming.properties, &message.incoming.payload})
    *text = in.bytes();
  if (!in.ok() || !in.at_end() || structured > 1 || expiry_s > UINT32_MAX) return std::nullopt;
  message.structured = structured == 1;
  message.incoming.expiry_s = static_cast<std::uint32_t>(expiry_s);
  return message;
}

}  // namespace msggw::mqtt
