// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/core/registrations.h"
#include "gateway/messages/device_side.h"

namespace msggw::sms {

/// What the adapter is given of the gateway. Both outlive it.
struct Doors {
  Doors(core::Registrations& of_core,  // NOLINT(google-explicit-constructor): the rest is optional
        messages::DeviceSide* of_messages = nullptr)
      : registrations(of_core), messages(of_messages) {}

  core::Registrations& registrations;
  messages::DeviceSide* messages;  ///< null: there are no messages
};

}  // namespace msggw::sms
