// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "gateway/base/result.h"
#include "gateway/core/ids.h"

namespace msggw::core {

/// How a bearer knows that it is this device that speaks, the weakest first.
enum class Evidence : std::uint8_t {
  claim,  ///< nothing but what it says of itself: a Private ID in a query, a topic of an open broker
  handle,   ///< the handle that the gateway told it at its registration
  identity  ///< proven by the peer that a trusted broker, an SMSC or a handshake vouches for
};

/// Who speaks. Made in one place of each bearer and asked by every operation (TS 33.501 Y.6: the
/// gateway answers for its devices).
struct Speaker {
  std::optional<DeviceNo> device;  ///< none: no device is called so yet
  Evidence evidence = Evidence::claim;
  bool can_prove = false;  ///< the device has credentials, and this is no proof of them
  bool is_other = false;   ///< it has proved that it is another device
};

/// What a device wants.
enum class Act : std::uint8_t {
  register_device,  ///< a first contact, or once more
  registration,     ///< to renew, read or end its registration
  message           ///< to send, to receive, to report
};

/// Whom one listener, or one broker, serves.
enum class Admission : std::uint8_t {
  open,   ///< whoever comes: a claim is enough for a first contact, the rest takes a handle
  known,  ///< the same, of devices that are in the table
  proven  ///< whoever proves that it is the device
};

struct ListenerPolicy {
  Admission admission = Admission::open;
  /// Whether a claim, or a handle that a claim was enough to get, is enough for messages. Whoever
  /// knows a Private ID could read them otherwise.
  bool open_messages = false;
  /// Whether who can prove it need not.
  bool claims_despite_credentials = false;
};

/// Why it may not; none: it may. unknown_device and refused tell a stranger nothing of who is a
/// device here: `known` and `proven` say the same of all that they do not serve, and whoever has
/// proved that he is another device hears the same of all devices and of none. Only where a claim
/// is enough (`open`) a refusal tells that a device has credentials: all others are served there.
std::optional<base::Error> why_not(const Speaker& speaker, Act act, const ListenerPolicy& policy);

}  // namespace msggw::core
