// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "adapters/mqtt/protocol/packet.h"

namespace msggw::mqtt::protocol {

/// The name of a reason code in a packet of that type (MQTT 5, 2.4), in the standard's words; null
/// if a server may not say it there. Static storage.
const char* reason_name(Type type, std::uint8_t code) noexcept;

/// What a return code of a CONNACK of MQTT 3.1.1 means (3.1.1, 3.2.2.3): so a broker that does not
/// speak MQTT 5 refuses. Null if there is no such code, or it is success.
const char* old_return_code_name(std::uint8_t code) noexcept;

}  // namespace msggw::mqtt::protocol
