// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "adapters/mqtt/broker.h"
#include "gateway/cli/ports.h"

namespace msggw::demo {

/// The demo's broker in `folder`, which is made: a listener in the clear, where whoever comes may
/// do everything, and one over TLS for devices that prove by a PSK who they are, as which each has
/// its own topics alone. Their keys are `keys`, lines of identity and hexadecimal digits with ':'
/// between. Throws std::runtime_error.
mqtt::BrokerOptions sample_broker(const cli::Ports& ports, const std::filesystem::path& folder,
                                  const std::string& keys);

}  // namespace msggw::demo
