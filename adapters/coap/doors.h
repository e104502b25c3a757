// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/core/registrations.h"
#include "gateway/credentials/doors.h"
#include "gateway/messages/device_side.h"

namespace msggw::coap_adapter {

/// What the adapter is given of the gateway. All outlive it.
struct Doors {
  Doors(core::Registrations& of_core,  // NOLINT(google-explicit-constructor): the rest is optional
        messages::DeviceSide* of_messages = nullptr, credentials::Proofs* of_proofs = nullptr)
      : registrations(of_core), messages(of_messages), proofs(of_proofs) {}

  core::Registrations& registrations;
  messages::DeviceSide* messages;  ///< null: there are no messages, and their resources are 4.04
  credentials::Proofs* proofs;     ///< null: no device has credentials
};

}  // namespace msggw::coap_adapter
