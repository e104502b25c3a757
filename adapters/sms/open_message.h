// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "adapters/sms/smsc.h"

namespace msggw::sms {

/// A message from a device that the SMSC has not been answered yet.
struct OpenMessage {
  enum class Wish : std::uint8_t { registration, status, stop };

  Smsc::Request request;
  std::string number;     ///< of the device, E.164
  smpp::Address service;  ///< that it wrote to
  Wish wish = Wish::registration;
};

}  // namespace msggw::sms
