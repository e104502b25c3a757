// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "gateway/messages/message.h"

namespace msggw::messages {

/// Where devices may send, and where what names no recipient goes.
struct Policy {
  /// By AddressType: UE, AS and GROUP, unless configured.
  std::array<bool, kAddressTypes> recipients{true, true, true, false, false};
  std::optional<Address> default_recipient{};
  /// Service IDs of the MSGin5G Servers that the gateway can reach. A device all of whose servers
  /// are others has its messages refused.
  std::vector<std::string> servers{};
};

}  // namespace msggw::messages
