// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "adapters/mqtt/access/format.h"
#include "gateway/base/clock.h"

namespace msggw::broker {

/// What of [mqtt] and [credentials] concerns the broker's plugin.
struct Options {
  std::filesystem::path folder;
  bool with_psks = false;  ///< a broker with a listener for PSKs needs them in clear
  base::Duration grace{0};
  mqtt::access::Login login;  ///< how the gateway itself comes to the broker
};

}  // namespace msggw::broker
