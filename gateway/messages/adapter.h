// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/messages/outbox.h"

namespace msggw::messages {

/// One way to bring messages to devices and to take theirs: what a device adapter is beside
/// core::Adapter. It is given the door DeviceSide, calls DeviceSide::next() for its bearer in its
/// end_turn(), and says of each delivery what became of it. Loop thread only.
class Adapter {
 public:
  virtual ~Adapter() = default;

  virtual core::Bearer bearer() const noexcept = 0;

  /// The answer to a DeviceSide::send() that gave none at once. The ticket may be unknown by now
  /// (the peer is gone).
  virtual void answer(const Answer& answer) = 0;

  /// Something waits for the device, which no bearer has called reachable, at least none over which
  /// it may go. A bearer that can reach it unasked calls DeviceSide::reachable().
  virtual void waited_for(core::DeviceNo device) = 0;
};

}  // namespace msggw::messages
