// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/core/registrations.h"
#include "gateway/messages/device_side.h"

namespace msggw::sms {

/// What the adapter is given of the gateway. Both outlive it.
struct Doors {
  core::Registrations& registrations;
  messages::DeviceSide& messages;
  /// False: phones neither write to others nor get anything but what the gateway itself tells them.
  bool offers_messages = true;
};

}  // namespace msggw::sms
