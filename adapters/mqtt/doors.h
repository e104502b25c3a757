// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/core/registrations.h"
#include "gateway/credentials/doors.h"
#include "gateway/messages/device_side.h"

namespace msggw::mqtt {

/// What the adapter may do in the gateway.
struct Doors {
  core::Registrations& registrations;
  messages::DeviceSide* messages;               ///< null: messages are not offered
  const credentials::Proofs* proofs = nullptr;  ///< null: no device has credentials
};

}  // namespace msggw::mqtt
