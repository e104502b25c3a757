// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/core/ids.h"
#include "gateway/core/outbox.h"

namespace msggw::core {

/// One way to reach devices: CoAP, MQTT, SMS. An adapter owns its sockets and its protocol's state,
/// turns what devices send into calls of Gateway, and turns answers into its protocol. It knows
/// neither the store, nor the Provisioning Function, nor another adapter. Loop thread only.
class Adapter {
 public:
  virtual ~Adapter() = default;

  virtual Bearer bearer() const noexcept = 0;

  /// Binds or begins to connect. Throws std::runtime_error (what, where, why, the way out) for what
  /// only the operator can mend, such as a taken port; a peer that is away is not an error but a
  /// state, tried again for ever.
  virtual void start() = 0;

  /// The answer to a request for which Gateway gave none at once. The ticket may be unknown by now
  /// (the peer is gone).
  virtual void answer(const Answer& answer) = 0;

  /// The device's state changed after it was told "pending". A bearer that can speak unasked tells
  /// it. `first`: this ends its first contact, with a Service ID or a refusal; also after a
  /// restart.
  virtual void notice(DeviceNo device, bool first) = 0;

  /// The end of the device's first contact has been decided, and is durable with the next batch, as
  /// is what the adapter makes durable in this call. A bearer that tells the device of it by words
  /// of its own writes them down here, so that they are said once; notice() follows.
  virtual void decided(DeviceNo /*device*/) {}

  /// The device is no longer called `private_id` (canonical), which was an alias. A bearer that
  /// keeps something under a device's name takes it away. Nothing to do for the others.
  virtual void parted(DeviceNo /*device*/, std::string_view /*private_id*/) {}

  /// The device's registration over this bearer has run out. Nothing to do for a bearer that keeps
  /// nothing for those that are registered.
  virtual void expired(DeviceNo /*device*/) {}

  /// The row has ended, and its number may be given to another device: what is kept under the
  /// number goes. Nothing to do for a bearer that keeps nothing.
  virtual void gone(DeviceNo /*device*/) {}

  /// Once at the end of each turn, after the answers: sends what was collected.
  virtual void end_turn(base::TimePoint now) = 0;

  /// Takes no new requests from now on; answers and notices still go out until destruction.
  virtual void stop() = 0;
};

}  // namespace msggw::core
