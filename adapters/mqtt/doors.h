// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/core/registrations.h"
#include "gateway/messages/device_side.h"

namespace msggw::mqtt {

/// What the adapter may do in the gateway.
struct Doors {
  core::Registrations& registrations;
  messages::DeviceSide* messages;  ///< null: messages are not offered
};

}  // namespace msggw::mqtt
