// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

#include "gateway/core/registrations.h"
#include "gateway/credentials/doors.h"
#include "gateway/messages/device_side.h"

namespace msggw::sms {

/// Of what nobody waits for: no request is open under it.
constexpr core::Ticket kNobody{std::numeric_limits<std::uint64_t>::max()};

/// What the adapter is given of the gateway. All outlive it.
struct Doors {
  core::Registrations& registrations;
  messages::DeviceSide& messages;
  /// False: phones neither write to others nor get anything but what the gateway itself tells them.
  bool offers_messages = true;
  const credentials::Proofs* proofs = nullptr;  ///< null: no device has credentials
};

}  // namespace msggw::sms
