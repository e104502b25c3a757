// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "adapters/sms/origins.h"
#include "adapters/sms/smsc.h"
#include "adapters/sms/writing.h"

namespace msggw::sms {

/// A message from a device that the SMSC has not been answered yet.
struct OpenMessage : Writing {
  enum class Wish : std::uint8_t { registration, status, stop };

  Smsc::Request request;
  Seen seen{};
  Wish wish = Wish::registration;
  bool is_content = false;  ///< for somebody else, or a part, of which that is not known
};

}  // namespace msggw::sms
