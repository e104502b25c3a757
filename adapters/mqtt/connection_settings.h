// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "adapters/mqtt/options.h"
#include "adapters/mqtt/session.h"
#include "adapters/mqtt/topics.h"

namespace msggw::mqtt {

/// "HOST:PORT", or the path of a socket.
std::string endpoint_of(const Options& options);

/// Throws std::runtime_error, naming the option, for what cannot be said in MQTT.
void check_options(const Options& options);

/// How a session begins at the broker; payloads of devices may have `most_octets`. Throws as
/// check_options().
Session::Settings settings_of(const Options& options, const Topics& topics,
                              std::size_t most_octets);

}  // namespace msggw::mqtt
