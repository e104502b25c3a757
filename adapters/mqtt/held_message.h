// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/mqtt/sender.h"
#include "adapters/mqtt/session.h"

namespace msggw::mqtt {

/// A message of a device as it came, which waits for the device's Service ID and which the broker
/// has been told is taken: all that it takes to have it once more after a restart.
struct HeldMessage {
  bool structured = false;  ///< `send`, else `up`
  Sender sender;
  Incoming incoming;        ///< payload, properties and expiry alone
  std::string_view origin;  ///< what was made for it, if it has no msgId (Origins)
};

std::string record_of(const HeldMessage& message);

/// Points into `record`. None: it is none that record_of() made.
std::optional<HeldMessage> held_message_of(std::string_view record);

}  // namespace msggw::mqtt
