// SPDX-License-Identifier: Apache-2.0
#include "gateway/messages/message.h"

namespace msggw::messages {

std::string_view name_of(AddressType type) noexcept {
  switch (type) {
    case AddressType::ue: return "UE";
    case AddressType::as: return "AS";
    case AddressType::group: return "GROUP";
    case AddressType::broadcast: return "BC";
    case AddressType::topic: return "TOPIC";
  }
  return "?";
}

std::optional<AddressType> address_type_of(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kAddressTypes; ++i) {
    const auto type = static_cast<AddressType>(i);
    if (name == name_of(type)) return type;
  }
  return std::nullopt;
}

std::string_view name_of(Priority priority) noexcept {
  switch (priority) {
    case Priority::high: return "high";
    case Priority::normal: return "normal";
    case Priority::low: return "low";
  }
  return "?";
}

}  // namespace msggw::messages
