// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/base/bytes.h"
#include "gateway/messages/message.h"
#include "storage/row_reader.h"

namespace msggw::storage {

// What rows of several tables of messages have in common.

inline void append_address(base::ByteWriter& to, const messages::Address& address) {
  to.varint(number(address.type));
  to.bytes(address.address);
}

inline messages::Address read_address(RowReader& in) {
  const auto type = in.enumerator(messages::AddressType::topic, "unknown type of address");
  return {type, in.text("address cut short")};
}

}  // namespace msggw::storage
